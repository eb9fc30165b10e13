from __future__ import annotations

import copy
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import parseaddr

import pytest
from django.utils import translation
from hypothesis import given, settings
from icalendar import Calendar

from registrations.mailing.compose import compose
from registrations.mailing.kinds import KINDS
from registrations.mailing.letter import Letter
from tests.mailing.hostile import HOSTILE
from tests.mailing.letters import LINK, a_letter, a_meeting


def raw(letter: Letter) -> bytes:
    return compose(letter).message().as_bytes()


def parsed(letter: Letter) -> EmailMessage:
    return message_from_bytes(raw(letter), policy=policy.default)


def calendar_part(letter: Letter) -> EmailMessage:
    (part,) = parsed(letter).iter_attachments()
    return part


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("kind", KINDS)
def test_the_same_letter_is_the_same_bytes(kind: str, language: str):
    letter = a_letter(kind=kind, language=language)
    first = raw(letter)
    with translation.override("de"):
        assert raw(Letter.from_json(letter.to_json())) == first
    assert copy.deepcopy(compose(letter)).message().as_bytes() == first


def test_another_mail_has_other_boundaries():
    assert parsed(a_letter()).get_boundary() != parsed(a_letter(message_id="<other@example.org>")).get_boundary()


def test_boundaries_of_nested_parts_differ():
    message = parsed(a_letter())
    boundaries = [part.get_boundary() for part in message.walk() if part.is_multipart()]
    assert len(boundaries) == len(set(boundaries)) == 2


def test_date_and_message_id_are_those_of_the_letter():
    message = parsed(a_letter())
    assert message["Message-ID"] == "<row-7.1@webinars.example.org>"
    assert message["Date"].datetime == datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
    assert message["Auto-Submitted"] == "auto-generated"


def test_a_mail_has_text_html_and_calendar():
    assert [part.get_content_type() for part in parsed(a_letter()).walk()] == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "text/calendar",
    ]


@pytest.mark.parametrize(
    ("kind", "count", "method"),
    [
        ("link", 1, "REQUEST"),
        ("link", 2, "PUBLISH"),
        ("known", 1, "REQUEST"),
        ("cancelled", 1, "CANCEL"),
        ("cancelled", 2, "PUBLISH"),
    ],
)
def test_the_calendar_part_names_the_method_of_its_file(kind: str, count: int, method: str):
    part = calendar_part(a_letter(kind=kind, meetings=tuple(a_meeting(uid=str(number)) for number in range(count))))
    calendar = Calendar.from_ical(part.get_payload(decode=True))
    assert part.get_filename() == "webinar.ics"
    assert part["Content-Type"].params["method"] == calendar["METHOD"] == method
    assert part["Content-Type"].params["charset"] == "utf-8"
    assert [event["UID"] for event in calendar.walk("VEVENT")] == [str(number) for number in range(count)]


def test_the_calendar_entry_is_stamped_with_the_mails_date():
    (event,) = Calendar.from_ical(calendar_part(a_letter()).get_payload(decode=True)).walk("VEVENT")
    assert event.stamp == datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize("kind", ["delayed", "no_link", "staff_pause"])
def test_a_mail_without_a_link_brings_no_calendar_file(kind: str):
    assert not list(parsed(a_letter(kind=kind)).iter_attachments())


def test_the_sender_carries_a_name_and_the_recipient_none():
    # The older parser: the newer one of Python 3.11 leaves the folds between the encoded words of a name in place.
    message = message_from_bytes(raw(a_letter(from_name="Школа «Право»: мастерская, и ещё длинное название; " * 3)))
    name, address = parseaddr(message["From"])
    shown = str(make_header(decode_header(name)))
    assert address == "webinars@example.org"
    assert shown.startswith("Школа «Право» мастерская и ещё длинное название Школа «Право»")
    assert len(shown) <= 75
    assert message["To"] == "anna@example.net"


def test_a_sender_given_with_a_name_is_taken():
    message = parsed(a_letter(from_address='"Ignored" <webinars@example.org>', from_name="Law School", reply_to=""))
    assert str(message["From"]) == "Law School <webinars@example.org>"
    assert message["Reply-To"] is None


@pytest.mark.parametrize(
    "recipient", ["", "a@example.net,e@example.net", "a@example.net\r\nBcc: e@example.com", "Anna <a@example.net>"]
)
def test_anything_but_one_recipient_is_refused(recipient: str):
    with pytest.raises(ValueError, match="e-mail address"):
        compose(a_letter(recipient=recipient))


@pytest.mark.parametrize("message_id", ["", "row-7", "<a@b>\r\nBcc: eve@example.com", "<a b@c>", "<a@b> <c@d>"])
def test_a_malformed_message_id_is_refused(message_id: str):
    with pytest.raises(ValueError, match="Message-ID"):
        compose(a_letter(message_id=message_id))


@settings(deadline=None)
@given(HOSTILE, HOSTILE, HOSTILE, HOSTILE)
def test_no_text_adds_a_header_or_a_recipient(name: str, sender: str, title: str, intro: str):
    meetings = (a_meeting(title=title),)
    mail = compose(
        a_letter(first_name=name, last_name=name, from_name=sender, event_title=title, intro=intro, meetings=meetings)
    )
    message = message_from_bytes(mail.message().as_bytes(), policy=policy.default)
    assert mail.recipients() == ["anna@example.net"]
    assert sorted(message.keys()) == sorted(parsed(a_letter()).keys())
    assert [address.addr_spec for address in message["From"].addresses] == ["webinars@example.org"]
    assert [address.addr_spec for address in message["To"].addresses] == ["anna@example.net"]
    assert not message.defects
    assert len(str(message["Subject"])) <= 200
    assert LINK in message.get_body(("plain",)).get_content()
