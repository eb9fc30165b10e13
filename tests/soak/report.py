"""What a soak says in the end: one line of JSON, and a table for people."""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from tests.soak.checker import PROMISES, percentile
from tests.soak.controls import noticed
from tests.soak.judging import Bound, Part
from tests.soak.toll import Toll

STORM, RECOVERY = "storm", "recovery"
"""Two parts by name: where everything goes wrong, and where kills are timed, for storms bring waits of other kinds."""


@dataclass
class Report:
    """All parts of a soak. `least` is how much must have gone wrong in its storms, by the names of `Toll.totals`; `slack` is
    how many times the promised time is allowed."""

    seed: int
    least: dict[str, int]
    slack: float = 1.0
    parts: list[Part] = field(default_factory=list)
    controls: dict[str, int] = field(default_factory=dict)
    """Negative controls: to how many people each was seen to break a promise; none is green."""

    def add(self, part: Part) -> None:
        """One more part; says at once how it went, for whoever waits."""
        part.bounds = [bound.loosened(self.slack) for bound in part.bounds]
        self.parts.append(part)
        _say(part, "kept" if part.is_kept else "BROKEN")

    def add_control(self, guard: str, part: Part) -> None:
        """The product ran without a guard: did anybody notice?"""
        self.controls[guard] = noticed(part)
        _say(part, "red" if self.controls[guard] else "GREEN")

    @property
    def toll(self) -> Toll:
        return _sum(self.parts)

    @property
    def totals(self) -> dict[str, int]:
        """What went wrong in storms; the other parts make their own trouble."""
        return _sum([part for part in self.parts if part.name == STORM]).totals

    @property
    def too_little(self) -> list[str]:
        """What did not go wrong often enough."""
        totals = self.totals
        return [f"{name}: {totals[name]} of {count}" for name, count in self.least.items() if totals[name] < count]

    @property
    def is_kept(self) -> bool:
        """Every promise was kept in every part, enough went wrong, and what lacks a guard was noticed."""
        return all(part.is_kept for part in self.parts) and not self.too_little and all(self.controls.values())

    @property
    def bounds(self) -> list[Bound]:
        return [bound for part in self.parts for bound in part.bounds]

    def figures(self) -> dict[str, Any]:
        """Everything that is counted, over all parts."""
        counts: Counter[str] = Counter()
        for part in self.parts:
            counts.update(part.verdict.figures)
        timed = [part for part in self.parts if part.name == RECOVERY] or self.parts
        recoveries = sorted(seconds for part in timed[:1] for seconds in part.verdict.recoveries)
        copies = counts["second_copies_in_the_instant"] + counts["second_copies_outside"]
        return {
            **counts,
            "most_copies": max((part.verdict.most_copies for part in self.parts), default=0),
            "second_copies_per_1000": round(1000 * copies / max(counts["mails"], 1), 1),
            "recovery_p50": percentile(recoveries, 0.50),
            "recovery_p99": percentile(recoveries, 0.99),
            **{bound.name: bound.value for bound in self.bounds},
        }

    def as_json(self) -> str:
        """One line."""
        toll = self.toll
        return json.dumps(
            {
                **self.figures(),
                "kept": self.is_kept,
                "too_little": self.too_little,
                "seed": self.seed,
                "totals": self.totals,
                "kills": dict(sorted(toll.kills.items())),
                "kill_points": dict(sorted(toll.kill_points.items())),
                "faults": dict(sorted(toll.faults.items())),
                "troubles": dict(sorted(toll.troubles.items())),
                "restarts": dict(sorted(toll.restarts.items())),
                "slowest_stop": toll.slowest_stop,
                "did_not_stop": dict(toll.did_not_stop),
                "died_alone": dict(toll.died_alone),
                "bounds": {bound.name: bound.most for bound in self.bounds},
                "controls": self.controls,
                "parts": [_of_part(part) for part in self.parts],
            },
            ensure_ascii=False,
            separators=(",", ":"),
        )

    def as_table(self) -> str:
        """For people: the figures, the toll, and whom a promise was broken to."""
        figures, kept = self.figures(), {bound.name: bound for bound in self.bounds}
        lines = []
        for name, value in figures.items():
            bound = kept.get(name)
            limit = f"  (at most {bound.most:g})" if bound else ""
            is_broken = (name in PROMISES and value) or (bound is not None and not bound.is_kept)
            lines.append(f"{name:<40}{value!s:>10}{limit}{'  BROKEN' if is_broken else ''}")
        for name, count in self.totals.items():
            limit = f"  (at least {self.least[name]})" if name in self.least else ""
            lines.append(f"{name:<40}{count:>10}{limit}{'  TOO LITTLE' if count < self.least.get(name, 0) else ''}")
        lines += [f"without {name:<32}{count:>10}{'  red' if count else '  GREEN'}" for name, count in self.controls.items()]
        for part in self.parts:
            lines += _troubles_of(part)
        return "\n".join(lines)


def _sum(parts: list[Part]) -> Toll:
    total = Toll()
    for part in parts:
        total.add(part.toll)
    return total


def _say(part: Part, how: str) -> None:
    about = " ".join(f"{name}={value}" for name, value in part.about.items())
    print(f"{time.strftime('%H:%M:%S')} {part.name} {about} {part.seconds}: {how}", file=sys.stderr, flush=True)


def _of_part(part: Part) -> dict[str, Any]:
    recoveries = part.verdict.recoveries
    return {
        "part": part.name,
        **part.about,
        "kept": part.is_kept,
        "left_open": part.left_open,
        "visits_given_up": part.given_up,
        "answers": part.answers,
        "parked_for": dict(part.verdict.parked_for),
        "recoveries": [len(recoveries), percentile(recoveries, 0.50), percentile(recoveries, 0.99)],
        "totals": part.toll.totals,
        "timeline": dict(sorted(part.codes.items())),
        "calls": part.calls,
        "seconds": part.seconds,
    }


def _troubles_of(part: Part) -> list[str]:
    lines = [f"--- {part.name}: left open {part.left_open}"] if not part.is_quiet else []
    lines += [f"{promise}: {'/'.join(person)}: {words}" for promise, person, words in part.verdict.broken[:40]]
    for whose, history in part.histories.items():
        lines += [f"--- {whose}", *history]
    for title, words in part.last_words:
        lines += [f"--- {title}", words]
    return lines
