from __future__ import annotations

import smtplib
from collections.abc import Iterator
from email import message_from_bytes, policy
from types import SimpleNamespace

import pytest
import requests
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message
from anymail.exceptions import (
    AnymailConfigurationError,
    AnymailInvalidAddress,
    AnymailRecipientsRefused,
    AnymailRequestsAPIError,
    AnymailUnsupportedFeature,
)
from django.core import mail
from django.core.mail.backends.base import BaseEmailBackend

from registrations.mailing.compose import compose
from registrations.mailing.delivery import (
    Connection,
    MailDeferred,
    MailError,
    MailRefused,
    MailUnavailable,
    MailUncertain,
)
from registrations.mailing.smtp import MarkingBackend
from tests.mailing.letters import LINK, a_letter
from tests.mailing.scripted_server import HANG, scripted


class Mailbox(Message):
    """Keeps what a real SMTP server took, byte for byte."""

    def __init__(self) -> None:
        super().__init__()
        self.raw: list[bytes] = []
        self.recipients: list[list[str]] = []

    def prepare_message(self, session, envelope):
        self.raw.append(envelope.original_content)
        self.recipients.append(envelope.rcpt_tos)
        return super().prepare_message(session, envelope)

    def handle_message(self, message) -> None: ...


class FreePort(Controller):
    """Takes any free port; the base class then looks for itself at port 0."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


class Provider(BaseEmailBackend):
    """Answers as a mail provider's API does."""

    def send_messages(self, messages) -> int:
        for message in messages:
            message.anymail_status = SimpleNamespace(status={"queued"}, message_id="1t9ZL-000eIu for anna@example.net")
        return len(messages)


class Broken(BaseEmailBackend):
    """A backend that fails in a given way, at opening or at sending."""

    def __init__(self, *, at_send: Exception | None = None, at_open: Exception | None = None, count: int = 1) -> None:
        super().__init__()
        self.at_send, self.at_open, self.count = at_send, at_open, count

    def open(self) -> None:
        if self.at_open:
            raise self.at_open

    def send_messages(self, messages) -> int:
        if self.at_send:
            raise self.at_send
        return self.count


@pytest.fixture
def mailbox() -> Iterator[tuple[Mailbox, int]]:
    handler = Mailbox()
    controller = FreePort(handler, hostname="127.0.0.1", port=0)
    controller.start()
    yield handler, controller.port
    controller.stop()


def api_error(status: int | None, text: str = "", cause: Exception | None = None) -> AnymailRequestsAPIError:
    if status is None:
        error = AnymailRequestsAPIError("posting failed")
        error.__cause__ = cause
        return error
    response = requests.Response()
    response.status_code, response._content = status, text.encode()
    return AnymailRequestsAPIError(response=response)


def test_a_real_server_gets_the_composed_bytes_for_one_recipient(mailbox, settings):
    handler, port = mailbox
    settings.EMAIL_BACKEND = "registrations.mailing.smtp.MarkingBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    letter = a_letter(language="en", first_name="Анна", from_name="Школа «Право»")
    with Connection() as connection:
        words = [connection.send(compose(letter), on_data=lambda: None) for _ in range(2)]
    assert words == ["OK", "OK"]
    assert handler.recipients == [["anna@example.net"]] * 2
    assert handler.raw[0] == handler.raw[1] == compose(letter).message().as_bytes().replace(b"\n", b"\r\n")
    text = message_from_bytes(handler.raw[0], policy=policy.default).get_body(("plain",)).get_content()
    assert "Hello Анна," in text
    assert LINK in text


def test_one_connection_is_kept_for_many_mails():
    with scripted() as server:
        with Connection(MarkingBackend(host="127.0.0.1", port=server.port, timeout=2)) as connection:
            for _ in range(5):
                connection.send(compose(a_letter()), on_data=lambda: None)
        assert server.connections == 1
        assert server.heard[-1] == "quit"


def test_an_unreachable_server_is_known_when_the_connection_is_opened():
    with scripted(greeting=HANG) as server, pytest.raises(MailUnavailable, match="connect_timeout"):
        Connection(MarkingBackend(host="127.0.0.1", port=server.port, timeout=0.2)).open()


def test_another_backend_is_marked_just_before_the_call(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    mail.outbox = []
    counts: list[int] = []
    Connection().send(compose(a_letter()), on_data=lambda: counts.append(len(mail.outbox)))
    assert counts == [0]
    assert len(mail.outbox) == 1


def test_a_mail_providers_words_come_back_scrubbed():
    words = Connection(Provider()).send(compose(a_letter()), on_data=lambda: None)
    assert words == "queued 1t9ZL-000eIu for [address]"


def test_a_mark_that_fails_keeps_another_backend_from_sending(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    mail.outbox = []
    with pytest.raises(ZeroDivisionError):
        Connection().send(compose(a_letter()), on_data=lambda: 1 / 0)
    assert mail.outbox == []


@pytest.mark.parametrize(
    ("failure", "error", "code"),
    [
        (smtplib.SMTPRecipientsRefused({"anna@example.net": (550, b"anna unknown")}), MailRefused, "rcpt_550"),
        (smtplib.SMTPRecipientsRefused({"anna@example.net": (451, b"later")}), MailDeferred, "rcpt_451"),
        (smtplib.SMTPSenderRefused(550, b"not you", "webinars@example.org"), MailUnavailable, "mail_550"),
        (smtplib.SMTPDataError(554, b"spam"), MailRefused, "dot_554"),
        (smtplib.SMTPServerDisconnected("gone"), MailUncertain, "call_lost"),
        (ConnectionResetError(), MailUncertain, "call_lost"),
        (TimeoutError(), MailUncertain, "call_lost"),
        (AnymailRecipientsRefused(), MailRefused, "recipient_refused"),
        (AnymailInvalidAddress("anna@example.net"), MailRefused, "invalid_address"),
        (AnymailUnsupportedFeature("calendar files"), MailUnavailable, "backend_refused"),
        (api_error(400, "anna@example.net is blocked"), MailRefused, "http_400"),
        (api_error(401), MailUnavailable, "http_401"),
        (api_error(429), MailUnavailable, "http_429"),
        (api_error(502), MailUncertain, "http_502"),
        (api_error(200, "not json"), MailUncertain, "http_200"),
        (api_error(None, cause=requests.ConnectTimeout()), MailUnavailable, "connect_timeout"),
        (api_error(None, cause=requests.ReadTimeout()), MailUncertain, "call_lost"),
    ],
)
def test_each_failure_of_another_backend_is_named_by_what_to_do_next(failure: Exception, error: type[MailError], code: str):
    marks: list[str] = []
    with pytest.raises(MailError) as raised:
        Connection(Broken(at_send=failure)).send(compose(a_letter()), on_data=lambda: marks.append("mark"))
    assert type(raised.value) is error
    assert raised.value.code == code
    assert "anna" not in str(raised.value)
    assert marks == ["mark"]


@pytest.mark.parametrize("failure", [OSError("no route"), AnymailConfigurationError("no key")])
def test_another_backend_that_cannot_be_opened_is_unavailable_and_unmarked(failure: Exception):
    marks: list[str] = []
    with pytest.raises(MailUnavailable, match="connect_failed"):
        Connection(Broken(at_open=failure)).send(compose(a_letter()), on_data=lambda: marks.append("mark"))
    assert marks == []


def test_a_backend_that_is_not_set_up_is_unavailable(settings):
    settings.EMAIL_BACKEND = "anymail.backends.unisender_go.EmailBackend"
    settings.ANYMAIL = {}
    with pytest.raises(MailUnavailable):
        Connection().open()


def test_a_backend_that_says_it_sent_nothing_is_believed():
    with pytest.raises(MailDeferred, match="not_sent"):
        Connection(Broken(count=0)).send(compose(a_letter()), on_data=lambda: None)


def test_a_mail_to_two_people_is_refused_before_anything_happens():
    message = compose(a_letter())
    message.bcc = ["eve@example.net"]
    with pytest.raises(ValueError, match="unpack"):
        Connection(Broken()).send(message, on_data=lambda: None)
