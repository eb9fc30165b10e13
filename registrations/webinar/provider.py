"""The contract between regsite and a webinar platform: plain frozen values in, plain frozen values out.

Nothing here knows our database, and no provider does. Every method may raise the errors of `errors.py` and no others
(besides programming errors). Ids are the platform's own, as canonical strings (`"51001"`, never `51001` or `" 51001"`).
All times are aware and in UTC.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Protocol


class Status(StrEnum):
    """Where an event or session is in its life."""

    PLANNED = "planned"
    LIVE = "live"
    FINISHED = "finished"


@dataclass(frozen=True, slots=True)
class Credentials:
    """How to reach one account.

    `link_hosts` are the hosts a personal link may have (`rooms.example.com`, or with a port); empty means the
    provider's own list.
    """

    base_url: str
    api_key: str = field(repr=False)
    link_hosts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a platform can do, known before any call."""

    calls_per_second: float
    bulk_limit: int
    """People per `invite` call; 0 when the platform has none."""
    unique_by_email: bool
    """Registering a known address again never makes a second participation."""
    settle_seconds: float
    """How long after our time-out a call may still take effect at the platform."""


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose account a key opens, for people: `name` may be an organisation or a person."""

    name: str
    email: str = ""
    organization: str = ""


@dataclass(frozen=True, slots=True)
class ExtraField:
    """One field that the platform wants of everyone who registers. `choices` is empty for free text."""

    key: str
    label: str
    required: bool = True
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SessionInfo:
    """One dated meeting. `extra_fields` is None where the answer did not say (lists do not)."""

    session_id: str
    event_id: str
    title: str
    status: Status
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    time_zone: str = ""
    moderated: bool | None = None
    extra_fields: tuple[ExtraField, ...] | None = None


@dataclass(frozen=True, slots=True)
class EventInfo:
    """One event: single, or a series of sessions. None means that the answer did not say (lists say less)."""

    event_id: str
    title: str
    status: Status
    description: str = ""
    is_series: bool = False
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    time_zone: str = ""
    moderated: bool | None = None
    extra_fields: tuple[ExtraField, ...] | None = None
    sessions: tuple[SessionInfo, ...] = ()


@dataclass(frozen=True, slots=True)
class Target:
    """What a person is registered for: one session, or the whole event when `session_id` is empty."""

    event_id: str
    session_id: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """Who is to be registered. `email` is normalised; `extra` maps extra-field keys to values."""

    email: str
    first_name: str = field(default="", repr=False)
    last_name: str = field(default="", repr=False)
    extra: Mapping[str, str] = field(default_factory=dict, repr=False)
    approved: bool = True
    """Our side approved this person: a moderated event lets them in at once."""


@dataclass(frozen=True, slots=True)
class Participation:
    """One person in one target at the platform.

    `link` is the personal join link, a secret, empty where the answer carried none (lists do not; see `link_token`).
    `inferred` marks a link that was put together from another link of the same event and this person's `link_token`.
    `admitted` is None where the answer did not say; False means waiting for approval, refused, or put out.
    """

    participation_id: str
    email: str
    link: str = field(default="", repr=False)
    link_token: str = field(default="", repr=False)
    inferred: bool = False
    admitted: bool | None = None
    registered_at: datetime | None = None
    visited: bool | None = None


BeforeCall = Callable[[], None]
"""Called just before each HTTP request; it waits for the account's next slot and may raise to stop the call."""


class Provider(Protocol):
    """One account at one platform. Instances are cheap, for one thread at a time, and keep nothing but a connection."""

    name: ClassVar[str]
    label: ClassVar[str]
    default_base_url: ClassVar[str]
    capabilities: ClassVar[Capabilities]

    def __init__(self, credentials: Credentials, *, before_call: BeforeCall = ...) -> None: ...

    def owner(self) -> Owner:
        """Whose account this is; the cheapest read that proves the key works."""
        ...

    def events(self, *, since: datetime) -> Iterator[EventInfo]:
        """All events with a session at or after `since`, page by page."""
        ...

    def event(self, event_id: str) -> EventInfo:
        """One event in full. Raises NotFound."""
        ...

    def session(self, session_id: str) -> SessionInfo:
        """One session in full. Raises NotFound."""
        ...

    def register(self, target: Target, person: Person) -> Participation:
        """Register one person, or return the participation they already have.

        One call; a second kind of answer ("already registered", no record) costs the pages of `participations` too.
        The result may lack a link when the platform only said that the person is known: then it has `link_token`.
        """
        ...

    def invite(self, target: Target, people: Sequence[Person]) -> tuple[Participation, ...]:
        """Register up to `capabilities.bulk_limit` people in one call.

        Returns whom the platform says it took, in any order. Whoever is missing was bad data or known before: nothing
        is promised about them.
        """
        ...

    def participations(self, target: Target) -> Iterator[Participation]:
        """Everybody in a target, page by page; each page is one call."""
        ...

    def moderate(self, target: Target, participation_ids: Sequence[str], *, admit: bool) -> int:
        """Let people in, or refuse them. Returns how many the platform says it processed."""
        ...

    def delete(self, participation_ids: Sequence[str]) -> int:
        """Delete participations. Returns how many the platform says it deleted; ids it does not know do not count."""
        ...

    def link_from(self, sample_link: str, link_token: str) -> str:
        """Put together a person's link from another person's link of the same event. Raises Uncertain if it cannot."""
        ...

    def time_zones(self) -> Mapping[str, str]:
        """The platform's time zone ids and their IANA names."""
        ...

    def close(self) -> None:
        """Let go of kept connections."""
        ...
