"""People, ids and links of a platform that does not exist, and what a recorded call said."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from registrations.webinar.provider import Person, Target

BASE = "https://userapi.mts-link.ru/v3"
TOKEN = "9f86d081884c7d659a2feaa0c55ad015"
OTHER = "6b86b273ff34fce19d6b804eff5a3f57"
LINK = f"https://events.webinar.ru/acme/51001/{TOKEN}"
OTHER_LINK = f"https://events.webinar.ru/acme/51001/{OTHER}"
CITY = "57d056ed0984166336b7879c2af3657f"
SESSION, SERIES = Target("51001", "62001"), Target("51001")
IVAN = Person("ivan@example.com", "Ivan", "Petrov", {CITY: "Perm"})
OLGA = Person("olga@example.com", "Olga", "Li", approved=False)
NINE = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


def form(call: Any) -> dict[str, str]:
    return dict(parse_qsl(call.request.body or "", keep_blank_values=True))


def query(call: Any) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(call.request.url).query))


def row(number: int, **more: Any) -> dict[str, Any]:
    base = {"id": number, "email": f"p{number}@example.com", "url": f"{number:032x}", "eventSessionId": 62001}
    return {**base, "eventId": 51001, "isAccepted": 1, **more}
