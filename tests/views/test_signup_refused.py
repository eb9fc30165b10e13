"""The sign-up page: how it refuses, and that nothing typed is lost."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import InterfaceError, OperationalError
from django.test import Client
from django.utils import timezone

from registrations.models import Campaign, Registration, Submission
from registrations.services import campaigns
from registrations.services.campaigns import Availability
from registrations.services.signup import NotOpen
from registrations.views import form_tokens
from tests.views.attendee import ANNA, address, form_token, post, text

Maker = Callable[..., Campaign]


CLOSED_CASES = [
    ({"opens_at": timedelta(days=1)}, 200, 409, "Registration opens on "),
    ({"closes_at": timedelta(days=-1)}, 200, 409, "Registration closed on "),
    ({"status": "cancelled"}, 410, 410, "This event will not take place."),
    ({"over": True}, 410, 410, "This event is over."),
]


@pytest.mark.parametrize(("case", "read_status", "post_status", "words"), CLOSED_CASES)
def test_a_campaign_that_is_not_open_says_why_and_whom_to_ask(
    client: Client, make_campaign: Maker, case: dict[str, Any], read_status: int, post_status: int, words: str
) -> None:
    fields = {name: timezone.now() + value if isinstance(value, timedelta) else value for name, value in case.items()}
    campaign = make_campaign(**fields)
    token = form_tokens.issue(campaign_id=campaign.pk)
    for response, status in (
        (client.get(address(campaign)), read_status),
        (client.post(address(campaign), {**ANNA, "form_token": token}), post_status),
    ):
        assert response.status_code == status
        assert words in text(response)
        assert "hello@north.example" in text(response)
        assert "<form" not in text(response)
    assert not Registration.objects.exists()


def test_a_campaign_that_closes_between_look_and_press_says_so(
    client: Client, campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**_: Any) -> str:
        raise NotOpen(Availability.CLOSED)

    monkeypatch.setattr("registrations.views.taking.pipeline.sign_up", refuse)
    response = post(client, campaign)
    assert response.status_code == 409
    assert "Registration is closed." in text(response)


def test_a_remembered_campaign_still_closes_on_time(client: Client, campaign: Campaign) -> None:
    form = {**ANNA, "form_token": form_tokens.issue(campaign_id=campaign.pk)}
    closes_at = timezone.now() + timedelta(seconds=0.5)
    Campaign.objects.update(closes_at=closes_at)
    assert client.post(address(campaign), form).status_code == 303  # from now on it is remembered as open
    time.sleep(max((closes_at - timezone.now()).total_seconds(), 0))
    assert client.post(address(campaign), {**form, "email": "late@example.org"}).status_code == 409
    assert Submission.objects.count() == 1


def test_a_marketers_change_counts_after_a_second_at_most(
    client: Client, campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = {**ANNA, "form_token": form_tokens.issue(campaign_id=campaign.pk)}
    assert client.post(address(campaign), form).status_code == 303
    Campaign.objects.update(closes_at=timezone.now())
    later = time.monotonic() + campaigns.RECENT_SECONDS
    monkeypatch.setattr(campaigns.time, "monotonic", lambda: later)
    assert client.post(address(campaign), {**form, "email": "late@example.org"}).status_code == 409


def test_a_campaign_that_opens_in_this_second_takes_forms(client: Client, campaign: Campaign) -> None:
    form = {**ANNA, "form_token": form_tokens.issue(campaign_id=campaign.pk)}
    Campaign.objects.update(opens_at=timezone.now() + timedelta(hours=1))
    assert client.post(address(campaign), form).status_code == 409
    Campaign.objects.update(opens_at=None)
    assert client.post(address(campaign), form).status_code == 303


def tokens(client: Client, campaign: Campaign, other: Campaign) -> dict[str, str | None]:
    good = form_token(client, campaign)
    return {
        "missing": None,
        "empty": "",
        "forged": good[:-1] + ("A" if good[-1] != "A" else "B"),
        "nonsense": "a:b:c",
        "another campaign's": form_token(client, other),
    }


@pytest.mark.parametrize("kind", ["missing", "empty", "forged", "nonsense", "another campaign's"])
def test_a_token_that_is_not_ours_costs_one_more_press_and_nothing_typed(
    client: Client, make_campaign: Maker, kind: str
) -> None:
    campaign, other = make_campaign(), make_campaign()
    token = tokens(client, campaign, other)[kind]
    response = client.post(address(campaign), {**ANNA, **({} if token is None else {"form_token": token})})
    page = text(response)
    assert response.status_code == 400
    assert "Please press the button once more" in page
    assert 'value="anna@example.org"' in page
    assert not Submission.objects.exists()
    [fresh] = re.findall(r'name="form_token" value="([^"]+)"', page)
    assert client.post(address(campaign), {**ANNA, "form_token": fresh}).status_code == 303


def test_an_old_token_is_replaced(client: Client, campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    token = form_token(client, campaign)
    monkeypatch.setattr(form_tokens, "MAX_AGE", timedelta(seconds=-1))
    assert client.post(address(campaign), {**ANNA, "form_token": token}).status_code == 400


@pytest.mark.parametrize("origin", ["https://evil.example", "http://testserver.evil.example", "http://[", "file://", "x"])
def test_a_named_foreign_origin_is_refused(client: Client, campaign: Campaign, origin: str) -> None:
    response = post(client, campaign, headers={"Origin": origin})
    assert response.status_code == 403
    assert "webinars@example.org" in text(response)
    assert not Submission.objects.exists()


@pytest.mark.parametrize("origin", [None, "null", "http://testserver", "http://TESTSERVER", "https://webinars.example.com"])
def test_our_own_and_unnamed_origins_are_accepted(
    client: Client, campaign: Campaign, settings: Any, origin: str | None
) -> None:
    settings.PUBLIC_URL = "https://webinars.example.com"
    assert post(client, campaign, headers={"Origin": origin} if origin else None).status_code == 303


@pytest.mark.parametrize("failure", [OperationalError("away"), InterfaceError("closed")])
def test_when_saving_fails_the_form_comes_back_as_typed(
    client: Client, campaign: Campaign, monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    token = form_token(client, campaign)

    def fail(**_: Any) -> str:
        raise failure

    with monkeypatch.context() as broken:
        broken.setattr("registrations.views.taking.pipeline.sign_up", fail)
        response = client.post(address(campaign), {**ANNA, "form_token": token})
    page = text(response)
    assert response.status_code == 503
    assert response["Retry-After"] == "60"
    assert "Your form was not saved" in page
    assert 'value="anna@example.org"' in page
    assert f'value="{token}"' in page
    assert client.post(address(campaign), {**ANNA, "form_token": token}).status_code == 303


def test_when_not_even_the_campaign_can_be_read_nothing_typed_is_lost(
    client: Client, make_campaign: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = make_campaign(questions=[{"key": "company", "type": "text", "label": "Company"}])
    token = form_token(client, campaign)

    def fail(**_: Any) -> None:
        raise OperationalError("away")

    with monkeypatch.context() as broken:
        for read in ("signup.public_campaign", "taking.public_campaign", "taking.recent_campaign"):
            broken.setattr(f"registrations.views.{read}", fail)
        assert client.get(address(campaign)).status_code == 503
        response = client.post(address(campaign), {**ANNA, "q_company": "A & B", "form_token": token})
    page = text(response)
    assert response.status_code == 503
    assert "Nothing you typed is lost" in page
    kept = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page))
    assert kept == {"q_company": "A &amp; B", "form_token": token, "time_zone": ""}
    assert 'value="anna@example.org"' in page
    again = client.post(address(campaign), {**ANNA, "q_company": "A & B", "form_token": token})
    assert again.status_code == 303
    assert Registration.objects.get().answers == {"company": "A & B"}
