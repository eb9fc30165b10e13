"""A form with a proof of work: who brings one is taken, who does not loses nothing, and nobody uses one twice."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from altcha_django import build_challenge
from django.conf import LazySettings
from django.db import OperationalError, connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from registrations.models import BlockedTries, Campaign, SpentProof, Submission
from registrations.services import campaigns, guarding, held_back, proofs
from registrations.views import form_tokens
from tests.site.test_headers import STRICT, policy
from tests.views.attendee import ANNA, address, text
from tests.views.working import LIGHT, challenge, packed, proof, solved

Maker = Callable[..., Campaign]

SITE = "https://www.north.example"
TYPED = {"first_name": "Anna & Co", "last_name": "O'Neil", "email": "anna@example.org"}


@pytest.fixture(autouse=True)
def encrypted(settings: LazySettings) -> None:
    """The site is at an address where browsers can work, and does not let them work long."""
    settings.PUBLIC_URL = "https://testserver"
    settings.ALTCHA_CHALLENGE = LIGHT


@pytest.fixture
def campaign(make_campaign: Maker) -> Campaign:
    return make_campaign(proof_of_work=True, websites=SITE)


def send(client: Client, campaign: Campaign, solution: str | None, **fields: str) -> HttpResponse:
    typed = {**ANNA, "form_token": form_tokens.issue(campaign_id=campaign.pk), **fields}
    return client.post(address(campaign), typed if solution is None else {**typed, "altcha": solution})


def blocked() -> dict[str, int]:
    held_back.ledger.write()
    return dict(BlockedTries.objects.values_list("reason", "count"))


def was_asked_once_more(response: HttpResponse, before: int = 0) -> None:
    page = text(response)
    assert response.status_code == 422
    assert "Your browser has not confirmed yet that you are not a program" in page
    assert page.split("<title>")[1].startswith("Not sent yet: ")
    assert "<altcha-widget" in page
    assert Submission.objects.count() == before


def test_a_form_with_its_proof_is_taken(client: Client, campaign: Campaign) -> None:
    assert send(client, campaign, proof(client, campaign)).status_code == 303
    assert Submission.objects.count() == 1
    assert blocked() == {}


def test_a_form_without_one_comes_back_as_typed(client: Client, campaign: Campaign) -> None:
    response = send(client, campaign, None, **TYPED)
    was_asked_once_more(response)
    assert 'value="Anna &amp; Co"' in text(response)
    assert 'value="O&#x27;Neil"' in text(response)
    assert "mailto:hello@north.example" in text(response)
    assert blocked() == {"proof": 1}
    [token] = re.findall(r'name="form_token" value="([^"]+)"', text(response))
    assert send(client, campaign, proof(client, campaign), form_token=token, **TYPED).status_code == 303


def test_a_wrong_form_costs_no_proof(client: Client, campaign: Campaign) -> None:
    solution = proof(client, campaign)
    assert "Please check these fields" in text(send(client, campaign, solution, email="anna"))
    assert "Did you mean" in text(send(client, campaign, solution, email="anna@gmial.com"))
    assert not SpentProof.objects.exists()
    assert send(client, campaign, solution).status_code == 303


def test_nobody_uses_a_proof_twice(client: Client, campaign: Campaign) -> None:
    solution, token = proof(client, campaign), form_tokens.issue(campaign_id=campaign.pk)
    assert send(client, campaign, solution, form_token=token).status_code == 303
    was_asked_once_more(send(client, campaign, solution), before=1)
    was_asked_once_more(send(client, campaign, solution, form_token=token, email="boris@example.org"), before=1)
    assert blocked() == {"proof": 2}


def test_pressing_twice_is_pressing_once(client: Client, campaign: Campaign) -> None:
    solution, token = proof(client, campaign), form_tokens.issue(campaign_id=campaign.pk)
    first, second = (send(client, campaign, solution, form_token=token) for _ in range(2))
    assert first["Location"] == second["Location"]
    assert Submission.objects.count() == 1
    assert blocked() == {}


def test_a_form_that_could_not_be_saved_may_come_again_with_its_proof(
    client: Client, campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    solution, token = proof(client, campaign), form_tokens.issue(campaign_id=campaign.pk)

    def away(**_: Any) -> None:
        raise OperationalError("gone")

    with monkeypatch.context() as patch:
        patch.setattr("registrations.pipeline.signup.record", away)
        assert send(client, campaign, solution, form_token=token).status_code == 503
    assert send(client, campaign, solution, form_token=token).status_code == 303


def test_while_used_proofs_cannot_be_looked_up_nothing_passes(
    client: Client, campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(**_: Any) -> None:
        raise OperationalError("gone")

    monkeypatch.setattr(SpentProof, "claim", away)
    response = send(client, campaign, proof(client, campaign), **TYPED)
    assert response.status_code == 503
    assert 'value="Anna &amp; Co"' in text(response)
    assert not Submission.objects.exists()


def test_a_proof_is_for_its_own_campaign(client: Client, campaign: Campaign, make_campaign: Maker) -> None:
    other = make_campaign(proof_of_work=True)
    was_asked_once_more(send(client, campaign, proof(client, other)))


def test_a_proof_that_is_too_old_counts_no_more(client: Client, campaign: Campaign) -> None:
    data = {"campaign": campaign.pk}
    old, new = (build_challenge(data=data, expires_at=timezone.now() + timedelta(seconds=age)) for age in (-2, 60))
    was_asked_once_more(send(client, campaign, solved(old.to_dict())))
    assert send(client, campaign, solved(new.to_dict())).status_code == 303


def deep() -> str:
    return base64.b64encode(b"[" * 3000).decode()


HOSTILE: dict[str, Callable[[dict[str, Any]], str]] = {
    "nothing": lambda told: "",
    "no base64": lambda told: "%%%",
    "no json": lambda told: base64.b64encode(b"\xff\xfe{").decode(),
    "nested": lambda told: deep(),
    "a number": lambda told: packed(17),
    "null": lambda told: packed(None),
    "a list": lambda told: packed([told]),
    "empty": lambda told: packed({}),
    "test mode": lambda told: packed({"challenge": None, "solution": None, "test": True}),
    "no parameters": lambda told: packed({"challenge": {}, "solution": {}}),
    "challenge is text": lambda told: packed({"challenge": "x", "solution": {"counter": 1, "derivedKey": "00"}}),
    "version 1": lambda told: packed(dict.fromkeys(("algorithm", "challenge", "number", "salt", "signature"), "x")),
    "signed by a server": lambda told: packed({"verificationData": "verified=true", "signature": "x", "verified": True}),
    "huge": lambda told: packed({"challenge": told, "solution": {"counter": 1, "derivedKey": "0" * 100_000}}),
    "other counter": lambda told: solved(told, counter=2**32 - 1),
    "counter is text": lambda told: solved(told, counter="1"),
    "counter is true": lambda told: solved(told, counter=True),
    "counter is huge": lambda told: solved(told, counter=10**300),
    "counter is endless": lambda told: solved(told, counter=float("inf")),
    "key is a list": lambda told: solved(told, derivedKey=["00"]),
    "key is no hex": lambda told: solved(told, derivedKey="zz\ud800"),
    "easier": lambda told: solved({**told, "parameters": {**told["parameters"], "keyPrefix": "0"}}),
    "never ends": lambda told: solved({**told, "parameters": {**told["parameters"], "expiresAt": 2**40}}),
    "expires as text": lambda told: solved({**told, "parameters": {**told["parameters"], "expiresAt": "soon"}}),
    "not signed": lambda told: solved({"parameters": told["parameters"]}),
    "signature is a number": lambda told: solved({**told, "signature": 17}),
    "made up": lambda told: solved({**told, "signature": "0" * 64}),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_whatever_is_sent_instead_is_a_try_held_back_and_nothing_breaks(client: Client, campaign: Campaign, kind: str) -> None:
    was_asked_once_more(send(client, campaign, HOSTILE[kind](challenge(client, campaign)), **TYPED))
    assert blocked() == {"proof": 1}
    assert not SpentProof.objects.exists()


def test_a_fault_of_the_library_is_no_proof_and_no_fault_of_the_site(
    client: Client, campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("altcha_django.verifiers.local.verify_solution", breaks)
    was_asked_once_more(send(client, campaign, proof(client, campaign)))


def test_used_proofs_are_forgotten_when_they_would_count_no_more(campaign: Campaign) -> None:
    now = timezone.now()
    for name, age in (("old", timedelta(hours=1)), ("new", timedelta(minutes=1))):
        SpentProof.claim(nonce=name, used_for="form", expires_at=now - age)
    guarding.prune()
    assert list(SpentProof.objects.values_list("nonce", flat=True)) == ["new"]


def test_of_two_forms_at_once_one_gets_the_proof(campaign: Campaign) -> None:
    now = timezone.now()
    taken = [SpentProof.claim(nonce="n", used_for=form, expires_at=now) for form in ("one", "other", "one")]
    assert taken == [True, False, True]


# --- the page ---


@pytest.mark.parametrize("path", ["", "embed/"])
@pytest.mark.parametrize("language", ["en", "ru"])
def test_the_page_carries_the_widget_and_lets_it_do_no_more_than_it_needs(
    client: Client, make_campaign: Maker, path: str, language: str
) -> None:
    campaign = make_campaign(proof_of_work=True, websites=SITE, language=language)
    response = client.get(address(campaign) + path)
    page = text(response)
    [nonce] = re.findall(r'<meta name="csp-nonce" content="([^"]+)">', page)
    told = policy(response)
    assert told["style-src"] == ["'self'", f"'nonce-{nonce}'"]
    assert told["worker-src"] == ["blob:"]
    assert told["frame-ancestors"] == ([SITE] if path else ["'none'"])
    unchanged = set(STRICT) - {"style-src", "frame-ancestors"}
    assert {name: told[name] for name in unchanged} == {name: STRICT[name] for name in unchanged}
    assert f'challenge="/c/{campaign.slug}/challenge/"' in page
    assert f'language="{language}"' in page
    assert "altcha_django/altcha.min.js" in page
    [noscript] = re.findall("<noscript>.*?</noscript>", page, re.S)
    assert "mailto:hello@north.example" in noscript
    assert nonce not in text(client.get(address(campaign) + path))


def test_a_campaign_without_the_switch_knows_nothing_of_it(client: Client, make_campaign: Maker) -> None:
    campaign = make_campaign()
    response = client.get(address(campaign))
    assert policy(response) == STRICT
    assert "altcha" not in text(response)
    campaigns.forget_recent()
    with CaptureQueriesContext(connection) as seen:
        assert send(client, campaign, None).status_code == 303
    assert not any("spentproof" in query["sql"] for query in seen)


def test_a_challenge_is_kept_by_nobody(client: Client, campaign: Campaign) -> None:
    first, second = (client.get(f"/c/{campaign.slug}/challenge/") for _ in range(2))
    assert first["Cache-Control"] == "no-store"
    assert first.json()["parameters"]["nonce"] != second.json()["parameters"]["nonce"]
    assert client.post(f"/c/{campaign.slug}/challenge/").status_code == 405
    assert client.get("/c/unknown/challenge/").status_code == 404


@pytest.mark.parametrize(
    ("site", "works"),
    [
        ("https://webinars.example.org", True),
        ("http://localhost:8000", True),
        ("http://127.0.0.1:8000", True),
        ("http://[::1]:8000", True),
        ("http://webinars.example.org", False),
        ("http://10.0.0.1:8000", False),
    ],
)
def test_where_browsers_cannot_work_nobody_is_asked(
    client: Client, campaign: Campaign, settings: LazySettings, site: str, works: bool
) -> None:
    settings.PUBLIC_URL = site
    settings.ALLOWED_HOSTS = ["*"]
    assert ("<altcha-widget" in text(client.get(address(campaign)))) is works
    assert send(client, campaign, None).status_code == (422 if works else 303)


# --- the other doors ---


def test_a_form_of_their_own_is_asked_on_our_page_and_is_no_bot(client: Client, campaign: Campaign) -> None:
    typed = {**TYPED, "utm_source": "vk"}
    response = client.post(f"/c/{campaign.slug}/form/", typed, headers={"Origin": SITE})
    was_asked_once_more(response)
    page = text(response)
    assert 'value="Anna &amp; Co"' in page
    assert f'action="/c/{campaign.slug}/"' in page
    assert blocked() == {}
    [token] = re.findall(r'name="form_token" value="([^"]+)"', page)
    carried = dict(re.findall(r'<input type="hidden" name="(utm_source)" value="([^"]+)">', page))
    assert carried == {"utm_source": "vk"}
    assert send(client, campaign, proof(client, campaign), form_token=token, **TYPED).status_code == 303


def test_who_is_asked_may_press_at_once(client: Client, campaign: Campaign, settings: LazySettings) -> None:
    settings.FORM_MIN_SECONDS = 2
    response = client.post(f"/c/{campaign.slug}/form/", TYPED, headers={"Origin": SITE})
    [token] = re.findall(r'name="form_token" value="([^"]+)"', text(response))
    assert send(client, campaign, proof(client, campaign), form_token=token, **TYPED).status_code == 303


def test_in_the_frame_it_is_the_same(client: Client, campaign: Campaign) -> None:
    typed = {**ANNA, "form_token": form_tokens.issue(campaign_id=campaign.pk)}
    asked = client.post(f"/c/{campaign.slug}/embed/", typed)
    was_asked_once_more(asked)
    assert policy(asked)["frame-ancestors"] == [SITE]
    assert client.post(f"/c/{campaign.slug}/embed/", {**typed, "altcha": proof(client, campaign)}).status_code == 303


def test_a_proof_tells_nothing_of_who_used_it(client: Client, campaign: Campaign) -> None:
    send(client, campaign, proof(client, campaign))
    assert SpentProof.objects.get().used_for == Submission.objects.get().progress_hash
    assert len(proof(client, campaign)) * 2 < proofs.LONGEST
