"""When something is, in words for a page: in the event's zone, and where it is known in the visitor's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from django.utils import formats

from registrations.mailing.times import Timed, date_label, known_zone, time_for_person, zone_label


@dataclass(frozen=True, slots=True)
class When:
    """One meeting's time in words. `starts` and `ends` are ISO 8601 in UTC, for browsers; "" where unknown."""

    date: str
    hours: str
    zone: str
    starts: str
    ends: str
    own: str


def when(meeting: Timed, *, zone: str, person_zone: str = "") -> When:
    """Put a meeting's time into words in the active language. Call it while the page's language is active."""
    known = known_zone(zone) or ZoneInfo("UTC")
    starts_at = meeting.starts_at.astimezone(known)
    ends_at = meeting.ends_at.astimezone(known) if meeting.ends_at and meeting.ends_at > meeting.starts_at else None
    return When(
        date=_day(starts_at, zone),
        hours=_hours(starts_at, ends_at, zone),
        zone=zone_label(zone, starts_at),
        starts=_iso(starts_at),
        ends=_iso(ends_at) if ends_at else "",
        own=time_for_person(meeting, zone, person_zone),
    )


def _day(local: datetime, zone: str) -> str:
    return f"{formats.date_format(local, 'l')}, {date_label(local, zone)}"


def _hours(starts_at: datetime, ends_at: datetime | None, zone: str) -> str:
    begin = formats.date_format(starts_at, "H:i")
    if ends_at is None:
        return begin
    end = formats.date_format(ends_at, "H:i")
    # A night's end needs no date of its own; a later day's does.
    if (ends_at.date() - starts_at.date()).days > 1 or (ends_at.date() != starts_at.date() and ends_at.hour >= 12):
        return f"{begin} – {date_label(ends_at, zone)}, {end}"
    return f"{begin}–{end}"


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
