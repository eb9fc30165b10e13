"""The front page: what is coming, by words and dates."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import OperationalError
from django.test import Client
from django.utils.formats import date_format

from registrations.models import Campaign, EventStatus

Maker = Callable[..., Campaign]


def read(client: Client, path: str = "/", **asked: str) -> str:
    response = client.get(path, asked)
    assert response.status_code == 200
    return response.content.decode()


def titles(page: str) -> list[str]:
    return re.findall(r"<h3[^>]*><a[^>]*>([^<]*)</a>", page)


def in_days(campaign: Campaign, days: float) -> Campaign:
    """Move a campaign's only session to so many days from now."""
    for place in (campaign.event, campaign.session):
        length = place.ends_at - place.starts_at
        place.starts_at = datetime.now(ZoneInfo("UTC")) + timedelta(days=days)
        place.ends_at = place.starts_at + length
        place.save()
    return campaign


def test_open_campaigns_are_listed_with_date_and_way_in(client: Client, make_campaign: Maker) -> None:
    shown = make_campaign()
    page = read(client)
    assert titles(page) == [shown.title]
    assert f'href="/c/{shown.slug}/"' in page
    assert "19:00–20:30" in page
    assert "North School" in page


@pytest.mark.parametrize(
    ("fields", "note"),
    [
        ({"opens_at": datetime(2100, 1, 1, tzinfo=ZoneInfo("UTC"))}, "Registration is not open yet"),
        ({"closes_at": datetime(2020, 1, 1, tzinfo=ZoneInfo("UTC"))}, "Registration is closed"),
    ],
)
def test_what_takes_nobody_just_now_says_so(client: Client, make_campaign: Maker, fields: dict[str, Any], note: str) -> None:
    make_campaign(**fields)
    assert note in read(client)


def test_nobody_reads_here_whether_places_are_left(client: Client, make_campaign: Maker) -> None:
    make_campaign(places=0)
    assert "laces" not in read(client)


def test_what_is_over_cancelled_unpublished_or_unlisted_is_not_there(client: Client, make_campaign: Maker) -> None:
    make_campaign(over=True)
    make_campaign(status=EventStatus.CANCELLED)
    make_campaign(published=False)
    unlisted = make_campaign(listed=False)
    assert titles(read(client)) == []
    assert client.get(f"/c/{unlisted.slug}/").status_code == 200


def test_a_series_tells_how_many_dates_from_first_to_last(client: Client, make_campaign: Maker) -> None:
    series = make_campaign(sessions=3)
    page = read(client)
    first, *_, last = [date_format(session.starts_at, "l, j F Y") for session in series.event.sessions.order_by("starts_at")]
    assert f"3 dates: {first} – {last}" in page


def test_a_series_under_way_counts_only_what_is_to_come(client: Client, make_campaign: Maker) -> None:
    series = make_campaign(sessions=3)
    begun = series.event.sessions.order_by("starts_at").first()
    begun.starts_at, begun.ends_at = begun.starts_at - timedelta(days=2), begun.ends_at - timedelta(days=2)
    begun.save()
    assert "2 dates:" in read(client)


def test_one_date_is_not_counted(client: Client, make_campaign: Maker) -> None:
    make_campaign()
    assert "date:" not in read(client)


def test_the_soonest_is_first_under_its_month(client: Client, make_campaign: Maker) -> None:
    late, soon = in_days(make_campaign(), 75), in_days(make_campaign(), 2)
    page = read(client)
    assert titles(page) == [soon.title, late.title]
    months = [date_format(one.session.starts_at.astimezone(ZoneInfo("Europe/Moscow")), "F Y") for one in (soon, late)]
    assert re.findall(r'<h2 id="month-\d">([^<]+)</h2>', page) == months


@pytest.mark.parametrize(
    "words", ["договор", "ДОГОВОР", "ёлки", "елки", "ЕЛКИ договоры", "СЕВЕРНАЯ школа", "договоры северная"]
)
def test_words_are_found_whatever_their_case(client: Client, make_campaign: Maker, words: str) -> None:
    wanted = make_campaign(title="Договоры и Ёлки", organizer="Северная Школа", language="ru")
    make_campaign(title="Отчёты", organizer="Южная школа")
    assert titles(read(client, q=words)) == [wanted.title]


def test_every_word_must_be_there(client: Client, make_campaign: Maker) -> None:
    make_campaign(title="Contracts")
    page = read(client, q="contracts reports")
    assert titles(page) == []
    assert "Nothing like this is planned." in page
    assert 'value="contracts reports"' in page
    assert "Show everything" in page


def test_days_are_the_events_own(client: Client, make_campaign: Maker) -> None:
    campaign = make_campaign()
    # 23:30 UTC is the next day in Moscow.
    starts_at = (campaign.session.starts_at + timedelta(days=3)).replace(hour=23, minute=30)
    campaign.event.sessions.update(starts_at=starts_at, ends_at=starts_at + timedelta(hours=1))
    type(campaign.event).objects.update(ends_at=starts_at + timedelta(hours=1))
    day = starts_at.astimezone(ZoneInfo("Europe/Moscow")).date()
    before, after = day - timedelta(days=1), day + timedelta(days=1)
    assert day > starts_at.date()
    assert titles(read(client, **{"from": str(day), "to": str(day)})) == [campaign.title]
    assert titles(read(client, **{"from": str(after)})) == titles(read(client, to=str(before))) == []


def test_a_date_that_is_none_is_said_and_everything_shown(client: Client, make_campaign: Maker) -> None:
    campaign = make_campaign()
    page = read(client, **{"from": "<b>soon</b>"})
    assert "“&lt;b&gt;soon&lt;/b&gt;” is not a date" in page
    assert titles(page) == [campaign.title]
    assert "before the first one" in read(client, **{"from": "2026-12-02", "to": "2026-12-01"})


@pytest.mark.parametrize(
    "value", ["\x00", "%", "'\"><script>alert(1)</script>", "я" * 5000, "-1", "9" * 400, "\ud800", "{{7}}"]
)
@pytest.mark.parametrize("name", ["q", "from", "to", "page"])
def test_hostile_questions_get_a_page(client: Client, make_campaign: Maker, name: str, value: str) -> None:
    make_campaign()
    page = read(client, **{name: value.encode("utf-8", "surrogatepass").decode("utf-8", "replace")})
    assert "<script>alert" not in page
    assert len(page) < 20_000


def test_many_events_come_in_parts_that_keep_the_question(
    client: Client, make_campaign: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("registrations.views.home.PER_PAGE", 2)
    made = [make_campaign(title=f"Talk {number}") for number in range(5)]
    first = read(client, q="talk")
    assert titles(first) == [made[0].title, made[1].title]
    assert 'rel="prev"' not in first
    assert 'rel="next" href="?q=talk&amp;page=2"' in first
    assert titles(read(client, q="talk", page="3")) == [made[4].title]
    assert 'rel="prev" href="?q=talk"' in read(client, q="talk", page="2")


def test_a_title_is_shown_and_never_run(client: Client, make_campaign: Maker) -> None:
    make_campaign(title="<img src=x onerror=alert(1)>", organizer="</h3><script>alert(1)</script>")
    page = read(client)
    assert "<img" not in page
    assert "<script>alert" not in page


@pytest.mark.django_db
def test_nothing_to_sign_up_for_is_said(client: Client) -> None:
    page = read(client)
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

    monkeypatch.setattr("registrations.views.home.upcoming", fail)
    response = client.get("/")
    assert response.status_code == 503
    assert response["Retry-After"] == "60"
    assert "webinars@example.org" in response.content.decode()
