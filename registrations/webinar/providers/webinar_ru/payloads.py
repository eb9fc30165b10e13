"""The answers of the API, field by field. Unknown fields are ignored; a missing or odd one reads as "not said"."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from registrations.webinar.providers.webinar_ru.values import (
    Email,
    Flag,
    Id,
    Moment,
    Number,
    OptionalId,
    Text,
    Zone,
    mapping,
    sequence,
)


class Payload(BaseModel):
    """Base of all answers. Its errors never quote what came in: it may be a person's data."""

    model_config = ConfigDict(alias_generator=to_camel, extra="ignore", frozen=True, hide_input_in_errors=True)


Row = TypeVar("Row", bound=Payload)


def rows(model: type[Row], items: list[Any]) -> Iterator[Row]:
    """The items that can be used. One odd row must not cost the rest."""
    for item in items:
        try:
            yield model.model_validate(item)
        except ValidationError:
            continue


class FieldRow(Payload):
    """One additional field of the registration form (article 3149030)."""

    key: Text
    label: Text = ""
    is_required: Flag = None
    values: Annotated[list[Text], BeforeValidator(sequence)] = []


def _fields(value: Any) -> list[FieldRow] | None:
    return None if value is None else [row for row in rows(FieldRow, sequence(value)) if row.key]


class ZoneRow(Payload):
    """One time zone (`GET /timezones`)."""

    id: Id
    name: Zone = ""


def _zone(value: Any) -> ZoneRow | None:
    return next(rows(ZoneRow, [value]), None)


class AccessRow(Payload):
    """How people get in (article 19681)."""

    is_moderation_required: Flag = None


class MeetingRow(Payload):
    """What events and sessions have in common, in lists (19680) and details (3149030, 19679)."""

    id: Id
    name: Text = ""
    status: Text = ""
    description: Text = ""
    starts_at: Moment = None
    utc_starts_at: Moment = None
    ends_at: Moment = None
    timezone_name: Zone = ""
    timezone_id: OptionalId = None
    timezone: Annotated[ZoneRow | None, BeforeValidator(_zone)] = None
    access: Number = None
    access_settings: Annotated[AccessRow, BeforeValidator(mapping)] = AccessRow()
    additional_fields: Annotated[list[FieldRow] | None, BeforeValidator(_fields)] = None


class SessionRow(MeetingRow):
    """One meeting; inside an event's details it does not repeat the event's id."""

    event_id: OptionalId = None


def _sessions(value: Any) -> list[SessionRow]:
    return list(rows(SessionRow, sequence(value)))


class EventRow(MeetingRow):
    """One event, with its meetings."""

    rule: Text = ""
    event_sessions: Annotated[list[SessionRow], BeforeValidator(_sessions)] = []


class RegisteredRow(Payload):
    """The answer to one registration (19617), and one element of the answer to a bulk one. `link` is as it came."""

    participation_id: Id
    link: Any = ""
    email: Email = ""
    is_accepted: Flag = None


class ParticipationRow(Payload):
    """One row of a participants list (19665, 19666). `url` is the token of the personal link."""

    id: Id
    email: Email = ""
    url: Text = ""
    event_id: OptionalId = None
    event_session_id: OptionalId = None
    is_accepted: Flag = None
    register_status: Text = ""
    register_date: Moment = None
    visited: Flag = None


class MemberRow(Payload):
    """One employee of the organisation (3151499)."""

    id: Id
    name: Text = ""
    second_name: Text = ""
    nickname: Text = ""
    email: Text = ""
    organization: Text = ""
    role: Text = ""


class CountRow(Payload):
    """How many participations a call processed (19662, 19667)."""

    count: Number = None
