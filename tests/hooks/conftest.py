"""A hook of a campaign, and what a form builder posts to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from django.http import HttpResponse
from django.test import Client

from registrations.models import Campaign, FormHook
from tests import factories

# As Tilda names the fields of its ready-made form, with what it adds of its own.
ANNA = {
    "Name": "Анна Петрова",
    "Email": "anna@example.org",
    "Phone": "+7 (900) 123-45-67",
    "tranid": "1234567:890123",
    "formid": "form43210",
    "utm_source": "newsletter",
}

Post = Callable[..., HttpResponse]


@pytest.fixture
def campaign(db: None) -> Campaign:
    """An open campaign that asks for a phone number and a consent."""
    made = factories.make_campaign(language="ru")
    factories.make_question(made, key="tel", label="Телефон для связи", type="phone")
    factories.make_question(made, key="consent", label="I agree", type="checkbox", required=True)
    return made


def make_hook(campaign: Campaign, **values: Any) -> tuple[FormHook, str]:
    """A hook and the path that its address ends with."""
    hook = FormHook(**{"campaign": campaign, "name": "Front page", "basis": "A box on the front page", **values})
    secret = hook.set_new_secret()
    hook.save()
    return hook, f"/hooks/forms/{secret}/"


@pytest.fixture
def post(client: Client, campaign: Campaign) -> Post:
    """Post Anna's form to a new hook, but for what is said; `without` names fields that are left out."""
    _hook, path = make_hook(campaign)

    def send(body: dict[str, str] | bytes | None = None, *, without: str = "", **fields: str) -> HttpResponse:
        typed = {name: text for name, text in {**ANNA, **fields}.items() if name not in without.split()}
        content = body if isinstance(body, bytes) else urlencode(typed if body is None else body)
        return client.post(path, content, content_type="application/x-www-form-urlencoded")

    return send
