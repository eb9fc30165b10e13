from __future__ import annotations

import smtplib
from email.message import EmailMessage

import pytest
import requests

from tests.sandbox.process import SandboxProcess

EVIL = "<script>alert(1)</script>"


def send(
    sandbox: SandboxProcess,
    to: str = "a@example.com",
    subject: str = "Hello",
    *,
    html: str = "",
    files: bool = False,
) -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = f'"{EVIL}" <web@example.com>', to, subject
    message.set_content(f"Text {EVIL} https://rooms.example/x")
    if html:
        message.add_alternative(html, subtype="html")
    if files:
        calendar = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:Intro <b>\r\nDTSTART:20260301T090000Z\r\nEND:VEVENT\r\n"
        message.add_attachment(calendar, subtype="calendar", filename="invite.ics")
        message.add_attachment(b"<html>", maintype="text", subtype="html", filename=f'"{EVIL}.html')
    with smtplib.SMTP(sandbox.smtp_host, sandbox.smtp_port, local_hostname="client", timeout=5) as client:
        client.send_message(message)


def get(sandbox: SandboxProcess, path: str, **params: str) -> requests.Response:
    return requests.get(sandbox.url + path, params=params, timeout=10)


@pytest.fixture
def newest(sandbox: SandboxProcess) -> str:
    """The address of the mail sent last."""
    send(sandbox, subject=f"Old {EVIL}")
    send(
        sandbox,
        subject=f"New {EVIL}",
        html=f'<html><head></head><body><a href="http://r.example/">r</a>{EVIL}</body></html>',
        files=True,
    )
    page = get(sandbox, "/mailbox/").text
    return page[page.index("/mailbox/", page.index('class="rows links"')) :].split('"')[0]


def test_the_list_shows_the_newest_first_and_escapes(sandbox: SandboxProcess, newest: str) -> None:
    page = get(sandbox, "/mailbox/").text
    assert page.index("New &lt;script&gt;") < page.index("Old &lt;script&gt;")
    assert EVIL not in page
    assert "stand-in" in page


def test_the_list_can_be_narrowed_to_an_address(sandbox: SandboxProcess) -> None:
    send(sandbox, "a@example.com", "For a")
    send(sandbox, "b@example.com", "For b")
    page = get(sandbox, "/mailbox/", to="A@example.com").text
    assert "For a" in page
    assert "For b" not in page
    assert "Nothing came" in get(sandbox, "/mailbox/", to=EVIL).text


def test_the_list_has_pages(sandbox: SandboxProcess) -> None:
    for number in range(52):
        send(sandbox, subject=f"Mail {number:03}")
    assert "?start=50" in get(sandbox, "/mailbox/").text
    second = get(sandbox, "/mailbox/", start="50").text
    assert "Mail 001" in second
    assert "Mail 002" not in second


def test_one_mail_shows_text_calendar_files_and_links(sandbox: SandboxProcess, newest: str) -> None:
    page = get(sandbox, newest).text
    assert EVIL not in page
    for part in (
        "Text &lt;script&gt;",
        "2026-03-01 09:00 UTC",
        "Intro &lt;b&gt;",
        "invite.ics",
        'href="https://rooms.example/x"',
        'sandbox="allow-popups',
    ):
        assert part in page
    assert get(sandbox, "/mailbox/999999/").status_code == 404


def test_the_html_body_can_run_nothing_and_load_nothing(sandbox: SandboxProcess, newest: str) -> None:
    answer = get(sandbox, f"{newest}html")
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox ")
    assert "allow-scripts" not in policy
    assert "default-src 'none'" in policy
    assert '<head><base target="_blank">' in answer.text


def test_files_are_downloads_and_never_pages(sandbox: SandboxProcess, newest: str) -> None:
    calendar, page = get(sandbox, f"{newest}files/0"), get(sandbox, f"{newest}files/1")
    assert calendar.headers["Content-Type"] == "text/calendar"
    assert calendar.text.startswith("BEGIN:VCALENDAR")
    assert page.headers["Content-Type"] == "application/octet-stream"
    assert page.headers["Content-Disposition"].startswith("attachment; ")
    assert get(sandbox, f"{newest}files/2").status_code == 404


def test_the_raw_message_can_be_downloaded(sandbox: SandboxProcess, newest: str) -> None:
    assert b"Subject: New" in get(sandbox, f"{newest}raw").content


def test_the_api_lists_oldest_first_and_clears(sandbox: SandboxProcess) -> None:
    for address, subject in (("a@example.com", "one"), ("b@example.com", "two"), ("a@example.com", "three")):
        send(sandbox, address, subject)
    assert [mail["subject"] for mail in sandbox.messages()] == ["one", "two", "three"]
    assert [mail["subject"] for mail in sandbox.messages("a@example.com")] == ["one", "three"]
    assert [mail["subject"] for mail in get(sandbox, "/mailbox/api/messages", limit="1").json()] == ["three"]
    assert get(sandbox, "/mailbox/api/messages", to="").json() == []
    answer = requests.delete(f"{sandbox.url}/mailbox/api/messages", params={"to": "a@example.com"}, timeout=10)
    assert answer.json() == {"cleared": 2}
    assert [mail["subject"] for mail in sandbox.messages()] == ["two"]
    assert sandbox.request("DELETE", "/mailbox/api/messages") == {"cleared": 1}
    assert sandbox.request("GET", "/mailbox/api/count") == {"received": 0, "kept": 0}
