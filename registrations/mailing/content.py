"""What a letter says in each of its forms: plain text, HTML, and a calendar file where its kind has one."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils import translation

from registrations.mailing.addresses import bare_address, one_address
from registrations.mailing.calendars import Method, calendar_file
from registrations.mailing.kinds import KINDS
from registrations.mailing.letter import Letter
from registrations.mailing.rendering import Words, draft, tidy
from registrations.mailing.scrubbing import clean_display_name


@dataclass(frozen=True)
class Content:
    """A mail's words and its calendar file; `method` is None where there is none."""

    words: Words
    calendar: bytes
    method: Method | None


def content_of(letter: Letter) -> Content:
    """Write out a letter in its language. Raises ValueError as `addresses.one_address` and `rendering.render` do."""
    content = draft_of(letter)
    words = content.words
    return Content(Words(words.subject, tidy(words.text), words.html), content.calendar, content.method)


def draft_of(letter: Letter) -> Content:
    """The same as `content_of`, with its plain text as `rendering.draft` leaves it."""
    with translation.override(letter.language):
        words, method = draft(letter), _calendar_method(letter)
        return Content(words, b"" if method is None else _calendar(letter, method), method)


def _calendar(letter: Letter, method: Method) -> bytes:
    return calendar_file(
        letter.meetings,
        method=method,
        cancelled=KINDS[letter.kind].calendar_method == "CANCEL",
        organizer=bare_address(letter.organizer or letter.from_address),
        organizer_name=clean_display_name(letter.from_name),
        attendee="" if method == "PUBLISH" else one_address(letter.recipient),
        stamp=letter.dated_at,
        withdrawn=letter.withdrawn,
    )


def _calendar_method(letter: Letter) -> Method | None:
    kind = KINDS[letter.kind]
    if not kind.calendar_method or not letter.meetings:
        return None
    # REQUEST and CANCEL are about one meeting (RFC 5546 §3.2.2, §3.2.5: one UID); only PUBLISH may hold several.
    if len(letter.meetings) + len(letter.withdrawn) > 1:
        return "PUBLISH"
    return kind.calendar_method
