"""From the API's rows to the contract's values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime

from registrations.webinar.errors import Uncertain
from registrations.webinar.provider import (
    EventInfo,
    ExtraField,
    Owner,
    Participation,
    Person,
    SessionInfo,
    Status,
    Target,
)
from registrations.webinar.providers.webinar_ru import unconfirmed
from registrations.webinar.providers.webinar_ru.links import LinkCheck, token_in
from registrations.webinar.providers.webinar_ru.payloads import (
    EventRow,
    FieldRow,
    MeetingRow,
    MemberRow,
    ParticipationRow,
    RegisteredRow,
    SessionRow,
)

_STATUS = {"ACTIVE": Status.PLANNED, "START": Status.LIVE, "STOP": Status.FINISHED}
_ONE_OFF = {"FREQ=DAILY", "COUNT=1"}


def event_info(row: EventRow) -> EventInfo:
    return EventInfo(
        event_id=row.id,
        title=row.name,
        status=_status(row.status),
        description=row.description,
        is_series=_is_series(row.rule),
        starts_at=_starts_at(row),
        ends_at=row.ends_at,
        time_zone=_zone(row),
        moderated=_moderated(row),
        extra_fields=_extra_fields(row.additional_fields),
        sessions=tuple(session_info(session, event_id=row.id) for session in row.event_sessions),
    )


def session_info(row: SessionRow, *, event_id: str = "") -> SessionInfo:
    return SessionInfo(
        session_id=row.id,
        event_id=row.event_id or event_id,
        title=row.name,
        status=_status(row.status),
        starts_at=_starts_at(row),
        ends_at=row.ends_at,
        time_zone=_zone(row),
        moderated=_moderated(row),
        extra_fields=_extra_fields(row.additional_fields),
    )


def owner(members: Iterable[MemberRow]) -> Owner:
    """The first administrator of the organisation, or a nameless owner when the list shows none."""
    member = next((member for member in members if member.role.upper() in ("ADMIN", "")), None)
    if member is None:
        return Owner(name="")
    person = " ".join(filter(None, (member.name, member.second_name))) or member.nickname
    return Owner(name=person or member.organization, email=member.email, organization=member.organization)


def registered(row: RegisteredRow, person: Person, links: LinkCheck) -> Participation:
    """The answer to one registration. Raises Uncertain if it is another person's, or its link must not be mailed."""
    if row.email not in ("", person.email.strip().lower()):
        raise Uncertain("foreign_record")
    if not row.link:
        raise Uncertain("no_link")
    link = links.trusted(row.link)
    if not link:
        raise Uncertain("bad_link")
    return Participation(row.participation_id, person.email, link=link, admitted=row.is_accepted)


def invited(rows: Iterable[RegisteredRow], people: Iterable[Person], links: LinkCheck) -> tuple[Participation, ...]:
    """Whom a bulk answer really speaks of: rows of people who were sent, each with a link and an id of its own."""
    sent = {person.email.strip().lower(): person.email for person in people}
    claims = {(row.email, row.participation_id, links.trusted(row.link)): row for row in rows if row.email in sent}
    times = Counter((index, value) for claim in claims for index, value in enumerate(claim))
    return tuple(
        Participation(row.participation_id, sent[row.email], link=claim[2], admitted=row.is_accepted)
        for claim, row in claims.items()
        if claim[2] and all(times[index, value] == 1 for index, value in enumerate(claim))
    )


def listed(rows: Iterable[ParticipationRow], target: Target, links: LinkCheck) -> Iterator[Participation]:
    """The rows of a participants list that are of this target and still stand."""
    for row in rows:
        if row.register_status.upper() in unconfirmed.DELETED_STATUSES:
            continue
        if row.event_id not in (None, target.event_id):
            continue
        if "event_session_id" in row.model_fields_set and not unconfirmed.row_belongs(
            row_session=row.event_session_id, asked_session=target.session_id
        ):
            continue
        yield Participation(
            participation_id=row.id,
            email=row.email,
            link=links.trusted(row.url),
            link_token=token_in(row.url),
            admitted=row.is_accepted,
            registered_at=row.register_date,
            visited=row.visited,
        )


def _status(word: str) -> Status:
    return _STATUS.get(word.upper(), unconfirmed.UNKNOWN_STATUS)


def _is_series(rule: str) -> bool:
    """The rule of a single event is always `FREQ=DAILY;COUNT=1` (article 3149030)."""
    parts = {part.strip() for part in rule.upper().removeprefix("RRULE:").split(";") if part.strip()}
    return bool(parts) and parts != _ONE_OFF


def _starts_at(row: MeetingRow) -> datetime | None:
    return row.utc_starts_at or row.starts_at


def _zone(row: MeetingRow) -> str:
    named = row.timezone_name or (row.timezone.name if row.timezone else "")
    zone_id = row.timezone_id or (row.timezone.id if row.timezone else None)
    return named or unconfirmed.ZONE_NAMES.get(int(zone_id or 0), "")


def _moderated(row: MeetingRow) -> bool | None:
    stated = row.access_settings.is_moderation_required
    if stated is not None or row.access is None:
        return stated
    return row.access in unconfirmed.MODERATED_ACCESS


def _extra_fields(rows: list[FieldRow] | None) -> tuple[ExtraField, ...] | None:
    if rows is None:
        return None
    return tuple(
        ExtraField(
            key=row.key,
            label=row.label or row.key,
            required=unconfirmed.OPTIONAL_FIELDS_ENFORCED or row.is_required is not False,
            choices=tuple(value for value in row.values if value),
        )
        for row in rows
    )
