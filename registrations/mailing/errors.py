"""What can go wrong when a mail is handed over, named by what the caller does next."""

from __future__ import annotations


class MailError(Exception):
    """Base of all failures to hand a mail over.

    `code` is a short stable identifier for screens and statistics: the step and the server's number (`rcpt_550`), or
    the step and what happened (`data_timeout`, `mail_lost`).
    `detail` is the server's own words, scrubbed of addresses and links: it may be stored and shown to staff.
    """

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail


class MailUnavailable(MailError):
    """The server takes nothing from us now (unreachable, log-in or sender refused, closing): the whole sender waits."""


class MailDeferred(MailError):
    """This mail was certainly not taken, for a reason that may pass: try it again later."""


class MailRefused(MailError):
    """The server will not take this mail: a person must look."""


class MailUncertain(MailError):
    """The mail may be out: the connection ended after the text was handed over and before the server's verdict."""
