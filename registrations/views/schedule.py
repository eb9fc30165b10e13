"""When something is, in words for a page: in the event's zone, and where it is known in the visitor's."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from django.utils import formats, translation

from registrations.forms import DateSpec, DatesSpec
from registrations.mailing.times import Timed, date_label, known_zone, time_for_person, zone_label
from registrations.services.campaigns import PublicCampaign, PublicSession


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


def dates_of(campaign: PublicCampaign) -> DatesSpec | None:
    """The dates that the form of a campaign offers, in its language; None where there is nothing to choose."""
    if not campaign.chooses_dates:
        return None
    with translation.override(campaign.language):
        return offered_dates(campaign.offered, zone=campaign.time_zone, title=campaign.title)


def offered_dates(
    sessions: Iterable[PublicSession], *, zone: str, title: str, person_zone: str = "", standing: bool = False
) -> DatesSpec:
    """Sessions as boxes to tick, in the active language. `title` is the campaign's: a session's own says nothing more."""
    return DatesSpec(tuple(_date(session, zone, title, person_zone) for session in sessions), zone, standing)


def _date(session: PublicSession, zone: str, title: str, person_zone: str) -> DateSpec:
    words = when(session, zone=zone, person_zone=person_zone)
    return DateSpec(
        id=session.id,
        date=words.date,
        hours=words.hours,
        zone=words.zone,
        title="" if session.title == title else session.title,
        starts=words.starts,
        ends=words.ends,
        own=words.own,
    )
