from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import parse_qsl, unquote, urlsplit
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation
from icalendar import Calendar, Component

from registrations.mailing.calendar_links import calendar_links
from registrations.mailing.calendars import Method, calendar_file
from registrations.mailing.compose import compose
from registrations.mailing.letter import Letter
from tests.mailing.letters import LINK, PRIVATE_URL, a_letter, a_meeting
from tests.mailing.reading import Entry, read_calendar

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


# --- two independent readers ---

# Just before and just after New York's clocks change, in Moscow, which changes none, and in Kolkata, half an hour off.
PLACES = [
    ("Europe/Moscow", date(2026, 11, 26), "20261126T160000Z"),
    ("America/New_York", date(2026, 10, 31), "20261031T230000Z"),
    ("America/New_York", date(2026, 11, 1), "20261102T000000Z"),
    ("America/New_York", date(2027, 3, 13), "20270314T000000Z"),
    ("America/New_York", date(2027, 3, 14), "20270314T230000Z"),
    ("Asia/Kolkata", date(2026, 11, 26), "20261126T133000Z"),
]


@pytest.mark.parametrize(("zone", "day", "written"), PLACES)
@pytest.mark.parametrize("method", ["PUBLISH", "REQUEST", "CANCEL"])
def test_two_readers_read_the_same_moments(zone: str, day: date, written: str, method: Method):
    starts_at = datetime.combine(day, time(19), ZoneInfo(zone))
    meeting = a_meeting(starts_at=starts_at, ends_at=starts_at + timedelta(minutes=90), zone=zone, title="Встреча, с \\; «ё»")
    content = file_of(meeting, method=method, attendee="anna@example.net")
    (theirs,), (ours,) = events_of(content), read_calendar(content).entries
    assert f"DTSTART:{written}\r\n".encode() in content
    assert theirs.start == ours.start == starts_at
    assert theirs.end == ours.end == starts_at + timedelta(minutes=90)
    assert str(theirs["SUMMARY"]) == ours.text("SUMMARY") == meeting.title
    assert str(theirs["UID"]) == ours.text("UID") == meeting.uid
    assert theirs["SEQUENCE"] == int(ours.text("SEQUENCE")) == 0


def test_both_readers_read_attendee_and_organiser():
    content = file_of(a_meeting(), method="REQUEST", attendee="anna@example.net", organizer_name='Школа "Север"; Law, etc')
    (theirs,), (ours,) = events_of(content), read_calendar(content).entries
    attendee = ours.line("ATTENDEE")
    assert attendee is not None
    assert attendee.value == theirs["ATTENDEE"] == "mailto:anna@example.net"
    assert attendee.parameters == {"PARTSTAT": "ACCEPTED", "ROLE": "REQ-PARTICIPANT", "RSVP": "FALSE"}
    assert ours.text("ORGANIZER") == theirs["ORGANIZER"] == "mailto:webinars@example.org"


@pytest.mark.parametrize("title", ["a" * 200, "ё" * 200, "\r\nEND:VEVENT", "\x00\x07;:,\\n", "x\u2028ATTENDEE:y", '"quoted"'])
def test_hostile_titles_stay_one_line_of_one_entry(title: str):
    content = file_of(a_meeting(title=title), method="REQUEST", attendee="anna@example.net")
    (entry,) = read_calendar(content).entries
    assert entry.text("SUMMARY") == str(events_of(content)[0]["SUMMARY"])
    assert [line.name for line in entry.lines].count("ATTENDEE") == 1


# --- the life of an entry ---


def invitation(letter: Letter) -> tuple[str, list[Entry]]:
    """The method and the entries of a mail's calendar file."""
    (part,) = [part for part in compose(letter).message().walk() if part.get_content_type() == "text/calendar"]
    file = read_calendar(part.get_payload(decode=True))
    assert part.get_param("method") == file.properties["METHOD"]
    return file.properties["METHOD"], file.entries


def test_a_cancellation_names_the_same_entry_with_a_higher_revision():
    method, (entry,) = invitation(a_letter(meetings=(a_meeting(sequence=1),)))
    gone_method, (gone,) = invitation(a_letter(kind="cancelled", meetings=(a_meeting(sequence=2, link=""),)))
    assert (method, gone_method) == ("REQUEST", "CANCEL")
    assert entry.text("UID") == gone.text("UID")
    assert int(gone.text("SEQUENCE")) > int(entry.text("SEQUENCE"))
    assert entry.line("ATTENDEE").value == gone.line("ATTENDEE").value == "mailto:anna@example.net"
    assert entry.text("ORGANIZER") == gone.text("ORGANIZER")
    assert gone.text("STATUS") == "CANCELLED"


def test_a_cancelled_series_is_published_as_cancelled():
    meetings = (a_meeting(uid="one"), a_meeting(uid="two"))
    method, entries = invitation(a_letter(kind="cancelled", meetings=meetings))
    assert method == "PUBLISH"
    assert [entry.text("STATUS") for entry in entries] == ["CANCELLED", "CANCELLED"]
    assert not any(entry.alarms or entry.line("URL") or entry.line("ATTENDEE") for entry in entries)


@pytest.mark.parametrize(("organizer", "named"), [("", "webinars@example.org"), ("nobody@example.org", "nobody@example.org")])
def test_answers_go_to_the_organiser_that_is_set(organizer: str, named: str):
    _, (entry,) = invitation(a_letter(organizer=organizer))
    assert entry.text("ORGANIZER") == f"mailto:{named}"


def test_a_letter_kept_by_an_earlier_release_is_still_read():
    kept = a_letter().to_json().replace('"organizer": "", ', "")
    assert "organizer" not in kept
    assert Letter.from_json(kept).organizer == ""


# --- calendars on the web ---


def test_a_calendar_on_the_web_gets_time_title_and_page_but_never_the_link():
    meeting = a_meeting(title="Рок & ролл? #1")
    links = calendar_links(title=meeting.title, starts_at=meeting.starts_at, ends_at=meeting.ends_at, page=PRIVATE_URL)
    asked = {link.name: dict(parse_qsl(urlsplit(link.url).query)) for link in links}
    assert asked["Google"]["dates"] == "20261126T160000Z/20261126T173000Z"
    assert asked["Google"]["text"] == asked["Outlook.com"]["subject"] == meeting.title
    assert asked["Microsoft 365"]["startdt"] == "2026-11-26T16:00:00Z"
    assert asked["Microsoft 365"]["enddt"] == "2026-11-26T17:30:00Z"
    assert all(link.url.startswith("https://") and "+" not in link.url for link in links)
    assert {asked["Google"]["details"], asked["Outlook.com"]["body"]} == {PRIVATE_URL}
    assert not any(LINK in unquote(link.url) for link in links)


def test_what_somebody_has_left_is_taken_out_of_the_calendar_by_the_same_file_and_is_no_word_of_the_mail():
    left = a_meeting(title="The one that was left", uid="2", link=LINK + "2", sequence=3)
    letter = a_letter(withdrawn=(left,))
    mail = compose(letter)
    assert "The one that was left" not in mail.body
    assert LINK + "2" not in mail.message().as_string()
    (part,) = [part for part in mail.message().walk() if part.get_content_type() == "text/calendar"]
    assert part.get_param("method") == "PUBLISH"
    kept, gone = events_of(part.get_payload(decode=True))
    assert (kept["STATUS"], gone["STATUS"]) == ("CONFIRMED", "CANCELLED")
    assert (gone["UID"], gone["SEQUENCE"]) == ("2", 3)
    assert not gone.walk("VALARM")
