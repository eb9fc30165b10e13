"""Dates on the pages: chosen on the form, changed on the private page."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from registrations.models import Campaign, Choosing, Enrollment, Registration, Session, Submission, TimelineEntry
from registrations.services import campaigns, dates, signup
from registrations.services.signup import Entry
from tests.views.attendee import ANNA, address, form_token, text
from tests.views.attendee import post as attendee_post

Maker = Callable[..., Campaign]
SITE = "https://www.north.example"


@pytest.fixture
def campaign(make_campaign: Maker) -> Campaign:
    return make_campaign(sessions=3, choosing=Choosing.DATES, websites=SITE)


def sessions_of(campaign: Campaign) -> list[int]:
    return list(campaign.event.sessions.order_by("starts_at").values_list("pk", flat=True))


def post(client: Client, campaign: Campaign, **fields: Any) -> Any:
    return attendee_post(client, campaign, **fields)


def boxes(page: str) -> dict[str, bool]:
    """Each box of a date, by its value, and whether it is ticked."""
    found = re.findall(r'<input type="checkbox" id="id_sessions\w*" name="\w+" value="(\w+)"( checked)?', page)
    return {value: bool(checked) for value, checked in found}


# --- signing up ---


@pytest.mark.parametrize(("language", "words"), [("en", "All dates, later ones too"), ("ru", "Все даты, и будущие тоже")])
def test_the_form_offers_each_open_date_and_all(client: Client, make_campaign: Maker, language: str, words: str) -> None:
    campaign = make_campaign(sessions=3, choosing=Choosing.DATES, language=language)
    first, second, third = sessions_of(campaign)
    Session.objects.filter(pk=second).update(status="cancelled")
    page = text(client.get(address(campaign)))
    assert list(boxes(page)) == [str(first), str(third), "yes"]
    assert not any(boxes(page).values())
    assert page.count("19:00–20:30") == 2
    assert page.count("data-starts=") == 2
    if language == "en":
        assert words in page


@pytest.mark.parametrize("choosing", [Choosing.WHOLE, Choosing.EACH])
def test_where_there_is_nothing_to_choose_there_are_no_boxes(client: Client, make_campaign: Maker, choosing: Choosing) -> None:
    page = text(client.get(address(make_campaign(sessions=3, choosing=choosing))))
    assert not boxes(page)
    assert "Sign up for the whole series" in page
    assert page.count("19:00–20:30") == 3


def test_chosen_dates_are_taken(client: Client, campaign: Campaign) -> None:
    first, _, third = sessions_of(campaign)
    assert post(client, campaign, sessions=[str(first), str(third)]).status_code == 303
    assert set(Enrollment.objects.values_list("seat__session_id", flat=True)) == {first, third}


def test_all_dates_are_taken(client: Client, campaign: Campaign) -> None:
    assert post(client, campaign, all_dates="yes").status_code == 303
    assert Enrollment.objects.count() == 3
    assert Registration.objects.get().all_dates


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "Choose at least one date."),
        ({"sessions": "999999"}, "One of the dates cannot be chosen any more."),
        ({"sessions": "1; DROP TABLE"}, "One of the dates cannot be chosen any more."),
    ],
)
def test_what_cannot_be_taken_is_said_at_the_dates(
    client: Client, campaign: Campaign, fields: dict[str, str], words: str
) -> None:
    response = post(client, campaign, **fields)
    page = text(response)
    assert response.status_code == 422
    assert words in page
    assert '<a href="#id_sessions">Dates</a>' in page
    assert 'value="anna@example.org"' in page
    assert not Submission.objects.exists()


def test_a_date_that_was_called_off_since_the_page_was_opened_is_not_offered_again(client: Client, campaign: Campaign) -> None:
    first, second, _ = sessions_of(campaign)
    token = form_token(client, campaign)
    Session.objects.filter(pk=first).update(status="cancelled")
    campaigns.forget_recent()
    response = client.post(address(campaign), {**ANNA, "form_token": token, "sessions": [str(first), str(second)]})
    assert response.status_code == 422
    assert str(first) not in boxes(text(response))
    assert boxes(text(response))[str(second)]


def test_a_date_that_goes_while_the_form_is_written_down_is_said_too(
    client: Client, campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = sessions_of(campaign)[0]
    token = form_token(client, campaign)
    choose = dates.choose

    def overtaken(*args: Any, **values: Any) -> dates.Choice:
        Session.objects.filter(pk=first).update(status="cancelled")
        return choose(*args, **values)

    monkeypatch.setattr(signup.dates, "choose", overtaken)
    response = client.post(address(campaign), {**ANNA, "form_token": token, "sessions": [str(first)]})
    assert response.status_code == 422


def test_a_page_in_a_frame_and_a_form_of_theirs_take_dates_too(client: Client, campaign: Campaign) -> None:
    first = sessions_of(campaign)[0]
    assert str(first) in boxes(text(client.get(f"/c/{campaign.slug}/embed/")))
    typed = {**ANNA, "sessions": [str(first)]}
    assert client.post(f"/c/{campaign.slug}/form/", typed, headers={"Origin": SITE}).status_code == 303
    assert Enrollment.objects.get().seat.session_id == first


def test_a_series_without_dates_says_that_it_is_not_open_yet(client: Client, campaign: Campaign) -> None:
    Session.objects.update(starts_at=None, ends_at=None)
    response = client.get(address(campaign))
    assert response.status_code == 200
    assert "Registration is not open yet." in text(response)


# --- the private page ---


@pytest.fixture
def anna(campaign: Campaign) -> Registration:
    """Somebody who comes to the first date."""
    entry = Entry("anna@example.org", "Anna", "Petrova", time_zone="Asia/Yekaterinburg", sessions=(sessions_of(campaign)[0],))
    signup.record(campaign_id=campaign.pk, form_token="t", entry=entry)
    return Registration.objects.get()


def page_of(anna: Registration) -> str:
    return f"/r/{anna.token}/dates/"


def test_the_private_page_leads_to_the_dates_with_what_is_chosen_ticked(client: Client, anna: Registration) -> None:
    assert f'href="{page_of(anna)}"' in text(client.get(f"/r/{anna.token}/"))
    page = text(client.get(page_of(anna)))
    assert list(boxes(page).values()) == [True, False, False, False]
    assert page.count("21:00–22:30 (Yekaterinburg, UTC+5)") == 3


def test_reading_changes_nothing(client: Client, anna: Registration) -> None:
    before = [list(model.objects.values()) for model in (Registration, Enrollment, TimelineEntry)]
    assert client.get(page_of(anna)).status_code == 200
    assert client.head(page_of(anna)).status_code == 200
    assert [list(model.objects.values()) for model in (Registration, Enrollment, TimelineEntry)] == before


def test_a_change_is_taken_once_and_said(client: Client, anna: Registration, campaign: Campaign) -> None:
    first, second, third = map(str, sessions_of(campaign))
    for _ in range(2):
        response = client.post(page_of(anna), {"sessions": [second, third]})
        assert (response.status_code, response["Location"]) == (303, f"/r/{anna.token}/?saved=dates")
    page = text(client.get(response["Location"]))
    assert "Your dates are saved." in page
    assert page.count("19:00–20:30") == 2
    assert list(boxes(text(client.get(page_of(anna)))).values()) == [False, True, True, False]
    assert anna.timeline.filter(code=TimelineEntry.Code.DATES_CHANGED).count() == 1
    assert first not in boxes(page)


def test_all_dates_pressed_twice_are_all_dates(client: Client, anna: Registration, campaign: Campaign) -> None:
    first = str(sessions_of(campaign)[0])
    for _ in range(2):
        assert client.post(page_of(anna), {"sessions": first, "all_dates": "yes"}).status_code == 303
    page = text(client.get(page_of(anna)))
    assert list(boxes(page).values()) == [True] * 4
    assert "Dates that are added later, too" in page
    client.post(page_of(anna), {"sessions": first, "all_dates": "yes", "had_all_dates": "yes"})
    assert list(boxes(text(client.get(page_of(anna)))).values()) == [True, False, False, True]


def test_whoever_unticks_everything_is_led_to_cancelling(client: Client, anna: Registration) -> None:
    response = client.post(page_of(anna), {})
    page = text(response)
    assert response.status_code == 422
    assert "cancel your registration instead" in page
    assert f'href="/r/{anna.token}/cancel/"' in page
    assert not any(boxes(page).values())


def test_what_is_not_offered_is_refused(client: Client, anna: Registration, campaign: Campaign) -> None:
    second = sessions_of(campaign)[1]
    Session.objects.filter(pk=second).update(ends_at=timezone.now())
    for wrong in (str(second), "999999", "x", "-1"):
        response = client.post(page_of(anna), {"sessions": wrong})
        assert response.status_code == 422
        assert "One of the dates cannot be chosen any more." in text(response)


def test_it_speaks_the_persons_language(client: Client, anna: Registration) -> None:
    Registration.objects.update(language="ru")
    page = text(client.get(page_of(anna), headers={"Accept-Language": "en"}))
    assert '<html lang="ru">' in page
    assert "четверг" in page.lower() or re.search(r"[а-яё]+, \d+ [а-яё]+ \d{4} г\.", page.lower())


def test_where_there_is_nothing_to_choose_it_leads_back(client: Client, anna: Registration) -> None:
    client.post(f"/r/{anna.token}/cancel/")
    home = text(client.get(f"/r/{anna.token}/"))
    assert "dates/" not in home
    for response in (client.get(page_of(anna)), client.post(page_of(anna), {"all_dates": "yes"})):
        assert (response.status_code, response["Location"]) == (303, f"/r/{anna.token}/")


def test_posts_from_elsewhere_and_unknown_tokens_change_nothing(client: Client, anna: Registration, campaign: Campaign) -> None:
    chosen = {"sessions": str(sessions_of(campaign)[1])}
    assert client.post(page_of(anna), chosen, headers={"Origin": "https://evil.example"}).status_code == 403
    assert client.post("/r/unknown/dates/", chosen).status_code == 404
    assert client.get("/r/unknown/dates/").status_code == 404
    assert client.post(page_of(anna), "x", content_type="application/json").status_code == 400
    assert not anna.timeline.filter(code=TimelineEntry.Code.DATES_CHANGED).exists()


def test_the_address_is_a_secret(client: Client, anna: Registration) -> None:
    for response in (client.get(page_of(anna)), client.post(page_of(anna), {}), client.post(page_of(anna), {"all_dates": "1"})):
        assert response["Cache-Control"] == "no-store"
        assert response["Referrer-Policy"] == "same-origin"
        assert response["X-Robots-Tag"] == "noindex, nofollow"
        assert not response.cookies
