"""Takes people's data and control characters out of text."""

from __future__ import annotations

import re
import unicodedata

_MAX_DETAIL = 300
_MAX_SUBJECT = 200
_MAX_DISPLAY_NAME = 75
_LINK = re.compile(r"\b[a-z][a-z0-9+.-]*://\S+|\bwww\.\S+", re.IGNORECASE)
_ADDRESS = re.compile(r"[^\s<>()\[\],;:\"']+@[^\s<>()\[\],;:\"']+")
_LINE_BREAKS = re.compile("\r\n|[\r\u2028\u2029]")
_SPACES = re.compile("[\t\v\f\x85]")
# Overrides and isolates of the writing direction: they let a name show something else than it holds.
_DIRECTION_MARKS = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# An encoded word hidden in plain ASCII text would be decoded by the reader's mail program (RFC 2047).
_ENCODED_WORD = re.compile(r"=(?=\?)")
_STRUCTURAL = str.maketrans(dict.fromkeys('@:,"<>;\\', " "))
# Mail programs turn anything that looks like a link into one; a word joiner after the dot or colon prevents it, unseen.
_LINK_LIKE = re.compile(r"(?<=\w)\.(?=\w)|:(?=//)")
_WORD_JOINER = "\u2060"


def clean_text(text: str) -> str:
    """Return `text` without control characters, direction marks and lone surrogates; every line break becomes `\\n`."""
    if text.isprintable():
        return text
    unified = _SPACES.sub(" ", _LINE_BREAKS.sub("\n", text))
    return "".join(sign for sign in unified if sign == "\n" or _is_printable(sign))


def clean_line(text: str) -> str:
    """Return `text` as one line: as `clean_text`, with every run of white space replaced by one space."""
    return " ".join(clean_text(text).split())


def shorten(text: str, limit: int) -> str:
    """Return `text`, cut to at most `limit` characters with an ellipsis at the end where something was cut."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def clean_subject(text: str) -> str:
    """Return `text` fit for a Subject header: one line of at most 200 characters."""
    return shorten(_ENCODED_WORD.sub("= ", clean_line(text)), _MAX_SUBJECT)


def clean_display_name(text: str) -> str:
    """Return `text` fit for the name beside an address: one line of at most 75 characters, without structural signs."""
    plain = " ".join(clean_line(text).translate(_STRUCTURAL).split())
    return shorten(_ENCODED_WORD.sub("= ", plain), _MAX_DISPLAY_NAME)


def clean_person_name(text: str) -> str:
    """Return a person's name for a mail's text: one line of at most 75 characters that no mail program makes a link of.

    Anyone can type anything as a name and anyone's address beside it; the mail must not carry their advertisement.
    """
    return _LINK_LIKE.sub(lambda found: found[0] + _WORD_JOINER, shorten(clean_line(text), _MAX_DISPLAY_NAME))


def scrub(text: str | bytes, *, recipient: str = "") -> str:
    """Return a server's words in one line of at most 300 characters, without links, addresses, the local part."""
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    words = _ADDRESS.sub("[address]", _LINK.sub("[link]", clean_line(words)))
    local_part = recipient.rpartition("@")[0]
    if local_part and local_part.casefold() in words.casefold():
        words = re.sub(rf"(?<!\w){re.escape(local_part)}(?!\w)", "[address]", words, flags=re.IGNORECASE)
    return shorten(words, _MAX_DETAIL)


def _is_printable(sign: str) -> bool:
    return unicodedata.category(sign) not in {"Cc", "Cs"} and sign not in _DIRECTION_MARKS
