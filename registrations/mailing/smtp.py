"""Django's SMTP backend with a mark between RCPT and DATA, and a name for everything a server can answer (RFC 5321)."""

from __future__ import annotations

import re
import smtplib
import socket
from collections.abc import Callable
from typing import Any, Literal

from django.core.mail import EmailMessage
from django.core.mail.backends.smtp import EmailBackend

from registrations.mailing.addresses import bare_address
from registrations.mailing.errors import MailDeferred, MailError, MailRefused, MailUnavailable, MailUncertain
from registrations.mailing.fixed_mail import FixedMail
from registrations.mailing.scrubbing import scrub

Verb = Literal["mail", "rcpt", "data", "dot"]
Reply = tuple[int, bytes]

DEFAULT_TIMEOUT = 30
# Saying goodbye to a server that has stopped listening must not hold up the next step.
_QUIT_TIMEOUT = 5
# Log-in is required, too weak, or no longer valid (RFC 4954 §6): about us, whatever the verb.
_LOG_IN_CODES = frozenset({530, 534, 535, 538})
# A bare CR or LF could end the text early for one of two servers that read it differently.
_LINE_END = re.compile(rb"\r\n|\r|\n")


def verdict(verb: Verb, code: int, words: bytes, *, recipient: str = "") -> MailError:
    """Return the error for a refusing answer to `verb` ("dot": the end of the text).

    - 421: the server is closing down: MailUnavailable. So is a demand to log in.
    - Other 4xx: MailDeferred. So is 552 to RCPT (RFC 5321 §4.5.3.1.10: read it as 452).
    - 5xx to MAIL is about our sender address, so that the next mail would fare no better: MailUnavailable; but 552
      there is about the size of this mail (RFC 1870 §6.1): MailRefused.
    - Other 5xx: MailRefused.
    - Anything else is not SMTP: MailUncertain after the text, MailDeferred before.
    """
    name, detail = f"{verb}_{code}", scrub(f"{code} ".encode() + words, recipient=recipient)
    if code == 421 or code in _LOG_IN_CODES:
        return MailUnavailable(name, detail)
    if 400 <= code < 500 or (code == 552 and verb == "rcpt"):
        return MailDeferred(name, detail)
    if 500 <= code < 600:
        about_sender = verb == "mail" and code != 552
        return MailUnavailable(name, detail) if about_sender else MailRefused(name, detail)
    return MailUncertain("dot_unreadable") if verb == "dot" else MailDeferred(f"{verb}_unreadable")


class MarkingBackend(EmailBackend):
    """Django's SMTP backend that can say when the ambiguous instant begins.

    `send_messages` works as in Django; `deliver` is for mails that must not be lost or doubled. One thread at a time.
    """

    connection: smtplib.SMTP | None
    timeout: int
    _partial_connection: smtplib.SMTP | None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.timeout = self.timeout or DEFAULT_TIMEOUT

    def deliver(self, message: EmailMessage, *, on_data: Callable[[], None]) -> str:
        """Hand `message` to the server and return the server's words, scrubbed; opens the connection if need be.

        `on_data` is called once, after the server took the recipient and before the DATA command; what it raises is
        passed on, and nothing is sent. A kept connection that turns out to be gone at MAIL is opened anew once.
        Raises MailUnavailable, MailDeferred, MailRefused, MailUncertain; ValueError unless there is exactly one
        recipient.
        """
        (recipient,) = message.recipients()
        recipient = bare_address(recipient)
        payload = _payload(message)
        self._begin(bare_address(message.from_email), payload)
        self._ask("rcpt", lambda server: server.rcpt(recipient), recipient=recipient)
        try:
            on_data()
        except BaseException:
            self._reset()
            raise
        # Until the server answers 354 no word of the text is on its way, so that a loss here is no doubt.
        self._ask("data", lambda server: server.docmd("DATA"), accepted=range(354, 355))
        return self._hand_over(payload, recipient)

    def open_or_fail(self) -> bool:
        """Open the connection, greeting and log-in included; return whether it was closed. Raises MailUnavailable."""
        try:
            is_new = bool(self.open())
            if self.connection is not None:
                _send_at_once(self.connection)
                self.connection.ehlo_or_helo_if_needed()
        except (OSError, ValueError) as error:
            self.drop()
            raise MailUnavailable(*_connection_failure(error)) from None
        return is_new

    def close(self) -> None:
        """Say QUIT and close; a server that no longer answers is left after a few seconds."""
        if self.connection is not None and self.connection.sock is not None:
            self.connection.sock.settimeout(min(self.timeout, _QUIT_TIMEOUT))
        try:
            super().close()
        except OSError:
            self.drop()

    def drop(self) -> None:
        """Close the connection without a word."""
        for connection in (self.connection, self._partial_connection):
            if connection is not None:
                connection.close()
        self.connection = self._partial_connection = None

    def _begin(self, sender: str, payload: bytes) -> None:
        is_new = self.open_or_fail()
        try:
            self._mail(sender, payload)
        except (MailDeferred, MailUnavailable) as error:
            # Servers close an idle connection, with or without a 421; that says nothing about this mail.
            if is_new or error.code not in {"mail_lost", "mail_421"}:
                raise
            self.open_or_fail()
            self._mail(sender, payload)

    def _mail(self, sender: str, payload: bytes) -> None:
        def command(server: smtplib.SMTP) -> Reply:
            options = [f"size={len(payload)}"] if server.has_extn("size") else []
            if server.has_extn("8bitmime") and not payload.isascii():
                options.append("body=8bitmime")
            return server.mail(sender, options)

        self._ask("mail", command)

    def _ask(
        self,
        verb: Verb,
        command: Callable[[smtplib.SMTP], Reply],
        *,
        accepted: range = range(200, 300),
        recipient: str = "",
    ) -> bytes:
        """Say one verb, return the server's words; leave a connection behind that is fit for the next mail, or none."""
        lost = MailUncertain if verb == "dot" else MailDeferred
        try:
            code, words = command(self._server())
        except smtplib.SMTPResponseException:
            self.drop()
            raise lost(f"{verb}_unreadable") from None
        except OSError as error:
            self.drop()
            raise lost(f"{verb}_timeout" if _is_timeout(error) else f"{verb}_lost") from None
        if code in accepted:
            return words
        if code == 421 or not 400 <= code < 600:
            self.drop()
        else:
            self._reset()
        raise verdict(verb, code, words, recipient=recipient)

    def _hand_over(self, payload: bytes, recipient: str) -> str:
        # RFC 5321 §4.5.2: a dot that begins a line is doubled, so that only ours ends the text. No header begins with one.
        text = payload.replace(b"\n.", b"\n..")
        end = b".\r\n" if text.endswith(b"\r\n") else b"\r\n.\r\n"

        def command(server: smtplib.SMTP) -> Reply:
            server.send(text + end)
            return server.getreply()

        return scrub(self._ask("dot", command, recipient=recipient), recipient=recipient)

    def _reset(self) -> None:
        try:
            code, _ = self._server().rset()
        except OSError:
            code = 0
        if code != 250:
            self.drop()

    def _server(self) -> smtplib.SMTP:
        if self.connection is None:
            raise smtplib.SMTPServerDisconnected("not connected")
        return self.connection


def _send_at_once(connection: smtplib.SMTP) -> None:
    # Else the last piece of a text waits for the server to acknowledge those before it.
    if connection.sock is not None:
        connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _payload(message: EmailMessage) -> bytes:
    raw = message.as_bytes() if isinstance(message, FixedMail) else message.message().as_bytes()
    return _LINE_END.sub(b"\r\n", raw) if b"\r" in raw else raw.replace(b"\n", b"\r\n")


def _connection_failure(error: Exception) -> tuple[str, str]:
    match error:
        case smtplib.SMTPAuthenticationError():
            step = "auth"
        case smtplib.SMTPConnectError():
            step = "greeting"
        case smtplib.SMTPHeloError():
            step = "helo"
        case smtplib.SMTPNotSupportedError():
            return "not_supported", scrub(str(error))
        case _ if _is_timeout(error):
            return "connect_timeout", ""
        case _:
            return "connect_failed", scrub(str(error))
    words = error.smtp_error if isinstance(error.smtp_error, bytes) else str(error.smtp_error).encode()
    return f"{step}_{error.smtp_code}", scrub(words)


def _is_timeout(error: BaseException) -> bool:
    # smtplib turns a time-out into "disconnected" and keeps the cause as context only.
    return isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError)
