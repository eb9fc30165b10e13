"""What the mails of one campaign have in common is written once, with gaps for what is a person's own.

A stencil is made by the code that writes a single mail, from a letter that says nothing of anybody: marks stand where the
personal values belong. Only then are the gaps filled, for each mail anew. So nothing of one person is ever kept, and no
mail can hold what is another's.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple

from registrations.mailing.addresses import one_address
from registrations.mailing.calendars import Method
from registrations.mailing.content import Content, draft_of
from registrations.mailing.letter import Letter, Meeting
from registrations.mailing.rendering import Words, check_url, join_lines, wrap
from registrations.mailing.scrubbing import clean_person_name

KEPT = 64
"""So many stencils a process keeps, whoever its mails go to; one takes some 30 kB."""

_SALT = secrets.token_hex(8)
_MARK = re.compile(rf"(?:https://)?{_SALT}g(\d+)x(?:@mark\.invalid)?")
_NO_TIME = datetime(2000, 1, 1, tzinfo=UTC)
_STAMP = "DTSTAMP:"
_LONGEST_LINE = 74
# What needs no escaping, but for & in HTML. A name before a full stop of the marketer's is a matter of its last letter.
_EASY_NAME = re.compile(r"[^<>\"\xa0]*[^<>\"\xa0.]|")
_EASY_VALUE = re.compile(r"[\w.~:/?#@!$&'()*+=%-]*", re.ASCII)

Pieces = list[str]
"""Fixed text and the numbers of gaps, in turn."""


class _MeetingShape(NamedTuple):
    title: str
    starts_at: datetime
    ends_at: datetime | None
    zone: str
    link: int | None
    sequence: int


class _Shape(NamedTuple):
    """All of a letter that is not a person's own, and which personal values there are. A meeting's `link` is the number of
    its gap."""

    kind: str
    language: str
    has_names: tuple[bool, bool]
    event_title: str
    meetings: tuple[_MeetingShape, ...]
    person_zone: str
    has_private_url: bool
    contact: str
    from_address: str
    from_name: str
    reply_to: str
    text_version: int
    intro: str
    accent: str
    facts: tuple[tuple[str, str], ...]
    organizer: str


@dataclass(frozen=True)
class _Stencil:
    """The forms of a mail, in pieces: the text in blocks of lines without gaps and single lines with gaps, likewise the
    calendar file."""

    subject: str
    text: list[str | Pieces]
    html: Pieces
    calendar: list[bytes | Pieces]
    method: Method | None


def fill(letter: Letter) -> Content | None:
    """Write out a letter as `content.content_of` does, for a fraction of the work; None for the rare letter whose personal
    values do not simply go into a gap. Raises ValueError as `content_of`."""
    if letter.pages or letter.withdrawn:
        return None
    names = [clean_person_name(letter.first_name), clean_person_name(letter.last_name)]
    links = list(dict.fromkeys(meeting.link for meeting in letter.meetings if meeting.link))
    values = [letter.private_url, one_address(letter.recipient), *(meeting.uid for meeting in letter.meetings), *links]
    if not all(map(_EASY_NAME.fullmatch, names)) or not all(map(_EASY_VALUE.fullmatch, values)):
        return None
    for url in (letter.private_url, *links):
        check_url(url)
    stencil = _stencil(_shape_of(letter, names, links))
    gaps = [*names, *values]
    return Content(
        Words(stencil.subject, _fill_text(stencil.text, gaps), _fill_html(stencil.html, gaps)),
        _fill_calendar(stencil.calendar, gaps, letter.dated_at),
        stencil.method,
    )


def _shape_of(letter: Letter, names: Sequence[str], links: Sequence[str]) -> _Shape:
    first_link = 4 + len(letter.meetings)
    return _Shape(
        letter.kind,
        letter.language,
        (bool(names[0]), bool(names[1])),
        letter.event_title,
        tuple(
            _MeetingShape(
                meeting.title,
                meeting.starts_at,
                meeting.ends_at,
                meeting.zone,
                first_link + links.index(meeting.link) if meeting.link else None,
                meeting.sequence,
            )
            for meeting in letter.meetings
        ),
        letter.person_zone,
        bool(letter.private_url),
        letter.contact,
        letter.from_address,
        letter.from_name,
        letter.reply_to,
        letter.text_version,
        letter.intro,
        letter.accent,
        tuple(sorted(letter.facts.items())),
        letter.organizer,
    )


def _letter_of_nobody(shape: _Shape) -> Letter:
    """A letter of that shape, with a mark for each personal value."""
    has_first_name, has_last_name = shape.has_names
    return Letter(
        kind=shape.kind,
        language=shape.language,
        recipient=f"{_mark(3)}@mark.invalid",
        first_name=_mark(0) if has_first_name else "",
        last_name=_mark(1) if has_last_name else "",
        event_title=shape.event_title,
        meetings=tuple(
            Meeting(
                title=meeting.title,
                starts_at=meeting.starts_at,
                ends_at=meeting.ends_at,
                zone=meeting.zone,
                link="" if meeting.link is None else f"https://{_mark(meeting.link)}",
                uid=_mark(4 + number),
                sequence=meeting.sequence,
            )
            for number, meeting in enumerate(shape.meetings)
        ),
        person_zone=shape.person_zone,
        private_url=f"https://{_mark(2)}" if shape.has_private_url else "",
        contact=shape.contact,
        from_address=shape.from_address,
        from_name=shape.from_name,
        reply_to=shape.reply_to,
        message_id="",
        dated_at=_NO_TIME,
        text_version=shape.text_version,
        intro=shape.intro,
        accent=shape.accent,
        facts=dict(shape.facts),
        organizer=shape.organizer,
    )


def _mark(number: int) -> str:
    return f"{_SALT}g{number}x"


@lru_cache(maxsize=KEPT)
def _stencil(shape: _Shape) -> _Stencil:
    draft = draft_of(_letter_of_nobody(shape))
    words = draft.words
    return _Stencil(words.subject, _cut_text(words.text), _cut(words.html), _cut_calendar(draft.calendar), draft.method)


def _cut(text: str) -> Pieces:
    return _MARK.split(text)


def _cut_text(draft: str) -> list[str | Pieces]:
    lines = [line.strip() for line in draft.splitlines()]
    whole = join_lines(line if _MARK.search(line) else wrap(line) for line in lines)
    blocks: list[str | Pieces] = []
    for line in whole.splitlines(keepends=True):
        if _MARK.search(line):
            blocks.append(_cut(line.removesuffix("\n")))
        elif blocks and isinstance(blocks[-1], str):
            blocks[-1] += line
        else:
            blocks.append(line)
    return blocks


def _cut_calendar(content: bytes) -> list[bytes | Pieces]:
    """The content lines of a calendar file: those with gaps unfolded, as is the one that says when it was written."""
    blocks: list[bytes | Pieces] = []
    for folded in re.split(r"(?<=\r\n)(?! )", content.decode()):
        line = folded.replace("\r\n ", "").removesuffix("\r\n")
        if line.startswith(_STAMP):
            blocks.append([])
        elif _MARK.search(line):
            blocks.append(_cut(line))
        elif blocks and isinstance(blocks[-1], bytes):
            blocks[-1] += folded.encode()
        else:
            blocks.append(folded.encode())
    return blocks


def _filled(pieces: Pieces, gaps: Sequence[str]) -> str:
    return "".join(gaps[int(piece)] if number % 2 else piece for number, piece in enumerate(pieces))


def _fill_text(blocks: list[str | Pieces], gaps: Sequence[str]) -> str:
    return "".join(block if isinstance(block, str) else wrap(_filled(block, gaps).strip()) + "\n" for block in blocks)


def _fill_html(pieces: Pieces, gaps: Sequence[str]) -> str:
    return _filled(pieces, [gap.replace("&", "&amp;") for gap in gaps])


def _fill_calendar(blocks: list[bytes | Pieces], gaps: Sequence[str], dated_at: datetime) -> bytes:
    stamp = dated_at.astimezone(UTC).strftime(f"{_STAMP}%Y%m%dT%H%M%SZ")
    lines = (block if isinstance(block, bytes) else _fold(_filled(block, gaps) or stamp) for block in blocks)
    return b"".join(lines)


def _fold(line: str) -> bytes:
    """A content line as the calendar library folds it: by bytes, between letters, and not after a backslash."""
    rest, folded = line.encode(), []
    while len(rest) > _LONGEST_LINE:
        end = _LONGEST_LINE
        while rest[end] & 0xC0 == 0x80:
            end -= 1
        end -= rest[end - 1 : end] in (b"\\", b"^")
        folded.append(rest[:end])
        rest = rest[end:]
    return b"\r\n ".join([*folded, rest]) + b"\r\n"
