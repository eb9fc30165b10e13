"""A form on somebody's own page: who may send it, where its sender ends, and the same rules at every door."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.conf import LazySettings
from django.db import OperationalError
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from registrations.models import Campaign, Registration, Submission
from registrations.services import signup
from registrations.services.signup import Entry
from registrations.views import form_tokens
from tests.views.attendee import ANNA, text
from tests.views.conftest import hand_over

Maker = Callable[..., Campaign]

SITE = "https://www.north.example"
OURS = "http://testserver"
EVIL = "https://evil.example"


@pytest.fixture
def campaign(make_campaign: Maker) -> Campaign:
    return make_campaign(websites=SITE)


def send(client: Client, campaign: Campaign, origin: str | None = SITE, **fields: str) -> HttpResponse:
    """Post Anna's form from a page of that origin; None: the browser does not say."""
    headers = {"Origin": origin} if origin is not None else {}
    return client.post(f"/c/{campaign.slug}/form/", {**ANNA, **fields}, headers=headers)


# The matrix: door × token × origin

DOORS = ("", "embed/", "form/")
TOKENS = ("good", "none", "old", "another form's")
ORIGINS = {"ours": OURS, "listed": SITE, "foreign": EVIL, "null": "null", "missing": None}


def token_of(kind: str, campaign: Campaign, other: Campaign, monkeypatch: pytest.MonkeyPatch) -> str:
    if kind == "old":
        with monkeypatch.context() as patch:
            patch.setattr("django.core.signing.time.time", lambda: 1_000_000_000.0)
            return form_tokens.issue(campaign_id=campaign.pk)
    if kind == "none":
        return ""
    return form_tokens.issue(campaign_id=campaign.pk if kind == "good" else other.pk)


def expected(door: str, token: str, origin: str) -> int:
    """What S11 wants: a named foreign origin is refused, a page of ours needs its token, a form of theirs a listed origin."""
    if origin == "foreign" or (origin == "listed" and door != "form/"):
        return 403
    if door == "form/":
        return 403 if origin in ("null", "missing") else 303
    return 303 if token == "good" else 400


@pytest.mark.parametrize("origin", ORIGINS)
@pytest.mark.parametrize("token", TOKENS)
@pytest.mark.parametrize("door", DOORS)
def test_each_door_takes_what_it_should_and_nothing_else(
    client: Client,
    campaign: Campaign,
    make_campaign: Maker,
    monkeypatch: pytest.MonkeyPatch,
    door: str,
    token: str,
    origin: str,
) -> None:
    fields = {**ANNA, "form_token": token_of(token, campaign, make_campaign(websites=EVIL), monkeypatch)}
    named = ORIGINS[origin]
    headers = {"Origin": named} if named else {}
    response = client.post(f"/c/{campaign.slug}/{door}", fields, headers=headers)
    wanted = expected(door, token, origin)
    assert response.status_code == wanted
    assert Submission.objects.count() == (wanted == 303)


@pytest.mark.parametrize("origin", ["null", None])
def test_a_page_that_hides_its_origin_needs_the_form_key(
    client: Client, campaign: Campaign, make_campaign: Maker, origin: str | None
) -> None:
    for wrong in ("", "x", "ключ", make_campaign().form_key):
        assert send(client, campaign, origin, form_key=wrong).status_code == 403
    assert not Submission.objects.exists()
    assert send(client, campaign, origin, form_key=campaign.form_key).status_code == 303


def test_the_form_key_opens_nothing_to_a_foreign_site(client: Client, campaign: Campaign) -> None:
    assert send(client, campaign, EVIL, form_key=campaign.form_key).status_code == 403


@pytest.mark.parametrize(
    "origin", ["https://www.north.example.evil.example", "http://www.north.example", "https://[", "https://north.example"]
)
def test_what_only_looks_like_a_listed_website_is_foreign(client: Client, campaign: Campaign, origin: str) -> None:
    assert send(client, campaign, origin).status_code == 403


def test_a_campaign_without_websites_takes_no_form_from_a_named_one(client: Client, make_campaign: Maker) -> None:
    assert send(client, make_campaign()).status_code == 403


def test_every_campaign_has_a_form_key_of_its_own(make_campaign: Maker) -> None:
    first, second = make_campaign(), make_campaign()
    assert first.form_key
    assert first.form_key != second.form_key


def test_only_a_post_is_a_form(client: Client, campaign: Campaign) -> None:
    assert client.get(f"/c/{campaign.slug}/form/").status_code == 405


# Once


def test_pressing_twice_is_one_form(client: Client, campaign: Campaign) -> None:
    first, second = send(client, campaign), send(client, campaign)
    assert first["Location"] == second["Location"]
    assert Submission.objects.count() == 1
    send(client, campaign, first_name="Anya")
    send(client, campaign, email="boris@example.org")
    assert Submission.objects.count() == 3


def test_who_types_what_somebody_else_has_just_sent_follows_a_form_of_their_own(client: Client, campaign: Campaign) -> None:
    first = send(client, campaign)
    hand_over(Submission.objects.get())
    for other in (Client(REMOTE_ADDR="192.0.2.7"), Client(headers={"User-Agent": "another"})):
        copied = send(other, campaign)
        assert copied["Location"] != first["Location"]
        assert "Preparing your mail" in text(client.get(copied["Location"]))


def at(settings: LazySettings, seconds: float) -> None:
    settings.CLOCK_OFFSET_SECONDS = seconds


def test_the_same_content_is_a_repeat_for_ten_minutes_wherever_they_begin(campaign: Campaign, settings: LazySettings) -> None:
    entry = Entry(email="anna@example.org", first_name="Anna")
    for minute, forms in [(0, 1), (4, 1), (9.9, 1), (25, 2), (34, 2), (36, 3)]:
        at(settings, minute * 60)
        signup.record(campaign_id=campaign.pk, form_token="", entry=entry)
        assert (minute, Submission.objects.count()) == (minute, forms)


# Where it ends


def test_without_a_page_to_return_to_our_own_tells_what_happens_next(client: Client, campaign: Campaign) -> None:
    response = send(client, campaign)
    assert response.status_code == 303
    assert "Check your inbox" in text(client.get(response["Location"]))


@pytest.mark.parametrize(
    ("wanted", "led"),
    [
        (f"{SITE}/thanks/", f"{SITE}/thanks/?regsite=sent"),
        (f"{SITE}/thanks/?a=1&regsite=no#part", f"{SITE}/thanks/?a=1&regsite=sent#part"),
        (SITE, f"{SITE}?regsite=sent"),
    ],
)
def test_whoever_sent_the_form_is_led_back_to_a_page_of_the_website(
    client: Client, campaign: Campaign, wanted: str, led: str
) -> None:
    response = send(client, campaign, return_to=wanted)
    assert (response.status_code, response["Location"]) == (303, led)


@pytest.mark.parametrize(
    "wanted",
    [
        EVIL,
        "//evil.example/",
        "https://www.north.example@evil.example/",
        "https://www.north.example\\@evil.example/",
        "https://evil.example\\.www.north.example/",
        "https://www.north.example.evil.example/",
        "http://www.north.example/",
        "javascript:alert(1)",
        "/thanks/",
        f"{SITE}/\r\nSet-Cookie: a=b",
        f"\t{EVIL}",
        "https://[",
        f"{SITE}/{'x' * 3000}",
    ],
)
def test_nobody_is_led_anywhere_else(client: Client, campaign: Campaign, wanted: str) -> None:
    response = send(client, campaign, return_to=wanted)
    assert response.status_code == 303
    assert response["Location"].startswith(f"/c/{campaign.slug}/sent/")


def test_mistakes_are_shown_on_our_page_whose_form_goes_to_our_door(client: Client, campaign: Campaign) -> None:
    response = send(client, campaign, email="anna", utm_source="vk")
    assert response.status_code == 422
    page = text(response)
    assert 'value="anna"' in page
    assert f'action="/c/{campaign.slug}/"' in page
    assert 'name="utm_source" value="vk"' in page
    [token] = [part.split('"')[0] for part in page.split('name="form_token" value="')[1:]]
    assert client.post(f"/c/{campaign.slug}/", {**ANNA, "form_token": token}, headers={"Origin": OURS}).status_code == 303


def test_a_closed_campaign_says_so_on_our_page(client: Client, make_campaign: Maker) -> None:
    response = send(client, make_campaign(websites=SITE, closes_at=timezone.now()))
    assert response.status_code == 409
    assert "Registration closed on " in text(response)


def test_while_the_database_is_away_nothing_typed_is_lost(
    client: Client, campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(**_: Any) -> None:
        raise OperationalError

    for name in ("registrations.views.taking.recent_campaign", "registrations.views.taking.pipeline.sign_up"):
        with monkeypatch.context() as patch:
            patch.setattr(name, away)
            response = send(client, campaign, form_key=campaign.form_key)
        assert response.status_code == 503
        assert 'value="anna@example.org"' in text(response)
    # The page that gave it back is ours, and a form on it may lead to no other site.
    assert send(client, campaign, OURS, return_to=f"{SITE}/thanks/")["Location"].startswith(f"/c/{campaign.slug}/sent/")


def test_the_answer_is_the_same_for_known_and_unknown_addresses(client: Client, campaign: Campaign) -> None:
    back = f"{SITE}/thanks/"
    first = send(client, campaign, return_to=back)
    known = send(client, campaign, return_to=back, first_name="Other")
    assert (first.status_code, first["Location"], first.content) == (known.status_code, known["Location"], known.content)
    assert {**first.headers} == {**known.headers}


def test_the_page_with_the_form_is_kept_as_told_by_the_browser(client: Client, campaign: Campaign) -> None:
    client.post(
        f"/c/{campaign.slug}/form/",
        {**ANNA, "utm_medium": "mail"},
        headers={"Origin": SITE, "Referer": f"{SITE}/webinar/?utm_source=vk&utm_medium=no&name=x"},
    )
    told = {"door": "form", "page": f"{SITE}/webinar/", "utm_source": "vk", "utm_medium": "mail"}
    assert Registration.objects.get().attribution == told


def test_campaigns_that_were_there_before_get_a_form_key_each(make_campaign: Maker) -> None:
    make_campaign(form_key="the same"), make_campaign(form_key="the same")
    migration = importlib.import_module("registrations.migrations.0004_attendees")
    migration.give_each_its_own_key(apps, None)
    keys = set(Campaign.objects.values_list("form_key", flat=True))
    assert len(keys) == 2
    assert "the same" not in keys
