"""Reading a calendar file for people: the lines of its events, unfolded and unescaped (RFC 5545)."""

from __future__ import annotations

import re

_SHOWN = (
    "METHOD",
    "SUMMARY",
    "DTSTART",
    "DTEND",
    "DURATION",
    "RRULE",
    "LOCATION",
    "URL",
    "STATUS",
    "SEQUENCE",
    "UID",
    "ORGANIZER",
    "ATTENDEE",
    "DESCRIPTION",
    "TRIGGER",
)
_ESCAPES = {"n": "\n", "N": "\n", ",": ",", ";": ";", "\\": "\\"}


def read_calendar(text: str) -> list[tuple[str, str]]:
    """Name and value of the lines that matter, in order; parameters such as the time zone follow the value in brackets."""
    lines: list[tuple[str, str]] = []
    inside = ""
    for line in re.sub(r"\r?\n[ \t]", "", text).splitlines():
        head, colon, value = line.partition(":")
        name, _, parameters = head.partition(";")
        name = name.upper()
        if name == "BEGIN":
            inside = value.strip().upper()
        if not colon or name not in _SHOWN or inside in ("VTIMEZONE", "STANDARD", "DAYLIGHT"):
            continue
        zone = re.search(r"TZID=\"?([^;\":]+)", parameters)
        readable = re.sub(r"\\(.)", lambda match: _ESCAPES.get(match.group(1), match.group(1)), value)
        lines.append((name, _moment(readable) + (f" ({zone.group(1)})" if zone else "")))
    return lines


def _moment(value: str) -> str:
    match = re.fullmatch(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)\d\d(Z?))?", value)
    if match is None:
        return value
    year, month, day, hour, minute, utc = match.groups()
    clock = f" {hour}:{minute}" if hour else ""
    return f"{year}-{month}-{day}{clock}{' UTC' if utc else ''}"
