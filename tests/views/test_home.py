"""The front page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client
from django.utils.formats import date_format

from registrations.models import Campaign


def test_open_campaigns_are_listed_with_date_and_way_in(client: Client, make_campaign: Callable[..., Campaign]) -> None:
    shown = make_campaign()
    closed = make_campaign(places=0)
    page = client.get("/").content.decode()
    assert shown.title in page
    assert f'href="/c/{shown.slug}/"' in page
    assert "19:00–20:30" in page
    assert closed.title not in page


def test_a_series_tells_how_many_dates_from_first_to_last(client: Client, make_campaign: Callable[..., Campaign]) -> None:
    series = make_campaign(sessions=3)
    page = client.get("/").content.decode()
    first, *_, last = [date_format(session.starts_at, "l, j F Y") for session in series.event.sessions.order_by("starts_at")]
    assert f"3 dates: {first} – {last}" in page


def test_one_date_is_not_counted(client: Client, make_campaign: Callable[..., Campaign]) -> None:
    make_campaign()
    assert "date:" not in client.get("/").content.decode()


@pytest.mark.django_db
def test_nothing_to_sign_up_for_is_said(client: Client) -> None:
    page = client.get("/").content.decode()
    assert "nothing to sign up for right now" in page
    assert "webinars@example.org" in page


@pytest.mark.django_db
@pytest.mark.parametrize(("preferred", "language"), [("ru-RU,en;q=0.5", "ru"), ("en", "en"), ("de", "en"), ("", "en")])
def test_it_speaks_the_visitors_language(client: Client, preferred: str, language: str) -> None:
    response = client.get("/", headers={"Accept-Language": preferred})
    assert f'<html lang="{language}">' in response.content.decode()
    assert "Accept-Language" in response["Vary"]


def test_an_outage_is_said(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**_: Any) -> None:
        raise OperationalError("away")

    monkeypatch.setattr("registrations.views.home.listed_campaigns", fail)
    response = client.get("/")
    assert response.status_code == 503
    assert response["Retry-After"] == "60"
    assert "webinars@example.org" in response.content.decode()
