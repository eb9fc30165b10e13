"""A campaign with questions, keys for it, and what a program sends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from registrations.models import ApiKey, Campaign
from tests import factories

ANNA = {
    "email": "anna@example.org",
    "first_name": "Anna",
    "last_name": "Petrova",
    "answers": {"role": "Engineer", "phone": "+7 900 123-45-67", "consent": "yes"},
    "time_zone": "Europe/Moscow",
}
WEBSITE = "https://www.north.example"

Send = Callable[..., HttpResponse]


@pytest.fixture
def campaign(db: None) -> Campaign:
    """An open campaign that asks for a role, a phone number and a consent."""
    made = factories.make_campaign()
    factories.make_question(made, key="role", label="Role", type="choice", choices="Engineer\nManager", required=True)
    factories.make_question(made, key="phone", label="Phone", type="phone")
    factories.make_question(made, key="consent", label="I agree", type="checkbox", required=True)
    return made


@pytest.fixture
def key(db: None) -> str:
    """A key for every campaign."""
    return str(ApiKey.objects.create_key(name="Website")[1])


def address(campaign: Campaign) -> str:
    return f"/api/v1/campaigns/{campaign.slug}/registrations"


@pytest.fixture
def send(client: Client, campaign: Campaign, key: str) -> Send:
    """Send Anna's form with the key, but for what is said."""

    def post(body: Any = None, *, to: str = "", headers: dict[str, str] | None = None, **fields: Any) -> HttpResponse:
        content = {**ANNA, **fields} if body is None else body
        told = {"Authorization": f"Api-Key {key}", **(headers or {})}
        shown = {name: value for name, value in told.items() if value}
        return client.post(to or address(campaign), content, content_type="application/json", headers=shown)

    return post


@pytest.fixture
def website(campaign: Campaign) -> str:
    """A website that the campaign lists."""
    Campaign.objects.filter(pk=campaign.pk).update(websites=f"{WEBSITE}\nhttps://other.example:8443")
    return WEBSITE
