"""Turns a letter into a mail that is the same, byte for byte, however often it is composed."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC
from email import encoders
from email.mime.base import MIMEBase
from email.utils import format_datetime
from typing import Any

from django.core.mail import EmailMultiAlternatives
from django.utils import translation

from registrations.mailing.addresses import bare_address, named_address, one_address
from registrations.mailing.calendars import Method, calendar_file
from registrations.mailing.kinds import KINDS
from registrations.mailing.letter import Letter
from registrations.mailing.rendering import render
from registrations.mailing.scrubbing import clean_display_name

CALENDAR_NAME = "webinar.ics"
_MESSAGE_ID = re.compile(r"<[^<>\s@]+@[^<>\s@]+>")


class FixedMail(EmailMultiAlternatives):
    """A mail whose MIME boundaries follow from its Message-ID instead of chance."""

    def message(self, **options: Any) -> Any:
        """Return the MIME message."""
        message = super().message(**options)
        digest = hashlib.sha256(self.extra_headers["Message-ID"].encode()).hexdigest()[:32]
        multiparts = (part for part in message.walk() if part.is_multipart())
        for number, part in enumerate(multiparts):
            part.set_boundary(f"=_{digest}_{number}")
        return message


def compose(letter: Letter) -> EmailMultiAlternatives:
    """Return the mail for `letter`: plain text, HTML, and a calendar file where the kind has one.

    Raises ValueError if the recipient, sender or reply address is not exactly one address, if the Message-ID is
    malformed, and as `rendering.render` does.
    """
    if not _MESSAGE_ID.fullmatch(letter.message_id):
        raise ValueError("malformed Message-ID")
    with translation.override(letter.language):
        words = render(letter)
        calendar = _calendar_part(letter)
    mail = FixedMail(
        subject=words.subject,
        body=words.text,
        from_email=named_address(letter.from_name, bare_address(letter.from_address)),
        to=[one_address(letter.recipient)],
        reply_to=[bare_address(letter.reply_to)] if letter.reply_to else None,
        headers={
            "Date": format_datetime(letter.dated_at.astimezone(UTC)),
            "Message-ID": letter.message_id,
            # RFC 3834: no out-of-office notes in return; Exchange heeds only its own header.
            "Auto-Submitted": "auto-generated",
            "X-Auto-Response-Suppress": "All",
            "Content-Language": letter.language,
        },
    )
    mail.attach_alternative(words.html, "text/html")
    if calendar is not None:
        mail.attach(calendar)
    return mail


def _calendar_part(letter: Letter) -> MIMEBase | None:
    method = _calendar_method(letter)
    if method is None:
        return None
    content = calendar_file(
        letter.meetings,
        method=method,
        organizer=bare_address(letter.from_address),
        organizer_name=clean_display_name(letter.from_name),
        attendee="" if method == "PUBLISH" else one_address(letter.recipient),
        stamp=letter.dated_at,
    )
    part = MIMEBase("text", "calendar", charset="utf-8", method=method)
    part.set_payload(content)
    encoders.encode_base64(part)
    part.add_header("Content-Disposition", "attachment", filename=CALENDAR_NAME)
    return part


def _calendar_method(letter: Letter) -> Method | None:
    kind = KINDS[letter.kind]
    if not kind.calendar_method or not letter.meetings:
        return None
    # A REQUEST is about one meeting (RFC 5546 §3.2.2: one UID); only PUBLISH may hold several.
    if kind.calendar_method == "REQUEST" and len(letter.meetings) > 1:
        return "PUBLISH"
    return kind.calendar_method
