from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation
from icalendar import Calendar, Component

from registrations.mailing.calendars import Method, calendar_file
from tests.mailing.letters import LINK, a_meeting

STAMP = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def file_of(*meetings, method: Method = "PUBLISH", **options) -> bytes:
    with translation.override("en"):
        return calendar_file(meetings, method=method, organizer="webinars@example.org", stamp=STAMP, **options)


def events_of(content: bytes) -> list[Component]:
    return Calendar.from_ical(content).walk("VEVENT")


@pytest.mark.parametrize("zone", ["Europe/Moscow", "America/New_York"])
@pytest.mark.parametrize("day", [date(2026, 3, 7), date(2026, 3, 8), date(2026, 10, 31), date(2026, 11, 1)])
def test_the_times_are_the_same_moments_around_a_change_of_clocks(zone: str, day: date):
    starts_at = datetime.combine(day, time(19), ZoneInfo(zone))
    (event,) = events_of(file_of(a_meeting(starts_at=starts_at, ends_at=starts_at + timedelta(minutes=90), zone=zone)))
    assert event.start == starts_at
    assert event.start.tzname() == "UTC"
    assert event.end - event.start == timedelta(minutes=90)


def test_times_are_written_in_utc_and_need_no_time_zone_table():
    content = file_of(a_meeting())
    assert b"DTSTART:20261126T160000Z\r\n" in content
    assert b"DTSTAMP:20261120T090000Z\r\n" in content
    assert b"VTIMEZONE" not in content


def test_each_meeting_is_an_entry_with_its_own_identity_and_revision():
    events = events_of(file_of(a_meeting(uid="one", sequence=3), a_meeting(uid="two")))
    assert [(event["UID"], event["SEQUENCE"]) for event in events] == [("one", 3), ("two", 0)]


def test_the_link_stands_in_the_entry_and_an_alarm_rings_before():
    (event,) = events_of(file_of(a_meeting()))
    assert event["URL"] == LINK
    assert LINK in event["DESCRIPTION"]
    assert event["CLASS"] == "PRIVATE"
    (alarm,) = event.walk("VALARM")
    assert alarm["TRIGGER"].dt == timedelta(minutes=-15)


def test_a_meeting_without_a_link_has_none():
    (event,) = events_of(file_of(a_meeting(link="")))
    assert "URL" not in event
    assert "DESCRIPTION" not in event


def test_a_cancelled_entry_says_so_and_carries_no_link():
    content = file_of(a_meeting(sequence=1), method="CANCEL", attendee="anna@example.net")
    (event,) = events_of(content)
    assert b"METHOD:CANCEL\r\n" in content
    assert event["STATUS"] == "CANCELLED"
    assert LINK.encode() not in content.replace(b"\r\n ", b"")
    assert not event.walk("VALARM")


def test_the_attendee_is_not_asked_to_answer():
    (event,) = events_of(file_of(a_meeting(), method="REQUEST", attendee="anna@example.net"))
    assert event["ATTENDEE"] == "mailto:anna@example.net"
    assert event["ATTENDEE"].params["RSVP"] == "FALSE"
    assert event["ATTENDEE"].params["PARTSTAT"] == "ACCEPTED"
    assert event["ORGANIZER"] == "mailto:webinars@example.org"


def test_cyrillic_is_folded_and_comes_back():
    title = "Как читать договоры: семь мест, где теряют деньги; и ещё, кое-что \\ о сроках"
    content = file_of(a_meeting(title=title))
    assert max(len(line) for line in content.split(b"\r\n")) <= 75
    assert events_of(content)[0]["SUMMARY"] == title


def test_a_title_cannot_add_a_line_to_the_file():
    (event,) = events_of(file_of(a_meeting(title="Talk\r\nATTENDEE:mailto:eve@example.com\r\nEND:VEVENT")))
    assert "ATTENDEE" not in event
    assert event["SUMMARY"] == "Talk ATTENDEE:mailto:eve@example.com END:VEVENT"


def test_an_unknown_end_becomes_an_hour():
    (event,) = events_of(file_of(a_meeting(ends_at=None)))
    assert event.end - event.start == timedelta(hours=1)
