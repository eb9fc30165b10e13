"""The `{{name}}` places in a marketer's text: values are plain strings, put in once."""

from __future__ import annotations

import re
from collections.abc import Mapping

PLACEHOLDERS = ("first_name", "last_name", "event", "date")
_PLACE = re.compile(r"\{\{([^{}]*)\}\}(\.(?!\.))?")


def substitute(text: str, values: Mapping[str, str]) -> str:
    """Return `text` with every `{{name}}` replaced by its value, in one pass: values are never looked at again.

    Spaces inside the braces do not matter. A name that has no value is left out. After a value that ends with a full
    stop («26 ноября 2026 г.») one that follows is left out.
    """

    def value(place: re.Match[str]) -> str:
        inserted, stop = values.get(place[1].strip(), ""), place[2] or ""
        return inserted if inserted.endswith(".") else inserted + stop

    return _PLACE.sub(value, text)


def placeholders_in(text: str) -> list[str]:
    """Return the names in braces, each once, in the order of the text."""
    return list(dict.fromkeys(place[1].strip() for place in _PLACE.finditer(text)))


def unknown_placeholders(text: str) -> list[str]:
    """Return the names in braces that no mail fills, each once, in the order of the text."""
    return [name for name in placeholders_in(text) if name not in PLACEHOLDERS]
