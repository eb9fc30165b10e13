"""Mail scanners and crawlers open every address: reading any page changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.test import Client
from django.urls import reverse

from registrations.models import Campaign, ConsentText, Registration
from registrations.services import covers
from registrations.views.urls import urlpatterns
from tests.views.attendee import post
from tests.views.conftest import give_link

NAMES = sorted(str(pattern.name) for pattern in urlpatterns)


def everything() -> dict[str, list[Any]]:
    models = apps.get_app_config("registrations").get_models()
    return {model.__name__: list(model._default_manager.order_by("pk").values()) for model in models}


@pytest.fixture
def arguments(client: Client, make_campaign: Callable[..., Campaign]) -> dict[str, str]:
    """What addresses of a person who has signed up are made of."""
    campaign = make_campaign()
    progress = post(client, campaign)["Location"].split("/")[-2]
    registration = Registration.objects.get()
    give_link(registration)
    agreement = ConsentText.objects.create(purpose="processing", language="en", statement="I agree", document="All.")
    cover = covers.gradient("#2f5bea")
    covers.keep(cover)
    return {
        "slug": campaign.slug,
        "token": registration.token,
        "progress": progress,
        "code": "2f5bea",
        "accent": "2f5bea",
        "theme": "dark",
        "radius": "4",
        "size": "17",
        "ground": "ffffff",
        "language": "ru",
        "fingerprint": agreement.fingerprint,
        "name": next(iter(cover.files)),
    }


@pytest.mark.parametrize("name", NAMES)
def test_get_and_head_change_nothing(client: Client, arguments: dict[str, str], name: str) -> None:
    [pattern] = [pattern for pattern in urlpatterns if pattern.name == name]
    values = {key: arguments[key] for key in (*pattern.pattern.converters, *pattern.pattern.regex.groupindex)}
    if "progress" in name:
        values["token"] = arguments["progress"]
    address = reverse(f"public:{name}", kwargs=values)
    before = everything()
    answers = [getattr(client, verb)(address) for verb in ("get", "get", "head")]
    assert {answer.status_code for answer in answers} <= {200, 303, 405}
    assert everything() == before
    assert not any(answer.cookies for answer in answers)
