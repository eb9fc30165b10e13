"""What the contract suite needs of a platform's stand-in, and the people and calls it uses."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol

from registrations.webinar.errors import (
    PlatformError,
)
from registrations.webinar.provider import Participation, Person, Provider, Target

STARTS_AT = datetime.now(UTC).replace(microsecond=0, second=0) + timedelta(days=3)
ID = re.compile(r"\S+")
PAUSE = 7
UNKNOWN_ID = "999999999"


class Call(StrEnum):
    """The kinds of call that can be made to go wrong."""

    OWNER = "owner"
    EVENTS = "events"
    EVENT = "event"
    SESSION = "session"
    REGISTER = "register"
    INVITE = "invite"
    PARTICIPATIONS = "participations"
    MODERATE = "moderate"
    DELETE = "delete"


class Fault(StrEnum):
    """How the next call goes wrong; `_AFTER` means that the work was done all the same."""

    FAILS_BEFORE = "fails_before"
    FAILS_AFTER = "fails_after"
    DROPS_BEFORE = "drops_before"
    DROPS_AFTER = "drops_after"
    PAGE_AFTER = "page_after"
    EMPTY_AFTER = "empty_after"
    HUGE_AFTER = "huge_after"
    SLOW_AFTER = "slow_after"
    NO_LINK_AFTER = "no_link_after"
    BAD_LINK_AFTER = "bad_link_after"
    FOREIGN_LINK_AFTER = "foreign_link_after"
    THROTTLES = "throttles"
    """429, asking for `PAUSE` seconds."""
    FORBIDS = "forbids"
    """A refusal of this call that is not about the key."""


@dataclass(frozen=True)
class Made:
    """An event made for a test. `fields` gives the platform's key for each question's label."""

    event_id: str
    session_ids: tuple[str, ...]
    fields: Mapping[str, str] = field(default_factory=dict)

    @property
    def session(self) -> Target:
        return Target(self.event_id, self.session_ids[0])

    @property
    def whole(self) -> Target:
        return Target(self.event_id)


class Platform(Protocol):
    """A stand-in that is running, empty at the start of each test."""

    def open(
        self, *, api_key: str = "", base_url: str = "", patience: float = 10.0, before_call: Callable[[], None] | None = None
    ) -> Provider:
        """A provider for it, with the good key and address unless told otherwise; calls give up after `patience`."""

    def make_event(
        self,
        title: str = "Intro",
        *,
        sessions: int = 1,
        whole_series: bool = False,
        moderated: bool = False,
        questions: Sequence[str] = (),
    ) -> Made:
        """Make an event by the platform's own API: one session at STARTS_AT, the others a week apart (then a series)."""

    def misbehave(self, fault: Fault, *, at: Call) -> None:
        """Let the next call of this kind go wrong."""

    def requests(self) -> int:
        """How many requests have reached it."""

    def mails(self) -> int:
        """How many mails it has sent to people by itself."""

    def admits(self, link: str) -> bool:
        """Whether this personal link opens the room."""


def person(number: int, made: Made | None = None, **more: Any) -> Person:
    extra = dict.fromkeys(made.fields.values(), f"Perm {number}") if made else {}
    names = {"first_name": f"Иванна{number}", "last_name": f"Петрова{number}"}
    return Person(**{"email": f"p{number}@example.com", **names, "extra": extra, **more})


def find(provider: Provider, target: Target, who: Person) -> Participation | None:
    found = [one for one in provider.participations(target) if one.email == who.email]
    assert len(found) < 2, "one address, one participation"
    return found[0] if found else None


def patience(fault: Fault) -> float:
    """Seconds: little where the answer never comes, plenty where a busy machine may need it."""
    return 0.4 if fault is Fault.SLOW_AFTER else 10.0


def check_words(error: PlatformError) -> None:
    """No error may carry a person's data: it is stored, and shown to staff."""
    words = f"{error} {error.code} {error.detail} {getattr(error, 'fields', {})}"
    assert not re.search(r"@|://|Иванна|Петрова|Perm|[0-9a-f]{32} ", words), words
    assert len(error.detail) <= 300
    assert re.fullmatch(r"[a-z0-9_]+", error.code)


READS: dict[Call, Callable[[Provider, Made], object]] = {
    Call.OWNER: lambda provider, made: provider.owner(),
    Call.EVENTS: lambda provider, made: list(provider.events(since=STARTS_AT)),
    Call.EVENT: lambda provider, made: provider.event(made.event_id),
    Call.SESSION: lambda provider, made: provider.session(made.session_ids[0]),
    Call.PARTICIPATIONS: lambda provider, made: list(provider.participations(made.session)),
}
WRITES: dict[Call, Callable[[Provider, Made], object]] = {
    Call.REGISTER: lambda provider, made: provider.register(made.session, person(1)),
    Call.INVITE: lambda provider, made: provider.invite(made.session, [person(1)]),
    Call.MODERATE: lambda provider, made: provider.moderate(made.session, [UNKNOWN_ID], admit=True),
    Call.DELETE: lambda provider, made: provider.delete([UNKNOWN_ID]),
}
ALL = READS | WRITES
UNREADABLE = [
    Fault.FAILS_BEFORE,
    Fault.FAILS_AFTER,
    Fault.DROPS_BEFORE,
    Fault.DROPS_AFTER,
    Fault.PAGE_AFTER,
    Fault.HUGE_AFTER,
    Fault.SLOW_AFTER,
]
LINKLESS = [Fault.EMPTY_AFTER, Fault.NO_LINK_AFTER, Fault.BAD_LINK_AFTER, Fault.FOREIGN_LINK_AFTER]
