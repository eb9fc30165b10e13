"""What an attendee does: open a campaign's page and post its form."""

from __future__ import annotations

import re

from django.http import HttpResponse
from django.test import Client

from registrations.models import Campaign

ANNA = {"first_name": "Anna", "last_name": "Petrova", "email": "anna@example.org"}


def address(campaign: Campaign) -> str:
    return f"/c/{campaign.slug}/"


def text(response: HttpResponse) -> str:
    return response.content.decode()


def form_token(client: Client, campaign: Campaign) -> str:
    [token] = re.findall(r'name="form_token" value="([^"]+)"', text(client.get(address(campaign))))
    return token


def post(client: Client, campaign: Campaign, headers: dict[str, str] | None = None, **fields: str) -> HttpResponse:
    """Post Anna's form with a fresh token, but for what `fields` say."""
    typed = {**ANNA, "form_token": form_token(client, campaign), **fields}
    return client.post(address(campaign), typed, headers=headers)
