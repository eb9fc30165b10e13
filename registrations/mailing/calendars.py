"""Calendar files (RFC 5545, RFC 5546) for meetings."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal

from django.utils import timezone
from django.utils.translation import gettext as _
from icalendar import Alarm, Calendar, Event, vCalAddress, vText

from registrations.mailing.letter import Meeting
from registrations.mailing.scrubbing import clean_line

Method = Literal["PUBLISH", "REQUEST", "CANCEL"]

_REMINDER = timedelta(minutes=15)
# A calendar draws an entry without an end as a hairline; an hour is what it would offer by itself.
LENGTH_IF_UNKNOWN = timedelta(hours=1)


def calendar_file(
    meetings: Sequence[Meeting],
    *,
    method: Method,
    organizer: str,
    attendee: str = "",
    organizer_name: str = "",
    stamp: datetime | None = None,
    cancelled: bool = False,
    withdrawn: Sequence[Meeting] = (),
) -> bytes:
    """Return a calendar file with one entry per meeting, all times in UTC, texts in the active language.

    `organizer` and `attendee` are bare addresses; the attendee counts as having accepted and is not asked to answer.
    `stamp` (aware; default: now) is DTSTAMP, which ranks two files of the same SEQUENCE. `cancelled` entries
    (those of CANCEL always are, and `withdrawn` ones beside the others) carry neither link nor alarm.
    """
    calendar = Calendar()
    calendar.add("prodid", "-//regsite//regsite//EN")
    calendar.add("version", "2.0")
    calendar.add("method", method)
    gone = cancelled or method == "CANCEL"
    for meeting, is_gone in [*((meeting, gone) for meeting in meetings), *((meeting, True) for meeting in withdrawn)]:
        event = _event(meeting, is_gone, stamp or timezone.now())
        event.add("organizer", _party(organizer, organizer_name), encode=False)
        if attendee:
            event.add("attendee", _accepted(attendee), encode=False)
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def _event(meeting: Meeting, cancelled: bool, stamp: datetime) -> Event:
    title = clean_line(meeting.title)
    event = Event()
    event.add("uid", meeting.uid)
    event.add("sequence", meeting.sequence)
    event.add("dtstamp", stamp.astimezone(UTC))
    event.add("dtstart", meeting.starts_at.astimezone(UTC))
    event.add("dtend", (meeting.ends_at or meeting.starts_at + LENGTH_IF_UNKNOWN).astimezone(UTC))
    event.add("summary", title)
    # The link is the person's own; a calendar shared with colleagues shows a private entry as busy, without its text.
    event.add("class", "PRIVATE")
    if cancelled:
        event.add("status", "CANCELLED")
        return event
    event.add("status", "CONFIRMED")
    if meeting.link:
        event.add("url", meeting.link)
        event.add("description", "{}\n{}".format(_("Your personal link, please do not forward it:"), meeting.link))
    event.add_component(_alarm(title))
    return event


def _alarm(title: str) -> Alarm:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("trigger", -_REMINDER)
    alarm.add("description", title)
    return alarm


def _party(address: str, name: str) -> vCalAddress:
    party = vCalAddress(f"mailto:{address}")
    if name:
        party.params["CN"] = vText(name)
    return party


def _accepted(address: str) -> vCalAddress:
    attendee = vCalAddress(f"mailto:{address}")
    attendee.params.update({"ROLE": "REQ-PARTICIPANT", "PARTSTAT": "ACCEPTED", "RSVP": "FALSE"})
    return attendee
