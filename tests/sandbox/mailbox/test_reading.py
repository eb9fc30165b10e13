from __future__ import annotations

from email.message import EmailMessage

import pytest

from registrations.sandbox.mailbox.calendar import read_calendar
from registrations.sandbox.mailbox.reading import Letter, find_links, read, subject_of
from registrations.sandbox.mailbox.store import Mail

CALENDAR = (
    "BEGIN:VCALENDAR\r\nMETHOD:PUBLISH\r\nBEGIN:VTIMEZONE\r\nTZID:Europe/Moscow\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\n"
    "END:STANDARD\r\nEND:VTIMEZONE\r\nBEGIN:VEVENT\r\nUID:1@example.com\r\nSUMMARY:Intro\\, part 1\r\n"
    "DTSTART;TZID=Europe/Moscow:20260301T120000\r\nDTEND:20260301T100000Z\r\nDESCRIPTION:one\\ntwo lo\r\n ng\r\nEND:VEVENT\r\n"
    "END:VCALENDAR\r\n"
)


def letter(raw: bytes, *recipients: str) -> Letter:
    return read(Mail(1, "sender@example.com", recipients or ("a@example.com",), raw, 0.0))


def composed() -> bytes:
    message = EmailMessage()
    message["From"], message["To"] = "Вебинары <web@example.com>", "someone-else@example.com"
    message["Subject"], message["Message-ID"] = "Ваша ссылка: «Ёлка»", "<1@example.com>"
    message.set_content("Ссылка: https://rooms.example/acme/1/abc.\n")
    message.add_alternative(
        '<p><a href="https://rooms.example/acme/1/abc?a=1&amp;b=2">x</a> see http://other.example/y</p>', subtype="html"
    )
    message.add_attachment(CALENDAR, subtype="calendar", filename="приглашение.ics")
    message.add_attachment(b"\x00\x01", maintype="application", subtype="octet-stream", filename="data.bin")
    return message.as_bytes()


def test_a_mail_is_taken_apart() -> None:
    read_letter = letter(composed())
    assert read_letter.subject == "Ваша ссылка: «Ёлка»"
    assert read_letter.to == "a@example.com"
    assert read_letter.text == "Ссылка: https://rooms.example/acme/1/abc.\n"
    assert read_letter.links == (
        "https://rooms.example/acme/1/abc",
        "https://rooms.example/acme/1/abc?a=1&b=2",
        "http://other.example/y",
    )
    assert [(a.filename, a.content_type, bool(a.content)) for a in read_letter.attachments] == [
        ("приглашение.ics", "text/calendar", True),
        ("data.bin", "application/octet-stream", False),
    ]
    assert read_letter.attachments[0].content.startswith("BEGIN:VCALENDAR\n")
    assert set(read_letter.as_json()) == {"to", "subject", "text", "html", "links", "attachments", "message_id", "received_at"}


def test_the_subject_alone_is_the_same() -> None:
    assert subject_of(Mail(1, "", (), composed(), 0)) == "Ваша ссылка: «Ёлка»"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\r\n\r\n",
        b"Subject: =?utf-8?b?%%%?=\r\n\r\nhi",
        b"Subject: \xff\xfe\r\nFrom: <<>>\r\nDate: x\r\n\r\n\xff",
        b"Content-Type: multipart/mixed\r\n\r\n--x\r\n",
        b"Content-Type: text/plain; charset=nonsense\r\n\r\n\xff",
        b"Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n%%%%",
        b'From: a@[\r\nMessage-ID: <[>\r\nTo: "\r\nSubject: x\r\n\r\n',
        b"Content-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\nbody",
    ],
)
def test_broken_mails_can_still_be_read(raw: bytes) -> None:
    assert isinstance(letter(raw).as_json()["subject"], str)
    assert isinstance(subject_of(Mail(1, "", (), raw, 0)), str)


def test_only_web_addresses_are_links() -> None:
    html = "<a href=\"javascript:alert(1)\">x</a><a href='mailto:a@example.com'>m</a><img src=http://p.example/i.png>"
    assert find_links("", html) == ("http://p.example/i.png",)


def test_each_link_counts_once() -> None:
    assert find_links("http://a.example/x (http://a.example/x)", '<a href="http://a.example/x">http://a.example/x</a>') == (
        "http://a.example/x",
    )


def test_a_calendar_is_readable() -> None:
    assert read_calendar(CALENDAR) == [
        ("METHOD", "PUBLISH"),
        ("UID", "1@example.com"),
        ("SUMMARY", "Intro, part 1"),
        ("DTSTART", "2026-03-01 12:00 (Europe/Moscow)"),
        ("DTEND", "2026-03-01 10:00 UTC"),
        ("DESCRIPTION", "one\ntwo long"),
    ]
