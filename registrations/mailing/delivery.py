"""Hands mails over, one connection for many, through whatever backend Django is set up with."""

from __future__ import annotations

import contextlib
import smtplib
from collections.abc import Callable
from typing import Self

import requests
from anymail.exceptions import (
    AnymailAPIError,
    AnymailConfigurationError,
    AnymailError,
    AnymailInvalidAddress,
    AnymailRecipientsRefused,
)
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend

from registrations.mailing.errors import MailDeferred, MailError, MailRefused, MailUnavailable, MailUncertain
from registrations.mailing.scrubbing import scrub
from registrations.mailing.smtp import MarkingBackend, verdict

__all__ = ["Connection", "MailDeferred", "MailError", "MailRefused", "MailUnavailable", "MailUncertain"]


class Connection:
    """A way to the mail server, kept open over many mails. One thread at a time.

    With `smtp.MarkingBackend` the connection itself is watched; with any other backend (a mail provider's API, a file)
    only the call as a whole can be.
    """

    def __init__(self, backend: BaseEmailBackend | None = None) -> None:
        self._backend = backend

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def open(self) -> None:
        """Connect and log in; nothing happens if that is done already. Raises MailUnavailable."""
        backend = self._opened()
        if isinstance(backend, MarkingBackend):
            backend.open_or_fail()

    def close(self) -> None:
        """Disconnect. A server that no longer answers raises nothing: the mails are settled."""
        if self._backend is not None:
            with contextlib.suppress(OSError):
                self._backend.close()

    def send(self, message: EmailMessage, *, on_data: Callable[[], None]) -> str:
        """Hand over one mail to its one recipient and return the server's words, scrubbed ("" if it says nothing).

        `on_data` is called once when the mail is about to leave: from here to the server's answer nobody could tell
        whether it is out. What `on_data` raises is passed on, and nothing is sent.
        Raises MailUnavailable, MailDeferred, MailRefused, MailUncertain; ValueError unless there is exactly one
        recipient.
        """
        (recipient,) = message.recipients()
        backend = self._opened()
        if isinstance(backend, MarkingBackend):
            return backend.deliver(message, on_data=on_data)
        on_data()
        try:
            count = backend.send_messages([message])
        except (OSError, AnymailError) as error:
            raise _named(error, recipient) from None
        if count == 0:
            raise MailDeferred("not_sent")
        return _words(message, recipient)

    def _opened(self) -> BaseEmailBackend:
        try:
            backend = self._backend = self._backend or get_connection(fail_silently=False)
            # That one opens itself when it delivers, and must see for itself whether its connection is new.
            if not isinstance(backend, MarkingBackend):
                backend.open()
        except (OSError, AnymailError, ImproperlyConfigured) as error:
            raise MailUnavailable("connect_failed", scrub(str(error))) from None
        return backend


def _named(error: OSError | AnymailError, recipient: str) -> MailError:
    """Return the error of another backend by what to do next; in doubt, MailUncertain."""
    match error:
        case AnymailRecipientsRefused():
            return MailRefused("recipient_refused")
        case AnymailInvalidAddress():
            return MailRefused("invalid_address")
        case AnymailAPIError():
            return _named_by_status(error, recipient)
        case AnymailConfigurationError() | AnymailError():
            return MailUnavailable("backend_refused", scrub(" ".join(map(str, error.args)), recipient=recipient))
        case smtplib.SMTPRecipientsRefused():
            code, words = next(iter(error.recipients.values()))
            return verdict("rcpt", code, words, recipient=recipient)
        case smtplib.SMTPSenderRefused():
            return verdict("mail", error.smtp_code, _as_bytes(error.smtp_error))
        case smtplib.SMTPDataError():
            return verdict("dot", error.smtp_code, _as_bytes(error.smtp_error), recipient=recipient)
        case _:
            return MailUncertain("call_lost", type(error).__name__)


def _named_by_status(error: AnymailAPIError, recipient: str) -> MailError:
    """Return the error of a mail provider's HTTP API."""
    status = error.status_code
    if status is None:
        if isinstance(error.__cause__, requests.ConnectTimeout):
            return MailUnavailable("connect_timeout")
        return MailUncertain("call_lost", type(error.__cause__).__name__)
    answer = error.response.text if error.response is not None else ""
    name, detail = f"http_{status}", scrub(answer, recipient=recipient)
    if status in {401, 402, 403, 429}:
        return MailUnavailable(name, detail)
    return MailRefused(name, detail) if 400 <= status < 500 else MailUncertain(name, detail)


def _words(message: EmailMessage, recipient: str) -> str:
    status = getattr(message, "anymail_status", None)
    if status is None:
        return ""
    return scrub(f"{', '.join(sorted(status.status or []))} {status.message_id or ''}".strip(), recipient=recipient)


def _as_bytes(words: bytes | str) -> bytes:
    return words if isinstance(words, bytes) else words.encode()
