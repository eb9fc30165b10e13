"""One soak from beginning to end: people press buttons while a storm goes on; then it is quiet, and the checker looks."""

from __future__ import annotations

import json
import random
import time
from dataclasses import dataclass, field
from typing import Any

from tests.processes.database import StoppableCluster
from tests.processes.stack import MadeCampaign
from tests.soak import checker, people, plan
from tests.soak.checker import PROMISES, Verdict, Witnesses
from tests.soak.people import Crowd, Ledger
from tests.soak.storm import Storm, Toll
from tests.soak.world import SoakStack

CAMPAIGNS = 2
SHARE_OF_VISITS = 0.85
"""Within what part of the storm people come."""
LATE_WORK_SECONDS = 5.0
"""After this, nothing that the platform was asked for is still on its way."""
LOOK_SECONDS = 0.5
HISTORIES = 8
SURE_FAULTS: dict[str, dict[str, Any]] = {"settle": {"route": "register", "kind": "late_work", "seconds": 2.5, "count": 20}}
"""What a missing guard must meet for certain, so that a negative control does not hang on chance."""


@dataclass(frozen=True)
class Soak:
    """What to run. `duplicates` is what the platform does with a known address, as the sandbox's switch names it.

    With `patience` seconds it has to be quiet again after the storm. `sabotage` runs the product without one of its guards.
    """

    people: int = 400
    forms: int = 2
    kills: int = 80
    seconds: float = 240.0
    seed: int = 1
    lease_seconds: int = 2
    patience: float = 120.0
    duplicates: str = "existing"
    neighbours: bool = False
    only_kills: bool = False
    sabotage: str = ""


@dataclass
class Report:
    """What came of it."""

    soak: Soak
    verdict: Verdict
    toll: Toll
    is_quiet: bool
    left_open: dict[str, int]
    seconds: dict[str, float]
    given_up: int
    codes: dict[str, int]
    histories: dict[str, list[str]] = field(default_factory=dict)
    last_words: list[tuple[str, str]] = field(default_factory=list)

    @property
    def is_kept(self) -> bool:
        """Every promise was kept, and nothing was left undone."""
        return self.is_quiet and not self.verdict.broken

    def as_json(self) -> str:
        """One line."""
        values: dict[str, Any] = {
            **self.verdict.figures,
            "kept": self.is_kept,
            "left_open": self.left_open,
            "visits_given_up": self.given_up,
            "seed": self.soak.seed,
            "people": self.soak.people,
            "forms": self.soak.forms,
            "duplicates": self.soak.duplicates,
            "only_kills": self.soak.only_kills,
            "sabotage": self.soak.sabotage,
            "kills": dict(sorted(self.toll.kills.items())),
            "kill_points": dict(sorted(self.toll.kill_points.items())),
            "faults": dict(sorted(self.toll.faults.items())),
            "died_alone": dict(self.toll.died_alone),
            "timeline": dict(sorted(self.codes.items())),
            "seconds": self.seconds,
        }
        return json.dumps(values, ensure_ascii=False, separators=(",", ":"))

    def as_table(self) -> str:
        """For people: the figures, the toll, and whom a promise was broken to."""
        rows = [*self.verdict.figures.items(), ("kills", sum(self.toll.kills.values()))]
        rows += [("faults", sum(self.toll.faults.values())), ("left open", sum(self.left_open.values()))]
        lines = [f"{name:<30}{value!s:>10}" + ("  BROKEN" if name in PROMISES and value else "") for name, value in rows]
        lines += [f"{promise}: {'/'.join(person)}: {words}" for promise, person, words in self.verdict.broken[:40]]
        for whose, history in self.histories.items():
            lines += [f"--- {whose}", *history]
        return "\n".join(lines)


def run(soak: Soak, cluster: StoppableCluster) -> Report:
    """Run one soak on a database server of its own."""
    began = time.monotonic()
    with SoakStack(postgres=cluster, lease_seconds=soak.lease_seconds, sabotage=soak.sabotage) as stack:
        ready = time.monotonic()
        stack.sandbox.switches(register_duplicate=soak.duplicates)
        if soak.sabotage in SURE_FAULTS:
            stack.sandbox.fault(**SURE_FAULTS[soak.sabotage])
        chance = random.Random(soak.seed)
        campaigns = [_campaign(stack, unique=soak.duplicates != "second") for _ in range(CAMPAIGNS)]
        visits = people.plan_visits(
            chance,
            people=soak.people,
            forms=soak.forms,
            campaigns=campaigns,
            seconds=soak.seconds * SHARE_OF_VISITS,
            seed=soak.seed,
        )
        measure = plan.measure_for(
            seconds=soak.seconds,
            kills=soak.kills,
            lease_seconds=soak.lease_seconds,
            neighbours=soak.neighbours,
            only_kills=soak.only_kills,
        )
        ledger = Ledger()
        crowd = Crowd(visits, ledger, patience=soak.seconds + soak.patience / 2)
        storm = Storm(stack, plan.draw(chance, measure), chance=chance)
        crowd.start()
        storm.run()
        over = time.monotonic()
        left_open = _wait_until_quiet(stack, storm, crowd, soak.patience)
        crowd.wait()
        quiet = time.monotonic()
        seconds = {"start": ready - began, "storm": over - ready, "until_quiet": quiet - over}
        return _report(
            soak, stack, storm, ledger, campaigns, left_open, {name: round(took, 1) for name, took in seconds.items()}
        )


def _campaign(stack: SoakStack, *, unique: bool) -> MadeCampaign:
    return stack.make_campaign(account_id=stack.make_account(stack.sandbox.api_key, unique_by_email=unique))


def _wait_until_quiet(stack: SoakStack, storm: Storm, crowd: Crowd, patience: float) -> dict[str, int]:
    """Wait until nobody presses and nothing is open, with the waits between tries cut short; what is open in the end."""
    healed = time.monotonic()
    while True:
        storm.supervise()
        left: dict[str, int] = stack.query("all_open_work")
        if crowd.is_done() and not any(left.values()):
            return left
        passed = time.monotonic() - healed
        if passed > patience:
            return left
        if passed > LATE_WORK_SECONDS:
            stack.query("hurry_everything")
        time.sleep(LOOK_SECONDS)


def _report(
    soak: Soak,
    stack: SoakStack,
    storm: Storm,
    ledger: Ledger,
    campaigns: list[MadeCampaign],
    left_open: dict[str, int],
    seconds: dict[str, float],
) -> Report:
    private = f"{stack.url}/r/"
    rows = stack.query("everything")
    messages = stack.all_messages()  # after the rows, or a mail could be called sent that was sent meanwhile
    witnesses = Witnesses(
        presses=ledger.presses,
        sessions={campaign.slug: campaign.event.session_id for campaign in campaigns},
        participations=stack.sandbox.participations(),
        messages=messages,
        troubled=stack.query("troubled"),
        told=stack.query("mails_told_of"),
        owners=stack.query("owners_of", tokens=checker.private_tokens(messages, private)),
        room=stack.sandbox.url,
        private=private,
        killed_at=storm.toll.killed_at,
        **rows,
    )
    verdict = checker.check(witnesses)
    report = Report(
        soak=soak,
        verdict=verdict,
        toll=storm.toll,
        is_quiet=not any(left_open.values()),
        left_open=left_open,
        seconds=seconds,
        given_up=ledger.given_up,
        codes=stack.query("codes"),
    )
    if not report.is_kept:
        report.histories = _histories(stack, verdict, rows["registrations"])
        report.last_words = list(stack.logs())
    return report


def _histories(stack: SoakStack, verdict: Verdict, registrations: list[dict[str, Any]]) -> dict[str, list[str]]:
    """The timelines of the first people to whom a promise was broken."""
    addresses = list(dict.fromkeys(person[1] for _, person, _ in verdict.broken))[:HISTORIES]
    by_id = {str(item["pk"]): item["email"] for item in registrations if item["email"] in addresses}
    found = stack.query("histories", registration_ids=[int(number) for number in by_id])
    return {f"{by_id[number]} (registration {number})": lines for number, lines in found.items()}
