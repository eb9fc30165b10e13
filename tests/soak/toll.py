"""What was done to the product, counted as it happened."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field

from tests.soak.handovers import Harm


@dataclass
class Toll:
    """What was done to whom, and who ended by themselves. `killed_at` are Unix times; `harms` say when who could not work."""

    kills: Counter[str] = field(default_factory=Counter)
    kill_points: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    """What the platform and the mail server were asked to do wrong, by kind, and only what hit somebody."""
    troubles: Counter[str] = field(default_factory=Counter)
    """The network, the database, Redis, and frozen processes."""
    restarts: Counter[str] = field(default_factory=Counter)
    died_alone: Counter[str] = field(default_factory=Counter)
    did_not_stop: Counter[str] = field(default_factory=Counter)
    slowest_stop: float = 0.0
    killed_at: list[float] = field(default_factory=list)
    harms: list[Harm] = field(default_factory=list)

    def note_kill(self, label: str, process: str) -> None:
        """Somebody was killed; `label` says which part of the process."""
        now = time.time()
        self.kills[label] += 1
        self.killed_at.append(now)
        self.harms.append(Harm(now, now, process))

    def note_stop(self, name: str, seconds: float, *, listened: bool) -> None:
        """Somebody was asked to end."""
        self.restarts[name] += 1
        self.slowest_stop = round(max(self.slowest_stop, seconds), 1)
        if not listened:
            self.did_not_stop[name] += 1
            now = time.time()
            self.harms.append(Harm(now, now, name))

    def add(self, other: Toll) -> None:
        """Take another toll in."""
        for name in ("kills", "kill_points", "faults", "troubles", "restarts", "died_alone", "did_not_stop"):
            getattr(self, name).update(getattr(other, name))
        self.slowest_stop = max(self.slowest_stop, other.slowest_stop)

    @property
    def totals(self) -> dict[str, int]:
        """What a soak is measured by."""
        redis = ("redis:kill", "redis:freeze", "redis:flush")
        return {
            "kills": self.kills.total(),
            "database_crashes": self.troubles["database:crash"],
            "redis_troubles": sum(self.troubles[name] for name in redis),
            "faults": self.faults.total(),
        }
