"""A webinar platform in memory: it keeps its promises to the letter, and no more than those."""

from __future__ import annotations

import hashlib
import threading
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, TypeVar

from registrations.webinar.errors import Misconfigured, PlatformError, Rejected, Scope, Throttled, Unavailable, Uncertain
from registrations.webinar.provider import Participation, Person, Target
from tests.services.engine.mishaps import ADDRESSES, WRITES, Mishap, Script
from tests.services.engine.process import Clock, Process

Answer = TypeVar("Answer")

SETTLE_SECONDS = 15.0
ROOM = "https://rooms.example.com/"
PAGE = 2
LONGEST_CALL = 20
"""Seconds in which any call has ended, one way or the other. A process may stand still longer than that, and on a platform
that registers twice nothing could mend it: there a call never takes longer."""


class Duplicates(StrEnum):
    """What registering an address that is registered already does."""

    EXISTING = "existing"
    CONFLICT = "conflict"
    SECOND = "second"


@dataclass
class Place:
    """One participation. `ours`: made by our own call, or told to us as the answer to one."""

    number: str
    target: Target
    email: str
    registered_at: datetime
    ours: bool
    admitted: bool
    live: bool = True

    def is_of(self, target: Target, email: str) -> bool:
        return (self.target, self.email) == (target, email)

    @property
    def token(self) -> str:
        return hashlib.sha256(self.number.encode()).hexdigest()[:32]

    @property
    def link(self) -> str:
        return ROOM + self.token


@dataclass
class Platform:
    """The platform's state, its switches, and the mishaps that wait for calls.

    `held` are the links that our database held when the present job began: only those can be told to be somebody else's.
    """

    clock: Clock
    duplicates: Duplicates
    moderated: bool = False
    honours_approval: bool = True
    bulk_limit: int = 50
    key_works: bool = True
    ends_at: dict[str, datetime] = field(default_factory=dict)
    places: list[Place] = field(default_factory=list)
    script: Script = field(default_factory=Script)
    held: dict[str, str] = field(default_factory=dict)
    process: Process = field(default_factory=Process)
    meanwhile: Callable[[], None] | None = None
    calls: int = 0
    met: list[str] = field(default_factory=list)
    _later: list[tuple[datetime, Callable[[], object]]] = field(default_factory=list)
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _numbers: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    @property
    def unique(self) -> bool:
        return self.duplicates is not Duplicates.SECOND

    def live(self, email: str = "", target: Target | None = None) -> list[Place]:
        """Who is in now, after all that was to take effect by now."""
        with self._lock:
            self._catch_up()
            return [
                place for place in self.places if place.live and email in ("", place.email) and target in (None, place.target)
            ]

    def by_somebody_else(self, target: Target, email: str, *, admitted: bool) -> None:
        """Another system of the company's registers a person."""
        self._new(target, email, ours=False, admitted=admitted or not self.moderated)

    def call(self, name: str, addresses: tuple[str, ...], work: Callable[[], Answer]) -> Answer:
        """One request: `work` is what it does there, and the mishap that waits for it decides how that ends."""
        if self.process.dead:
            self._late_for_the_dead(work)
        with self._lock:
            self._catch_up()
            self.calls += 1
            mishap = self.script.take(name)
        if not self.key_works:
            raise Misconfigured("unauthorized", scope=Scope.ACCOUNT)
        if mishap.kind != "fine":
            self.met.append(f"{name}: {mishap.kind}")
        if mishap.kind in ("slow", "answers_slowly", "foreign_record", "foreign_link", "left_out", "fine"):
            return self._answered(mishap, addresses, work)
        raise self._failure(mishap, name, work)

    def _late_for_the_dead(self, work: Callable[[], object]) -> None:
        """The call was under way when its process died: it works, or had not left yet; nobody hears the answer."""
        with self._lock:
            if self.process.sent and self.key_works:
                work()
        self.process.die()

    def _answered(self, mishap: Mishap, addresses: tuple[str, ...], work: Callable[[], Answer]) -> Answer:
        if mishap.kind == "slow":
            self._hang(mishap)
        held = self._held_by_somebody_else(addresses) if mishap.kind.startswith("foreign") else None
        if held is not None and mishap.kind == "foreign_record" and len(addresses) == 1:
            return Participation(held.number, addresses[0], link=held.link)  # type: ignore[return-value]
        with self._lock:
            answer: Any = work()
        if mishap.kind == "answers_slowly":
            self._hang(mishap)
        if held is not None and answer:
            return _with_link(answer, held.link)  # type: ignore[no-any-return]
        if mishap.kind == "left_out" and isinstance(answer, tuple):
            answer = answer[1:]
        return answer  # type: ignore[no-any-return]

    def _failure(self, mishap: Mishap, name: str, work: Callable[[], object]) -> PlatformError:
        """Do what is to be done before the error, and return the error. Raises Killed where that is the mishap."""
        writes = name in WRITES
        with self._lock:
            if mishap.kind in ("done_lost", "bad_link", "killed_after"):
                work()
            elif mishap.kind in ("late", "killed_late"):
                self._later.append((self.clock.now() + timedelta(seconds=mishap.seconds), work))
        if mishap.kind.startswith("killed"):
            self.process.die()
        match mishap.kind:
            case "no_connection":
                return Unavailable("no_connection")
            case "throttled":
                return Throttled("throttled", retry_after=float(max(mishap.seconds, 1)))
            case "unauthorized":
                return Misconfigured("unauthorized", scope=Scope.ACCOUNT)
            case "forbidden":
                return Misconfigured("forbidden", scope=Scope.VERB if writes else Scope.TARGET)
            case "target_refuses":
                return Misconfigured("target_refuses", scope=Scope.TARGET)
            case "rejected":
                return Rejected("bad_address")
            case "bad_link":
                return Uncertain("bad_link")
            case "lost" | "done_lost" | "late":
                return Uncertain("timeout") if writes else Unavailable("timeout")
        raise RuntimeError("a fault of ours")

    def _hang(self, mishap: Mishap) -> None:
        self.clock.let_pass(mishap.seconds if self.unique else min(mishap.seconds, LONGEST_CALL))
        others, self.meanwhile = self.meanwhile, None
        if others is not None:
            self.process.stand_aside(others)

    def _held_by_somebody_else(self, addresses: tuple[str, ...]) -> Place | None:
        held = (place for place in self.live() if self.held.get(place.email) == place.link)
        return next((place for place in held if place.email not in addresses), None)

    def _catch_up(self) -> None:
        now = self.clock.now()
        due = sorted((item for item in self._later if item[0] <= now), key=lambda item: item[0])
        self._later = [item for item in self._later if item[0] > now]
        for _, work in due:
            work()

    def register(self, target: Target, person: Person) -> Place:
        """Register, or return what is there; what is there already is ours as soon as it is our call's answer."""
        there = next(
            (place for place in self.places if place.live and (place.target, place.email) == (target, person.email)), None
        )
        if there is not None and self.unique:
            return there
        admitted = not self.moderated or (person.approved and self.honours_approval)
        return self._new(target, person.email, ours=True, admitted=admitted)

    def _new(self, target: Target, email: str, *, ours: bool, admitted: bool) -> Place:
        with self._lock:
            self._numbers[email] += 1
            number = f"{1 + ADDRESSES.index(email)}{self._numbers[email]:04}"
            place = Place(number, target, email, self.clock.now(), ours, admitted)
            self.places.append(place)
            return place

    def delete(self, numbers: Sequence[str]) -> int:
        gone = [place for place in self.places if place.live and place.number in numbers]
        for place in gone:
            place.live = False
        return len(gone)

    def admit(self, numbers: Sequence[str], *, admit: bool) -> int:
        found = [place for place in self.places if place.live and place.number in numbers]
        for place in found:
            place.admitted = admit
        return len(found)


def _with_link(answer: Participation | tuple[Participation, ...], link: str) -> Participation | tuple[Participation, ...]:
    """The same answer, but that whom it names (first) is given another person's link."""
    if isinstance(answer, tuple):
        return (replace(answer[0], link=link), *answer[1:])
    return replace(answer, link=link)
