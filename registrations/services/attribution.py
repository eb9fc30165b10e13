"""Where somebody came from, as far as the browser and the page that the form stood on tell.

Anyone can write anything here, so it is kept for the staff to read and nothing ever follows from it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

MAX_KEYS = 20
MAX_VALUE = 300
MAX_ADDRESS = 500

ADDRESSES = ("page", "landing_page", "referrer")
"""The page with the form, the first page of the site that was seen, and the page before that: without their queries."""

CAMPAIGN_PARAMETERS = ("utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term")
CLICK_IDS = (
    "gclid", "gbraid", "wbraid", "dclid", "yclid", "ysclid", "fbclid", "msclkid", "ttclid", "twclid", "li_fat_id",
    "rb_clickid", "_openstat",
)  # fmt: skip
_FURTHER = re.compile(r"utm_[a-z0-9_]{1,30}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Attribution:
    """By which door a form came, from which page, and what led there: names of parameters and their values."""

    door: str
    page: str = ""
    source: Mapping[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, str]:
        """What is stored: plain texts by name, without those that are empty."""
        return {name: text for name, text in {"door": self.door, "page": self.page, **self.source}.items() if text}


def attribution(*, door: str, told: Mapping[str, str]) -> Attribution:
    """Make an attribution of whatever a form told; what nobody asked for is left out."""
    known = known_parts(told)
    return Attribution(door, known.pop("page", ""), known)


def known_parts(told: Mapping[str, str]) -> dict[str, str]:
    """Of any parameters those that tell where somebody came from: scrubbed, short, and not many."""
    further = (name for name in told if name not in CAMPAIGN_PARAMETERS and _FURTHER.fullmatch(name))
    known: dict[str, str] = {}
    for name in (*ADDRESSES, *CAMPAIGN_PARAMETERS, *CLICK_IDS, *further):
        if name in told and len(known) < MAX_KEYS:
            text = bare_address(told[name]) if name in ADDRESSES else scrubbed(told[name])
            if text:
                known[name] = text
    return known


def bare_address(address: str) -> str:
    """The address of a page without query, fragment and password; "" for what is no address of a page."""
    try:
        parts = urlsplit(scrubbed(address, limit=4 * MAX_ADDRESS))
        host, port = parts.hostname, parts.port
    except ValueError:
        return ""
    if parts.scheme not in {"http", "https"} or not host:
        return ""
    place = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{place}{f':{port}' if port else ''}{parts.path}"[:MAX_ADDRESS]


def scrubbed(text: str, *, limit: int = MAX_VALUE) -> str:
    """One short line without characters that control or hide something, nor the marks of bytes that could not be read."""
    shown = "".join(" " if character in "\t\r\n" else character for character in text[: 4 * limit] if _is_text(character))
    return " ".join(shown.split())[:limit]


def _is_text(character: str) -> bool:
    return character in "\t\r\n" or (character != "\ufffd" and unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Co"))
