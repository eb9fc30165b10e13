"""Taking personal data and secrets out of texts that other systems wrote, so that they may be stored and shown."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable

MAX_DETAIL = 300
_MAX_RAW = 4000
_SHORTEST_WORD = 2

# Bounded repeats: a hostile body must not cost quadratic time.
_ADDRESS = re.compile(r"[^\s<>\"'(),;:=/]{1,100}(?:@|%40)[^\s<>\"'(),;:=/]{1,100}", re.IGNORECASE)
_LINK = re.compile(
    r"(?:[a-z][a-z0-9+.-]{1,20}(?:://|%3a%2f%2f)|www\.)\S+"  # with a scheme
    r"|(?<!\S)//\S+"  # without one
    r"|(?:[\w-]{1,63}\.){1,8}[^\W\d_][\w-]{1,62}(?::\d{1,5})?/\S*",  # a bare host with a path
    re.IGNORECASE,
)
_TOKEN = re.compile(r"[0-9a-f]{32,}", re.IGNORECASE)
_PHONE = re.compile(r"\+\d[\d\-() ]{6,20}\d|\b\d{10,15}\b")
_QUOTED = re.compile(r"\"[^\"]{1,200}\"|(?<!\w)'[^']{1,200}'(?!\w)|«[^»]{1,200}»|“[^”]{1,200}”")


def scrub(text: str, *, private: Iterable[str] = (), limit: int = MAX_DETAIL) -> str:
    """Another system's words without addresses, links, tokens, telephone numbers, quoted values, or any of `private`.

    `private` holds values known to be personal or secret in this call (a name, an answer, a key); each is removed whole
    and word by word, in any case. Control and invisible characters become spaces. The result has at most `limit`
    characters.
    """
    clean = visible(html.unescape(text[:_MAX_RAW]))
    if len(text) > _MAX_RAW:
        clean = clean.rpartition(" ")[0]  # the cut may have left half a secret at the end
    for pattern, stand_in in (
        (_LINK, "[link]"),
        (_ADDRESS, "[address]"),
        (_TOKEN, "[token]"),
        (_PHONE, "[number]"),
        (_QUOTED, "[value]"),
    ):
        clean = pattern.sub(stand_in, clean)
    hidden = _private_pattern(private)
    if hidden is not None:
        clean = hidden.sub("[…]", clean)
    return clean if len(clean) <= limit else clean[: limit - 1].rstrip() + "…"


def visible(text: str) -> str:
    """Text in one line, in compatibility form, without control, format or unassigned characters."""
    normal = unicodedata.normalize("NFKC", text)
    # Format characters (zero-width ones) vanish: as spaces they would cut an address in two and hide it.
    kept = [char for char in normal if unicodedata.category(char) != "Cf"]
    return " ".join("".join(" " if unicodedata.category(char).startswith("C") else char for char in kept).split())


def _private_pattern(private: Iterable[str]) -> re.Pattern[str] | None:
    words: set[str] = set()
    for value in map(visible, private):
        words.update(word for word in (value, *value.split()) if len(word) >= _SHORTEST_WORD)
    if not words:
        return None
    longest_first = sorted(words, key=len, reverse=True)
    return re.compile(r"(?<!\w)(?:" + "|".join(map(re.escape, longest_first)) + r")(?!\w)", re.IGNORECASE)
