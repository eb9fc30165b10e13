"""Letters for tests, complete but for what a test says."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from registrations.mailing.letter import Letter, Meeting

LINK = "https://events.example.com/9331/join/7c3f0a51d0c94d5f"
PRIVATE_URL = "https://webinars.example.org/r/Qx7Qx7Qx7Qx7/"
NOTICE = "This link is yours alone; please do not forward it."


def a_meeting(**changes: Any) -> Meeting:
    values: dict[str, Any] = {
        "title": "Reading contracts",
        "starts_at": datetime(2026, 11, 26, 16, 0, tzinfo=UTC),
        "ends_at": datetime(2026, 11, 26, 17, 30, tzinfo=UTC),
        "zone": "Europe/Moscow",
        "link": LINK,
        "uid": "seat-1@webinars.example.org",
        "sequence": 0,
    }
    return Meeting(**{**values, **changes})


def a_letter(**changes: Any) -> Letter:
    values: dict[str, Any] = {
        "kind": "link",
        "language": "en",
        "recipient": "anna@example.net",
        "first_name": "Anna",
        "last_name": "Baker",
        "event_title": "Reading contracts",
        "meetings": (a_meeting(),),
        "person_zone": "",
        "private_url": PRIVATE_URL,
        "contact": "help@example.org",
        "from_address": "webinars@example.org",
        "from_name": "Law School",
        "reply_to": "help@example.org",
        "message_id": "<row-7.1@webinars.example.org>",
        "dated_at": datetime(2026, 11, 20, 9, 0, tzinfo=UTC),
        "text_version": 1,
        "intro": "",
        "accent": "#2f5bea",
        "facts": {},
    }
    return Letter(**{**values, **changes})
