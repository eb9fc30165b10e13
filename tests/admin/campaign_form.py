"""What the form of a campaign sends, and what comes back."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

from django.test import Client
from django.urls import reverse

from registrations.models import Campaign, Event

ADD = "admin:registrations_campaign_add"


def values(event: Event, *questions: dict[str, str], **more: str) -> dict[str, str]:
    """What the form sends for a campaign of an event."""
    sent = {
        "event": str(event.pk),
        "session": "",
        "title": "Вебинар о вебинарах",
        "slug": "",
        "language": "ru",
        "published": "on",
        "listed": "on",
        "bulk": "queue",
        "accent": "#2f5bea",
        "questions-TOTAL_FORMS": str(len(questions)),
        "questions-INITIAL_FORMS": str(sum("id" in question for question in questions)),
        "questions-MIN_NUM_FORMS": "0",
        "questions-MAX_NUM_FORMS": "1000",
        "consent_boxes-TOTAL_FORMS": "0",
        "consent_boxes-INITIAL_FORMS": "0",
    }
    for number, question in enumerate(questions):
        for name, value in ({"type": "text", "position": str(number)} | question).items():
            sent[f"questions-{number}-{name}"] = value
    return sent | more


def change(campaign: Campaign) -> str:
    return reverse("admin:registrations_campaign_change", args=[campaign.pk])


def text_of(answer: Any) -> str:
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", unescape(answer.content.decode()))


def save(client: Client, sent: dict[str, str], url: str = "") -> str:
    return text_of(client.post(url or reverse(ADD), sent, follow=True))
