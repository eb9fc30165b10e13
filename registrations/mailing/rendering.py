"""The words of a mail: subject, plain text and HTML, in the language that is active."""

from __future__ import annotations

import re
import textwrap
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import css_inline
from django.template.loader import get_template

from registrations.mailing.colours import text_on, valid_accent
from registrations.mailing.kinds import KINDS, TEXT_FOLDERS
from registrations.mailing.letter import Letter, Meeting, Page
from registrations.mailing.placeholders import placeholders_in, substitute
from registrations.mailing.scrubbing import clean_line, clean_person_name, clean_subject, clean_text, shorten
from registrations.mailing.times import date_label, meeting_time, time_for_person

_TEXT_WIDTH = 76
# Leaves room in a subject of 200 characters for the words around it and a date.
_TITLE_IN_SUBJECT = 140
_BLANK_LINES = re.compile(r"\n{3,}")
_inliner = css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)


@dataclass(frozen=True)
class Words:
    """What a mail says: a header-safe subject, the plain text, and the HTML document with its styles inlined."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True)
class _Row:
    """One meeting as a template shows it; `title` is empty where it would only repeat the event's."""

    title: str
    when: str
    when_yours: str
    link: str = field(repr=False)


@dataclass(frozen=True)
class _Listed:
    """One of several registrations as a template shows it; `shared_link` is what all its meetings are entered by, if so."""

    title: str
    private_url: str = field(repr=False)
    cancelled: bool
    meetings: list[_Row]
    shared_link: str = field(repr=False)
    held_for: str


def render(letter: Letter) -> Words:
    """Return the words of `letter` in the active language. Raises ValueError as `draft`."""
    words = draft(letter)
    return Words(words.subject, tidy(words.text), words.html)


def draft(letter: Letter) -> Words:
    """Return the words of `letter` as `render`, but the text as its template leaves it: see `tidy`.

    Raises ValueError if the kind or text version is unknown, the kind needs a link and there is none, or a link is not
    an http(s) address.
    """
    if letter.kind not in KINDS or letter.text_version not in TEXT_FOLDERS:
        raise ValueError(f"no words for kind {letter.kind!r}, text version {letter.text_version!r}")
    if KINDS[letter.kind].needs_link and not any(meeting.link for meeting in letter.meetings):
        raise ValueError(f"a mail of kind {letter.kind!r} needs a link")
    listed = [url for page in letter.pages for url in (page.private_url, *(meeting.link for meeting in page.meetings))]
    links = [meeting.link for meeting in letter.meetings]
    for url in (letter.private_url, letter.facts.get("admin_url", ""), *links, *listed):
        check_url(url)
    subject = _subject(letter)
    context = {**_context(letter), "subject": subject}
    path = f"{TEXT_FOLDERS[letter.text_version]}/{KINDS[letter.kind].template}"
    text = get_template(f"{path}.txt").render(context)
    html = get_template(f"{path}.html").render(context)
    return Words(subject, text, _inliner.inline(html))


def _subject(letter: Letter) -> str:
    parts = [shorten(clean_line(letter.event_title), _TITLE_IN_SUBJECT), _first_date(letter)]
    facts = {name: clean_line(value) for name, value in letter.facts.items()}
    values = defaultdict(str, {**facts, "what": ", ".join(filter(None, parts))})
    return clean_subject(str(KINDS[letter.kind].subject) % values)


def _context(letter: Letter) -> dict[str, object]:
    rows = [_row(meeting, letter.event_title, letter.person_zone) for meeting in letter.meetings]
    accent = valid_accent(letter.accent)
    first_name, last_name = clean_person_name(letter.first_name), clean_person_name(letter.last_name)
    event = clean_line(letter.event_title)
    values = {"first_name": first_name, "last_name": last_name, "event": event, "date": _first_date(letter)}
    return {
        "language": letter.language,
        "event": event,
        "first_name": first_name,
        "name": f"{first_name} {last_name}".strip(),
        # Who writes "Dear {{first_name}}" needs no greeting of ours before it.
        "greets": not {"first_name", "last_name"}.intersection(placeholders_in(letter.intro)),
        "intro": substitute(clean_text(letter.intro), values).strip(),
        "meetings": rows,
        "shared_link": _shared_link(rows),
        "has_links": any(row.link for row in rows),
        "lacks_links": not all(row.link for row in rows),
        "private_url": letter.private_url,
        "pages": [_listed(page, letter.person_zone) for page in letter.pages],
        "contact": clean_line(letter.contact),
        "sender": clean_line(letter.from_name),
        "facts": {name: clean_line(value) for name, value in letter.facts.items()},
        "accent": accent,
        "on_accent": text_on(accent),
    }


def _row(meeting: Meeting, event_title: str, person_zone: str) -> _Row:
    title = clean_line(meeting.title)
    return _Row(
        title="" if title == clean_line(event_title) else title,
        when=meeting_time(meeting, meeting.zone),
        when_yours=time_for_person(meeting, meeting.zone, person_zone),
        link=meeting.link,
    )


def _listed(page: Page, person_zone: str) -> _Listed:
    rows = [_row(meeting, page.title, person_zone) for meeting in page.meetings]
    return _Listed(clean_line(page.title), page.private_url, page.cancelled, rows, _shared_link(rows), page.held_for)


def _shared_link(rows: Iterable[_Row]) -> str:
    links = {row.link for row in rows}
    return links.pop() if len(links) == 1 else ""


def _first_date(letter: Letter) -> str:
    if not letter.meetings:
        return ""
    first = min(letter.meetings, key=lambda meeting: meeting.starts_at)
    return date_label(first.starts_at, first.zone)


def check_url(url: str) -> None:
    """Raise ValueError unless `url` is an http(s) address or empty."""
    if url and (urlsplit(url).scheme not in {"http", "https"} or not url.isprintable() or " " in url):
        raise ValueError("a link in the mail is not an http(s) address")


def tidy(text: str) -> str:
    """Return a plain text with its lines wrapped, and at most one blank line between two others."""
    return join_lines(wrap(line.strip()) for line in text.splitlines())


def join_lines(lines: Iterable[str]) -> str:
    """Return lines as one text, without blank lines at the ends and with at most one between two others."""
    return _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip() + "\n"


def wrap(line: str) -> str:
    """Return a line of text as one or more; a link that is cut in two leads nowhere, so that one with a link stays whole."""
    if len(line) <= _TEXT_WIDTH or "://" in line:
        return line
    return textwrap.fill(line, _TEXT_WIDTH, break_long_words=False, break_on_hyphens=False)
