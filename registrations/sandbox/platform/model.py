"""What the stand-in platform remembers. Times are unix seconds in UTC; ids are whole numbers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

ONE_OFF_RULE = "FREQ=DAILY;COUNT=1"
ROLES = ("ADMIN", "LECTURER", "GUEST")

ACTIVE, START, STOP = "ACTIVE", "START", "STOP"
WAITING, ACCEPTED, REFUSED, KICKED, DELETED = "waiting", "accepted", "refused", "kicked", "deleted"

Target = tuple[int, int]
"""An event id and a session id; 0 instead of the session means the whole event."""


@dataclass(kw_only=True, slots=True)
class Member:
    """An employee of an organisation. `confirmed` is False while he has not confirmed his e-mail at the platform."""

    id: int
    membership_id: int
    name: str
    second_name: str
    email: str
    role: str = "LECTURER"
    position: str = ""
    sex: str = "o"
    confirmed: bool = True


@dataclass(kw_only=True, slots=True)
class Organization:
    """Who owns events and keys. `alias` is the first part of its links."""

    id: int
    name: str
    alias: str
    members: list[Member]
    timezone_id: int = 1

    @property
    def owner(self) -> Member:
        """Whose account it is: the first member."""
        return self.members[0]

    def member(self, user_id: int | None) -> Member | None:
        """The employee with this user id."""
        return next((member for member in self.members if member.id == user_id), None)


@dataclass(kw_only=True, slots=True)
class ApiKey:
    """One API key. `rights` None means all; `denied` are names or groups of routes that it may not use."""

    token: str
    organization_id: int
    label: str = ""
    active: bool = True
    rights: list[str] | None = None
    denied: list[str] = field(default_factory=list)


@dataclass(kw_only=True, slots=True)
class Meeting:
    """What an event and a session have in common."""

    id: int
    organization_id: int
    owner_id: int
    name: str
    starts_at: int
    ends_at: int
    description: str = ""
    status: str = ACTIVE
    password_required: bool = False
    registration_required: bool = False
    moderation_required: bool = False
    password: str = ""
    lang: str = "RU"
    type: str = "webinar"
    timezone_id: int = 1
    image_id: int = 90000
    start_type: str = "manual"
    additional_fields: list[dict[str, Any]] = field(default_factory=list)
    lector_ids: list[int] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    deleted: bool = False

    @property
    def access(self) -> int:
        """The archived number for the access settings: 1, 3, 4, 6, 8 or 10 (MTS Link article 19681)."""
        base = 8 if self.moderation_required else 4 if self.registration_required else 1
        return base + 2 if self.password_required else base

    @property
    def open(self) -> bool:
        """Nobody needs to register."""
        return not (self.registration_required or self.moderation_required)


@dataclass(kw_only=True, slots=True)
class Event(Meeting):
    """A template: one-off, or a series of sessions."""

    rule: str = ONE_OFF_RULE
    is_event_reg_allowed: bool = False
    url_alias: str = ""
    default_reminders: bool = True
    branding_id: int | None = None

    @property
    def is_series(self) -> bool:
        """More than one session may follow."""
        return self.rule != ONE_OFF_RULE

    @property
    def takes_whole_series(self) -> bool:
        """One registration may cover all sessions."""
        return self.is_series and self.is_event_reg_allowed

    @property
    def target(self) -> Target:
        """What a whole-series registration is for."""
        return (self.id, 0)


@dataclass(kw_only=True, slots=True)
class Session(Meeting):
    """One dated meeting of an event."""

    event_id: int

    @property
    def target(self) -> Target:
        """What a registration for this session is for."""
        return (self.event_id, self.id)


@dataclass(kw_only=True, slots=True)
class Participation:
    """One person in one target. `token` is the last part of the personal link; `profile` holds the other fields sent."""

    id: int
    organization_id: int
    event_id: int
    session_id: int
    email: str
    token: str
    contact_id: int
    user_id: int
    registered_at: int
    state: str = ACCEPTED
    name: str = ""
    second_name: str = ""
    nickname: str = ""
    role: str = "GUEST"
    is_auto_enter: bool = False
    invited: bool = False
    visited: bool = False
    extra: dict[str, str] = field(default_factory=dict)
    profile: dict[str, str] = field(default_factory=dict)

    @property
    def target(self) -> Target:
        """What the person is registered for."""
        return (self.event_id, self.session_id)

    @property
    def address(self) -> str:
        """The e-mail as compared: trimmed, lower case."""
        return self.email.strip().lower()

    @property
    def shown_name(self) -> str:
        """The name in the chat: the nickname, by default first and last name."""
        return self.nickname or f"{self.name} {self.second_name}".strip() or self.email
