from __future__ import annotations

import smtplib
import socket
from collections.abc import Iterator
from email.message import EmailMessage

import pytest

from tests.sandbox.process import SandboxProcess


@pytest.fixture
def connection(sandbox: SandboxProcess) -> Iterator[smtplib.SMTP]:
    client = connect(sandbox)
    yield client
    client.close()


def connect(sandbox: SandboxProcess, timeout: float = 5) -> smtplib.SMTP:
    return smtplib.SMTP(sandbox.smtp_host, sandbox.smtp_port, local_hostname="client", timeout=timeout)


def mail(to: str = "a@example.com", subject: str = "Hello") -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "web@example.com", to, subject
    message.set_content("Text\n.\n..dots\n")
    return message


def test_a_mail_is_kept_as_it_was_sent(sandbox: SandboxProcess, connection: smtplib.SMTP) -> None:
    connection.send_message(mail())
    (found,) = sandbox.messages("A@example.com")
    assert (found["to"], found["subject"], found["text"]) == ("a@example.com", "Hello", "Text\n.\n..dots\n")
    assert sandbox.messages("b@example.com") == []


def test_many_mails_go_over_one_connection(sandbox: SandboxProcess, connection: smtplib.SMTP) -> None:
    for number in range(20):
        connection.send_message(mail(subject=str(number)))
    assert [found["subject"] for found in sandbox.messages("a@example.com")] == [str(number) for number in range(20)]
    assert sandbox.mails_received() == 20


def test_login_is_optional_and_size_is_offered(sandbox: SandboxProcess, connection: smtplib.SMTP) -> None:
    connection.ehlo()
    assert connection.has_extn("size")
    connection.login("anyone", "anything")
    connection.send_message(mail())
    assert len(sandbox.messages()) == 1


@pytest.mark.parametrize(
    ("verb", "error"),
    [
        ("helo", smtplib.SMTPHeloError),
        ("mail", smtplib.SMTPSenderRefused),
        ("rcpt", smtplib.SMTPRecipientsRefused),
        ("data", smtplib.SMTPDataError),
        ("dot", smtplib.SMTPDataError),
    ],
)
def test_a_command_is_refused_once(
    sandbox: SandboxProcess,
    connection: smtplib.SMTP,
    verb: str,
    error: type[Exception],
) -> None:
    sandbox.smtp_fault(verb, code=452, text="Later, please", count=2 if verb == "helo" else 1)
    with pytest.raises(error, match="Later, please"):
        connection.send_message(mail())
    assert sandbox.messages() == []
    with connect(sandbox) as second:
        second.send_message(mail())
    assert len(sandbox.messages()) == 1


def test_a_connection_is_refused_at_the_greeting(sandbox: SandboxProcess) -> None:
    sandbox.smtp_fault("connect", code=421, text="Full")
    with pytest.raises(smtplib.SMTPConnectError, match="Full"):
        connect(sandbox)
    connect(sandbox).close()


@pytest.mark.parametrize("verb", ["connect", "helo", "mail", "rcpt", "data", "dot"])
def test_the_connection_is_dropped_and_nothing_kept(sandbox: SandboxProcess, verb: str) -> None:
    sandbox.smtp_fault(verb, "drop")
    with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionError)), connect(sandbox) as client:
        client.send_message(mail())
    assert sandbox.messages() == []


def test_the_server_may_say_nothing(sandbox: SandboxProcess) -> None:
    sandbox.smtp_fault("dot", "hang", seconds=30)
    client = connect(sandbox, timeout=0.3)
    with pytest.raises((TimeoutError, socket.timeout, smtplib.SMTPServerDisconnected)):
        client.send_message(mail())
    client.close()
    assert sandbox.messages() == []


@pytest.mark.parametrize("kind", ["accept_drop", "accept_hang"])
def test_a_mail_may_be_kept_without_an_answer(sandbox: SandboxProcess, kind: str) -> None:
    sandbox.smtp_fault("dot", kind, seconds=0.1)
    client = connect(sandbox)
    with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionError)):
        client.send_message(mail())
    assert len(sandbox.messages("a@example.com")) == 1


def test_a_mail_may_be_accepted_and_the_connection_cut(sandbox: SandboxProcess) -> None:
    sandbox.smtp_fault("dot", "accept_close")
    client = connect(sandbox)
    client.send_message(mail())
    with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionError)):
        client.send_message(mail())
    assert len(sandbox.messages("a@example.com")) == 1


def test_a_slow_command_still_works(sandbox: SandboxProcess, connection: smtplib.SMTP) -> None:
    sandbox.smtp_fault("dot", "slow", seconds=0.05)
    connection.send_message(mail())
    assert len(sandbox.messages()) == 1


def test_one_recipient_can_be_refused(sandbox: SandboxProcess, connection: smtplib.SMTP) -> None:
    sandbox.smtp_fault("rcpt", match="Bad@example.com", code=550, count=None)
    refused = connection.send_message(mail(), to_addrs=["good@example.com", "bad@example.com"])
    assert list(refused) == ["bad@example.com"]
    assert [found["to"] for found in sandbox.messages()] == ["good@example.com"]


@pytest.mark.parametrize(
    "wanted",
    [
        {"verb": "quit"},
        {"verb": "mail", "kind": "accept_drop"},
        {"verb": "mail", "code": 250},
        {"verb": "mail", "count": 0},
        {"verb": "mail", "seconds": -1},
        {"verb": "mail", "x": 1},
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(sandbox: SandboxProcess, wanted: dict[str, object]) -> None:
    with pytest.raises(RuntimeError, match="400"):
        sandbox.request("POST", "/sandbox/api/smtp-faults", wanted)


def test_active_faults_are_listed_and_cleared(sandbox: SandboxProcess) -> None:
    sandbox.smtp_fault("mail", count=None)
    (active,) = sandbox.request("GET", "/sandbox/api/smtp-faults")
    assert (active["verb"], active["count"]) == ("mail", None)
    sandbox.clear_faults()
    assert sandbox.request("GET", "/sandbox/api/smtp-faults") == []
