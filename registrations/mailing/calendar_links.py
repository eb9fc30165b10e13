"""Links that open a calendar on the web with an entry filled in. What is in such a link, its operator reads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote, urlencode

from registrations.mailing.calendars import LENGTH_IF_UNKNOWN
from registrations.mailing.scrubbing import clean_line


@dataclass(frozen=True, slots=True)
class CalendarLink:
    """One calendar on the web: its name and the address that offers the entry there."""

    name: str
    url: str


def calendar_links(*, title: str, starts_at: datetime, ends_at: datetime | None, page: str) -> list[CalendarLink]:
    """Return the links for one meeting; `page` is the address where the person finds everything else about it.

    Yandex has no documented address of this kind; it reads the calendar file.
    """
    title, start, end = clean_line(title), starts_at.astimezone(UTC), (ends_at or starts_at + LENGTH_IF_UNKNOWN).astimezone(UTC)
    compact, iso = "%Y%m%dT%H%M%SZ", "%Y-%m-%dT%H:%M:%SZ"
    google = {
        "action": "TEMPLATE",
        "text": title,
        "dates": f"{start:{compact}}/{end:{compact}}",
        "details": page,
        "location": page,
    }
    outlook = {
        "path": "/calendar/action/compose",
        "rru": "addevent",
        "subject": title,
        "startdt": f"{start:{iso}}",
        "enddt": f"{end:{iso}}",
        "body": page,
        "location": page,
    }
    return [
        CalendarLink("Google", _address("https://calendar.google.com/calendar/render", google)),
        CalendarLink("Outlook.com", _address("https://outlook.live.com/calendar/0/deeplink/compose", outlook)),
        CalendarLink("Microsoft 365", _address("https://outlook.office.com/calendar/0/deeplink/compose", outlook)),
    ]


def _address(base: str, values: dict[str, str]) -> str:
    # Outlook shows a plus sign where forms mean a space.
    return f"{base}?{urlencode(values, quote_via=quote)}"
