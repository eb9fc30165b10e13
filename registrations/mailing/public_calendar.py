"""A calendar that anybody may subscribe to (RFC 5545, RFC 7986): coming meetings, and nothing of any person."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from icalendar import Calendar, Event, vCalAddress, vDuration

from registrations.mailing.calendars import LENGTH_IF_UNKNOWN
from registrations.mailing.scrubbing import clean_line

_REFRESH = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Announcement:
    """One meeting for everybody. `url` is its public page, `organizer` a bare address."""

    uid: str
    sequence: int
    title: str
    starts_at: datetime
    ends_at: datetime | None
    url: str
    organizer: str


def public_calendar(announcements: Iterable[Announcement], *, name: str, stamp: datetime) -> bytes:
    """Return a calendar file with one entry per meeting, all times in UTC. `stamp` is aware."""
    calendar = Calendar()
    calendar.add("prodid", "-//regsite//regsite//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    # Each in the standard's words and in those that older programs know.
    for property_name in ("name", "x-wr-calname"):
        calendar.add(property_name, clean_line(name))
    calendar.add("refresh-interval", vDuration(_REFRESH), parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", vDuration(_REFRESH))
    for announcement in announcements:
        calendar.add_component(_event(announcement, stamp))
    return bytes(calendar.to_ical())


def _event(announcement: Announcement, stamp: datetime) -> Event:
    event = Event()
    event.add("uid", announcement.uid)
    event.add("sequence", announcement.sequence)
    event.add("dtstamp", stamp.astimezone(UTC))
    event.add("dtstart", announcement.starts_at.astimezone(UTC))
    event.add("dtend", (announcement.ends_at or announcement.starts_at + LENGTH_IF_UNKNOWN).astimezone(UTC))
    event.add("summary", clean_line(announcement.title))
    event.add("url", announcement.url)
    event.add("description", announcement.url)
    event.add("organizer", vCalAddress(f"mailto:{announcement.organizer}"), encode=False)
    event.add("status", "CONFIRMED")
    event.add("class", "PUBLIC")
    # Whoever subscribes has not said that they come: nobody's day is full because of it.
    event.add("transp", "TRANSPARENT")
    return event
