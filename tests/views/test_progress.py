"""After the form: two states, the same for everybody."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import unquote

import pytest
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from registrations import pipeline
from registrations.models import Campaign, Submission
from registrations.services.signup import Entry
from tests.views.conftest import LINK, give_link, hand_over


@pytest.fixture
def progress(campaign: Campaign) -> str:
    """The address of the progress page of Anna's submission."""
    entry = Entry(email="anna@example.org", first_name="Anna", last_name="Petrova")
    return f"/c/{campaign.slug}/sent/{pipeline.sign_up(campaign_id=campaign.pk, form_token='t', entry=entry)}/"


def test_it_names_the_address_that_was_typed_and_what_comes_next(client: Client, progress: str, campaign: Campaign) -> None:
    page = client.get(progress).content.decode()
    assert "<h1>Check your inbox</h1>" in page
    assert "anna@example.org" in page
    assert "Look in spam" in page
    assert f'href="/c/{campaign.slug}/"' in page
    assert 'href="mailto:hello@north.example"' in page


def test_it_looks_again_until_the_mail_is_handed_over(client: Client, progress: str) -> None:
    waiting = client.get(progress).content.decode()
    assert "Preparing your mail" in waiting
    assert f'hx-get="{progress}state/"' in waiting
    assert '<noscript><meta http-equiv="refresh" content="2"></noscript>' in waiting
    look = client.get(progress + "state/")
    assert "delay:2s" in look.content.decode()
    assert "HX-Retarget" not in look

    hand_over(Submission.objects.get())
    look = client.get(progress + "state/")
    assert look["HX-Retarget"] == "#state"
    assert "Mail handed over" in look.content.decode()
    assert "hx-get" not in look.content.decode()
    done = client.get(progress).content.decode()
    assert "Mail handed over" in done
    for word in ("hx-get", "refresh", "<script"):
        assert word not in done


def test_calendars_on_the_web_get_the_events_page_and_nothing_of_the_person(
    client: Client, progress: str, campaign: Campaign
) -> None:
    give_link(Submission.objects.get().registration)
    page = client.get(progress).content.decode()
    links = [unquote(unescape(link)) for link in re.findall(r'href="(https://[^"]*calendar[^"]*)"', page)]
    assert len(links) == 3
    for link in links:
        assert f"http://testserver/c/{campaign.slug}/" in link
        for secret in ("anna", "Anna", "/r/", "/sent/", LINK):
            assert secret not in link


@pytest.mark.parametrize(("age", "seconds"), [(0, 2), (40, 5), (300, 15), (3600, 60), (90_000, 60)])
def test_a_page_left_open_looks_less_and_less_often(client: Client, progress: str, age: int, seconds: int) -> None:
    Submission.objects.update(received_at=timezone.now() - timedelta(seconds=age))
    assert f"delay:{seconds}s," in client.get(progress + "state/").content.decode()


def test_it_tells_nothing_but_what_was_typed(client: Client, progress: str) -> None:
    give_link(Submission.objects.get().registration)
    for path in (progress, progress + "state/"):
        page = client.get(path).content.decode()
        for secret in (LINK, "Anna", "Petrova", "/r/"):
            assert secret not in page


def test_a_known_persons_page_is_byte_for_byte_a_new_ones(client: Client, progress: str, campaign: Campaign) -> None:
    def seen(path: str) -> list[tuple[dict[str, str], str]]:
        answers = [client.get(path), client.get(path + "state/")]
        return [(dict(answer.items()), re.sub(re.escape(path), "", answer.content.decode())) for answer in answers]

    give_link(Submission.objects.get().registration)
    entry = Entry(email="anna@example.org", first_name="Mallory")
    token = pipeline.sign_up(campaign_id=campaign.pk, form_token="u", entry=entry)
    assert seen(f"/c/{campaign.slug}/sent/{token}/") == seen(progress)


def test_the_address_is_a_secret(client: Client, progress: str) -> None:
    for path in (progress, progress + "state/"):
        response = client.get(path)
        assert response["Cache-Control"] == "no-store"
        assert response["Referrer-Policy"] == "same-origin"
        assert response["X-Robots-Tag"] == "noindex, nofollow"


@pytest.mark.parametrize("path", ["/c/{slug}/sent/unknown/", "/c/{slug}/sent/unknown/state/", "/c/another/sent/{token}/"])
def test_an_unknown_address_opens_nothing(client: Client, progress: str, campaign: Campaign, path: str) -> None:
    token = progress.split("/")[-2]
    response = client.get(path.format(slug=campaign.slug, token=token))
    assert response.status_code == 404
    assert "This link opens nothing" in response.content.decode()


def test_an_outage_is_said_and_the_page_asks_again(client: Client, progress: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "htmx:responseError" in client.get(progress).content.decode()

    def fail(**_: Any) -> None:
        raise OperationalError("away")

    monkeypatch.setattr("registrations.views.progress.read", fail)
    assert client.get(progress + "state/").status_code == 503
