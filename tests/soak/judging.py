"""Waits until it is quiet, asks the witnesses, and says what came of one part of a soak."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from tests.processes.stack import STAFF, MadeCampaign
from tests.soak import checker
from tests.soak.checker import Verdict
from tests.soak.people import Crowd, Ledger
from tests.soak.toll import Toll
from tests.soak.witnesses import Witnesses
from tests.soak.world import SoakStack

LATE_WORK_SECONDS = 5.0
"""After this, nothing that the platform was asked for is still on its way."""
LOOK_SECONDS = 0.5
HISTORIES = 8


@dataclass(frozen=True)
class Bound:
    """A figure that must not be greater than another. `is_time`: it depends on how fast the machine is, too."""

    name: str
    value: float | None
    most: float
    is_time: bool = False

    @property
    def is_kept(self) -> bool:
        return self.value is not None and self.value <= self.most

    def loosened(self, slack: float) -> Bound:
        """The same with so many times the time."""
        return replace(self, most=self.most * slack) if self.is_time else self


@dataclass
class Part:
    """What came of one part of a soak; `about` says what was run."""

    name: str
    about: dict[str, Any]
    verdict: Verdict
    toll: Toll
    left_open: dict[str, int]
    given_up: int
    answers: dict[int, int]
    """How often a press was answered with which status; 0 is no answer."""
    seconds: dict[str, float]
    codes: dict[str, int]
    calls: dict[str, dict[str, int]]
    bounds: list[Bound] = field(default_factory=list)
    histories: dict[str, list[str]] = field(default_factory=dict)
    last_words: list[tuple[str, str]] = field(default_factory=list)

    @property
    def is_quiet(self) -> bool:
        return not any(self.left_open.values())

    @property
    def is_kept(self) -> bool:
        """Every promise was kept, nothing was left undone, and every bound holds."""
        return self.is_quiet and not self.verdict.broken and all(bound.is_kept for bound in self.bounds)


@dataclass
class Stage:
    """A running stack with everything that a part of a soak takes down, and how long each of its sections took."""

    stack: SoakStack
    ledger: Ledger
    campaigns: list[MadeCampaign]
    toll: Toll = field(default_factory=Toll)
    seconds: dict[str, float] = field(default_factory=dict)
    _since: float = field(default_factory=time.monotonic)

    def took(self, section: str) -> None:
        """The section that ends now."""
        now = time.monotonic()
        self.seconds[section] = round(now - self._since, 1)
        self._since = now


def wait_until_quiet(
    stack: SoakStack, crowd: Crowd, *, supervise: Callable[[], object], patience: float, hurry: bool = True
) -> dict[str, int]:
    """Wait until nobody presses, and then for at most `patience` seconds until nothing is open; what is open in the end.

    `hurry` cuts the waits between tries short, once nothing is on its way at the platform any more.
    """
    healed = time.monotonic()
    left_at: float | None = None
    while True:
        supervise()
        now = time.monotonic()
        left_at = left_at or (now if crowd.is_done() else None)
        left: dict[str, int] = stack.query("all_open_work")
        is_still = not hurry or now - healed > LATE_WORK_SECONDS
        if left_at is not None and ((is_still and not any(left.values())) or now - left_at > patience):
            return left
        if hurry and is_still:
            stack.query("hurry_everything")
        time.sleep(LOOK_SECONDS)


def judge(name: str, stage: Stage, *, left_open: dict[str, int], bounds: list[Bound], **about: Any) -> Part:
    """Ask everybody, and hold what they say against what was promised. Bounds may need the verdict: add them after."""
    stack = stage.stack
    rows = stack.query("everything")
    witnesses = _hear(stage, rows)
    part = Part(
        name=name,
        about=about,
        verdict=checker.check(witnesses),
        toll=stage.toll,
        left_open=left_open,
        given_up=stage.ledger.given_up,
        answers=dict(sorted(Counter(press.status for press in stage.ledger.presses).items())),
        seconds=stage.seconds,
        codes=stack.query("codes"),
        calls=stack.sandbox.counters(),
        bounds=bounds,
    )
    if not part.is_quiet or part.verdict.broken:
        part.histories = _histories(stack, part.verdict, rows["registrations"])
        part.last_words = list(stack.logs())
    return part


def _hear(stage: Stage, rows: dict[str, Any]) -> Witnesses:
    stack, private = stage.stack, f"{stage.stack.url}/r/"
    addresses = {press.address for press in stage.ledger.presses} | {row["email"] for row in rows["registrations"]}
    messages, strangers = stack.all_messages(addresses | {STAFF})  # after the rows, or a mail could be called sent too soon
    return Witnesses(
        presses=stage.ledger.presses,
        sessions={campaign.slug: campaign.event.session_id for campaign in stage.campaigns},
        participations=stack.sandbox.participations(),
        messages=messages,
        troubled=stack.query("troubled"),
        told=stack.query("mails_told_of"),
        owners=stack.query("owners_of", tokens=checker.private_tokens(messages, private)),
        room=stack.sandbox.url,
        private=private,
        killed_at=stage.toll.killed_at,
        hand_overs=stack.handed_over.seen,
        harms=stage.toll.harms,
        policy=stack.policy,
        strangers=strangers,
        erased=stage.ledger.erased,
        traces=stack.query("traces", addresses=sorted(stage.ledger.erased)),
        **rows,
    )


def _histories(stack: SoakStack, verdict: Verdict, registrations: list[dict[str, Any]]) -> dict[str, list[str]]:
    """The timelines of the first people to whom a promise was broken."""
    addresses = list(dict.fromkeys(person[1] for _, person, _ in verdict.broken))[:HISTORIES]
    by_id = {str(item["pk"]): item["email"] for item in registrations if item["email"] in addresses}
    found = stack.query("histories", registration_ids=[int(number) for number in by_id])
    return {f"{by_id[number]} (registration {number})": lines for number, lines in found.items()}
