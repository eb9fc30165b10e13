"""A mail that went out twice is explained by what was done to its worker in the instant, and by nothing else."""

from __future__ import annotations

import smtplib
from email.message import EmailMessage

import pytest

from tests.sandbox.process import SandboxProcess
from tests.soak.handovers import HandOver, HandOvers, Harm, without_reason
from tests.soak.proxy import LOOPBACK, Behaviour, Mode, ProxyHost

ID = "<one@example.com>"


def attempt(began: float, *, owner: str = "mails", answered: float | None = None, code: int = 250) -> HandOver:
    return HandOver(ID, owner, began, began + 0.1, began + 0.2 if answered is None else answered, code)


def test_one_try_needs_no_explanation() -> None:
    assert without_reason([attempt(10)], []) == []


def test_a_try_after_a_good_one_has_no_reason() -> None:
    again = attempt(20)
    assert without_reason([attempt(10), again], []) == [again]


@pytest.mark.parametrize("former", [attempt(10, answered=0.0, code=0), attempt(10, code=451)])
def test_no_answer_and_a_refusal_are_reasons(former: HandOver) -> None:
    assert without_reason([former, attempt(20)], []) == []


@pytest.mark.parametrize(
    ("harm", "explains"),
    [
        (Harm(10.5, 10.5, "mails"), True),
        (Harm(10.05, 14, "mails"), True),
        (Harm(9, 30), True),
        (Harm(10.5, 10.5, "seats"), False),
        (Harm(5, 9, "mails"), False),
        (Harm(15, 15, "mails"), False),
    ],
)
def test_harm_to_the_worker_in_the_instant_is_a_reason_for_another_try(harm: Harm, explains: bool) -> None:
    assert (without_reason([attempt(10), attempt(20)], [harm]) == []) is explains


def test_each_incident_explains_one_more_try_only() -> None:
    third = attempt(30)
    assert without_reason([attempt(10), attempt(20), third], [Harm(10.3, 10.3, "mails")]) == [third]


def test_whoever_stood_still_in_the_instant_comes_late_with_a_reason() -> None:
    late = HandOver(ID, "mails", 10, 15, 15.1, 250)
    assert without_reason([late, attempt(13, owner="drain")], [Harm(10.5, 14.9, "mails")]) == []


def test_the_wire_tells_every_text_and_its_answer() -> None:
    with SandboxProcess() as sandbox, ProxyHost() as host:
        proxy = host.add(sandbox.smtp_port)
        seen = HandOvers(lambda port: f"owner of {bool(port)}")
        proxy.watch(seen)
        with smtplib.SMTP(LOOPBACK, proxy.port) as client:
            for number in range(2):
                client.send_message(letter(f"<{number}@example.com>"))
            sandbox.smtp_fault("dot", "refuse", code=451)
            with pytest.raises(smtplib.SMTPDataError):
                client.send_message(letter("<refused@example.com>"))
        with smtplib.SMTP(LOOPBACK, proxy.port) as client:
            client.ehlo()
            sandbox.smtp_fault("dot", "accept_drop")
            with pytest.raises(smtplib.SMTPServerDisconnected):
                client.send_message(letter("<unanswered@example.com>"))
        told = [(item.message_id, item.code, item.is_refused) for item in seen.seen]
        assert told == [
            ("<0@example.com>", 250, False),
            ("<1@example.com>", 250, False),
            ("<refused@example.com>", 451, True),
            ("<unanswered@example.com>", 0, False),
        ]
        assert {item.owner for item in seen.seen} == {"owner of True"}
        assert all(item.began <= item.ended for item in seen.seen)


def test_an_answer_that_the_wire_swallowed_is_none() -> None:
    with SandboxProcess() as sandbox, ProxyHost() as host:
        proxy = host.add(sandbox.smtp_port)
        seen = HandOvers(lambda _port: "mails")
        proxy.watch(seen)
        client = smtplib.SMTP(LOOPBACK, proxy.port, timeout=0.3)
        client.ehlo()
        client.mail("a@example.com")
        client.rcpt("b@example.com")
        client.docmd("DATA")
        proxy.behave(Behaviour(Mode.SWALLOW))
        client.send(b"Message-ID:\r\n <folded@example.com>\r\n\r\nHello\r\n.\r\n")
        with pytest.raises(smtplib.SMTPServerDisconnected):
            client.getreply()
        client.close()
        assert [(item.message_id, item.answered) for item in seen.seen] == [("<folded@example.com>", 0.0)]


def letter(message_id: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Message-ID"] = "a@example.com", "b@example.com", message_id
    mail.set_content("Hello\n\nData\n")
    return mail
