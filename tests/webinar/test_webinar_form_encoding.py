"""Nested forms as PHP reads them."""

from __future__ import annotations

from registrations.webinar.form_encoding import encode


def test_nested_values_are_written_in_brackets() -> None:
    form = {
        "sendEmail": False,
        "page": 2,
        "users": [{"email": "a@example.com", "isAccepted": True, "additionalFields": {"57d0": "Пермь"}}, {"email": "b"}],
        "participationIds": ("7", "8"),
        "nothing": None,
        "empty": [],
        "blank": "",
    }
    assert encode(form) == [
        ("sendEmail", "false"),
        ("page", "2"),
        ("users[0][email]", "a@example.com"),
        ("users[0][isAccepted]", "true"),
        ("users[0][additionalFields][57d0]", "Пермь"),
        ("users[1][email]", "b"),
        ("participationIds[0]", "7"),
        ("participationIds[1]", "8"),
        ("blank", ""),
    ]
