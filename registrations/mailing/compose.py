"""Turns a letter into a mail that is the same, byte for byte, however often it is composed."""

from __future__ import annotations

import re
from datetime import UTC
from email import encoders
from email.mime.base import MIMEBase
from email.utils import format_datetime
from functools import lru_cache

from registrations.mailing import stencils
from registrations.mailing.addresses import bare_address, named_address, one_address
from registrations.mailing.calendars import Method
from registrations.mailing.content import content_of
from registrations.mailing.fixed_mail import FixedMail
from registrations.mailing.letter import Letter

CALENDAR_NAME = "webinar.ics"
_MESSAGE_ID = re.compile(r"<[^<>\s@]+@[^<>\s@]+>")


def compose(letter: Letter) -> FixedMail:
    """Return the mail for `letter`: plain text, HTML, and a calendar file where the kind has one.

    Raises ValueError if the recipient, sender or reply address is not exactly one address, if the Message-ID is
    malformed, and as `rendering.render` does.
    """
    if not _MESSAGE_ID.fullmatch(letter.message_id):
        raise ValueError("malformed Message-ID")
    content = stencils.fill(letter) or content_of(letter)
    mail = FixedMail(
        subject=content.words.subject,
        body=content.words.text,
        from_email=_sender(letter.from_name, letter.from_address),
        to=[one_address(letter.recipient)],
        reply_to=[_sender("", letter.reply_to)] if letter.reply_to else None,
        headers={
            "Date": format_datetime(letter.dated_at.astimezone(UTC)),
            "Message-ID": letter.message_id,
            # RFC 3834: no out-of-office notes in return; Exchange heeds only its own header.
            "Auto-Submitted": "auto-generated",
            "X-Auto-Response-Suppress": "All",
            "Content-Language": letter.language,
        },
    )
    mail.attach_alternative(content.words.html, "text/html")
    if content.method is not None:
        mail.attach(_calendar_part(content.calendar, content.method))
    return mail


@lru_cache(maxsize=64)
def _sender(name: str, address: str) -> str:
    return named_address(name, bare_address(address))


def _calendar_part(content: bytes, method: Method) -> MIMEBase:
    part = MIMEBase("text", "calendar", charset="utf-8", method=method)
    part.set_payload(content)
    encoders.encode_base64(part)
    part.add_header("Content-Disposition", "attachment", filename=CALENDAR_NAME)
    return part
