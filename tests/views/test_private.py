"""The private page of one person."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from registrations import pipeline
from registrations.models import Campaign, Enrollment, Fact, OutgoingEmail, Registration, Seat, StepState, TimelineEntry
from registrations.services.signup import Entry
from tests.views.conftest import LINK, give_link


def sign_up(campaign: Campaign, **fields: str) -> Registration:
    entry = Entry(**{"email": "anna@example.org", "first_name": "Anna", "last_name": "Petrova", **fields})
    pipeline.sign_up(campaign_id=campaign.pk, form_token="t", entry=entry)
    return Registration.objects.get(campaign=campaign)


@pytest.fixture
def anna(campaign: Campaign) -> Registration:
    """Somebody whose platform registration is done."""
    registration = sign_up(campaign, time_zone="Asia/Yekaterinburg")
    give_link(registration)
    return registration


def give_a_seat_each_date(registration: Registration) -> list[Seat]:
    """As if each session of the series were wanted by itself, and so had a seat of its own; the soonest first."""
    event = registration.campaign.event
    registration.enrollments.all().delete()
    seats = []
    for session in event.sessions.order_by("starts_at"):
        seat = Seat.objects.create(account=event.account, event=event, session=session, address=registration.email)
        Enrollment.objects.create(registration=registration, seat=seat)
        seats.append(seat)
    return seats


def let_in(seat: Seat, link: str) -> None:
    seat.fact, seat.state, seat.link, seat.link_hash = Fact.IN, StepState.SETTLED, link, Seat.link_fingerprint(link)
    seat.save()


def home(registration: Registration) -> str:
    return f"/r/{registration.token}/"


def everything() -> list[Any]:
    models = (Registration, Enrollment, Seat, OutgoingEmail, TimelineEntry)
    return [list(model.objects.order_by("pk").values()) for model in models]


def test_it_shows_the_person_their_sessions_and_link(client: Client, anna: Registration) -> None:
    page = client.get(home(anna)).content.decode()
    assert "You are registered as <strong>Anna Petrova</strong>, anna@example.org." in page
    assert "comes by mail too" not in page
    assert f'href="{LINK}"' in page
    assert "19:00–20:30" in page
    assert "21:00–22:30 (Yekaterinburg, UTC+5)" in page
    assert 'href="mailto:hello@north.example"' in page
    assert f'href="{home(anna)}calendar.ics"' in page
    assert f'href="{home(anna)}cancel/"' in page


def test_without_a_link_it_says_that_one_will_come(client: Client, campaign: Campaign) -> None:
    page = client.get(home(sign_up(campaign))).content.decode()
    assert "Registering" in page
    assert "You signed up as <strong>Anna Petrova</strong>" in page
    assert "You are registered as" not in page
    assert page.count("Your link comes by mail too. Once it is there, reloading this page shows it.") == 1
    assert "Enter the room" not in page


def test_a_series_of_one_link_has_one_way_in_above_its_dates(client: Client, make_campaign: Callable[..., Campaign]) -> None:
    registration = sign_up(make_campaign(sessions=3))
    give_link(registration)
    page = client.get(home(registration)).content.decode()
    assert page.count("Enter the room") == page.count(f'href="{LINK}"') == 1
    assert page.index("Enter the room") < page.index("Part 1") < page.index("Part 2") < page.index("Part 3")
    assert page.count("19:00–20:30") == 3


def test_a_series_of_several_links_has_a_way_in_at_each_date(client: Client, make_campaign: Callable[..., Campaign]) -> None:
    registration = sign_up(make_campaign(sessions=3))
    for number, seat in enumerate(give_a_seat_each_date(registration), start=1):
        let_in(seat, f"{LINK}/{number}")
    page = client.get(home(registration)).content.decode()
    assert page.count("Enter the room") == 3
    assert page.index("Part 2") < page.index(f'href="{LINK}/2"') < page.index("Part 3")


def test_a_series_missing_one_link_is_not_yet_registered(client: Client, make_campaign: Callable[..., Campaign]) -> None:
    registration = sign_up(make_campaign(sessions=3))
    for number, seat in enumerate(give_a_seat_each_date(registration)[:2], start=1):
        let_in(seat, f"{LINK}/{number}")
    page = client.get(home(registration)).content.decode()
    assert page.count("Enter the room") == 2
    assert "You signed up as" in page
    assert page.count("Once it is there, reloading this page shows it.") == 1


def test_a_date_of_the_campaigns_own_title_does_not_repeat_it(client: Client, make_campaign: Callable[..., Campaign]) -> None:
    campaign = make_campaign(sessions=3)
    campaign.event.sessions.filter(title="Part 2").update(title=campaign.title)
    registration = sign_up(campaign)
    give_link(registration)
    page = client.get(home(registration)).content.decode()
    assert page.count("<h2>") == 2
    assert f"<h2>{campaign.title}</h2>" not in page


@pytest.mark.parametrize("link", ["javascript:alert(1)", "data:text/html,x", '"><script>alert(1)</script>'])
def test_what_is_no_web_address_is_no_link(client: Client, anna: Registration, link: str) -> None:
    give_link(anna, link)
    page = client.get(home(anna)).content.decode()
    assert "alert(1)" not in page
    assert "data:text" not in page
    assert "Enter the room" not in page


def test_names_are_shown_and_never_run(client: Client, campaign: Campaign) -> None:
    registration = sign_up(campaign, first_name="<script>alert(1)</script>")
    page = client.get(home(registration)).content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_reading_changes_nothing(client: Client, anna: Registration) -> None:
    before = everything()
    for path in (home(anna), home(anna) + "cancel/", home(anna) + "calendar.ics"):
        for _ in range(5):
            assert client.get(path).status_code == 200
        assert client.head(path).status_code == 200
    assert client.get(home(anna) + "return/").status_code == 405
    assert everything() == before


def test_the_calendar_is_a_file_of_its_own(client: Client, anna: Registration) -> None:
    response = client.get(home(anna) + "calendar.ics")
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    assert response["Content-Disposition"] == 'attachment; filename="calendar.ics"'
    assert response.content.startswith(b"BEGIN:VCALENDAR")
    assert response["Cache-Control"] == "no-store"


def test_calendars_on_the_web_get_this_pages_address_and_never_the_link(client: Client, anna: Registration) -> None:
    page = client.get(home(anna)).content.decode()
    links = [unescape(link) for link in re.findall(r'<a href="(https://[^"]*calendar[^"]*)" rel="noopener noreferrer"', page)]
    assert [urlsplit(link).hostname for link in links] == ["calendar.google.com", "outlook.live.com", "outlook.office.com"]
    for link in links:
        assert f"http://testserver{home(anna)}" in unquote(link)
        assert LINK not in unquote(link)
        assert "anna" not in unquote(link).lower().replace(anna.token.lower(), "")
    client.post(home(anna) + "cancel/")
    assert "calendar.google.com" not in client.get(home(anna)).content.decode()


def test_cancelling_asks_first_and_coming_back_takes_one_press(client: Client, anna: Registration) -> None:
    question = client.get(home(anna) + "cancel/").content.decode()
    assert f'<form class="buttons" method="post" action="{home(anna)}cancel/">' in question
    response = client.post(home(anna) + "cancel/")
    assert (response.status_code, response["Location"]) == (303, home(anna))
    cancelled = client.get(home(anna)).content.decode()
    assert "Your registration is cancelled." in cancelled
    assert LINK not in cancelled
    assert f'action="{home(anna)}return/"' in cancelled
    assert client.get(home(anna) + "cancel/").status_code == 303

    response = client.post(home(anna) + "return/")
    assert (response.status_code, response["Location"]) == (303, home(anna))
    assert "You are registered as" in client.get(home(anna)).content.decode()


def test_cancelling_twice_is_cancelling_once(client: Client, anna: Registration) -> None:
    for _ in range(2):
        assert client.post(home(anna) + "cancel/").status_code == 303
    assert anna.timeline.filter(code=TimelineEntry.Code.CANCELLED).count() == 1


def test_coming_back_to_a_full_event_ends_without_a_place_and_says_so(
    client: Client, anna: Registration, campaign: Campaign
) -> None:
    client.post(home(anna) + "cancel/")
    Campaign.objects.filter(pk=campaign.pk).update(places=0)
    assert client.post(home(anna) + "return/").status_code == 303
    assert "All places were taken, so you are not registered." in client.get(home(anna)).content.decode()
    assert anna.mails.latest("pk").kind == "full"


def test_coming_back_to_an_event_that_is_over_says_so(client: Client, anna: Registration, campaign: Campaign) -> None:
    client.post(home(anna) + "cancel/")
    campaign.session.ends_at = timezone.now()
    campaign.session.save()
    response = client.post(home(anna) + "return/")
    assert response.status_code == 409
    assert "could not be registered again" in response.content.decode()
    assert "hello@north.example" in response.content.decode()


def test_an_event_that_is_over_cannot_be_cancelled(client: Client, anna: Registration, campaign: Campaign) -> None:
    campaign.session.ends_at = timezone.now()
    campaign.session.save()
    assert "cancel/" not in client.get(home(anna)).content.decode()
    assert client.get(home(anna) + "cancel/").status_code == 303


@pytest.mark.parametrize("path", ["", "calendar.ics", "cancel/"])
def test_an_unknown_token_opens_nothing_and_says_where_help_is(client: Client, anna: Registration, path: str) -> None:
    for token in ("unknown", anna.token[:-1], anna.token.swapcase(), anna.token + "%00", "%D0%B9" * 500):
        response = client.get(f"/r/{token}/{path}")
        assert response.status_code == 404
        assert "webinars@example.org" in response.content.decode()
        assert "copy the whole link" in response.content.decode()


@pytest.mark.parametrize("path", ["cancel/", "return/"])
def test_posts_with_an_unknown_token_open_nothing(client: Client, db: None, path: str) -> None:
    assert client.post(f"/r/unknown/{path}").status_code == 404


@pytest.mark.parametrize("path", ["cancel/", "return/"])
def test_a_named_foreign_origin_is_refused(client: Client, anna: Registration, path: str) -> None:
    before = everything()
    response = client.post(home(anna) + path, headers={"Origin": "https://evil.example"})
    assert response.status_code == 403
    assert everything() == before


@pytest.mark.parametrize("origin", ["null", "http://testserver"])
def test_our_own_and_unnamed_origins_are_accepted(client: Client, anna: Registration, origin: str) -> None:
    assert client.post(home(anna) + "cancel/", headers={"Origin": origin}).status_code == 303


def test_the_address_is_a_secret(client: Client, anna: Registration) -> None:
    answers = [client.get(home(anna) + path) for path in ("", "cancel/", "calendar.ics")]
    answers += [client.get("/r/unknown/"), client.post(home(anna) + "cancel/"), client.post(home(anna) + "return/")]
    for response in answers:
        assert response["Cache-Control"] == "no-store"
        assert response["Referrer-Policy"] == "same-origin"
        assert response["X-Robots-Tag"] == "noindex, nofollow"
        assert not response.cookies
        assert "cookie" not in response.get("Vary", "").lower()


def test_it_speaks_the_campaigns_language(client: Client, make_campaign: Callable[..., Campaign]) -> None:
    registration = sign_up(make_campaign(language="ru"))
    response = client.get(home(registration), headers={"Accept-Language": "en"})
    assert '<html lang="ru">' in response.content.decode()


def test_an_outage_is_said(client: Client, anna: Registration, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**_: Any) -> None:
        raise OperationalError("away")

    monkeypatch.setattr("registrations.views.private.private_page.read", fail)
    monkeypatch.setattr("registrations.views.private.pipeline.cancel", fail)
    for response in (client.get(home(anna)), client.post(home(anna) + "cancel/")):
        assert response.status_code == 503
        assert "try again in a minute" in response.content.decode()
