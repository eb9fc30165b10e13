"""What a person may do about their own data: correct it, take it along, have it erased."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from registrations.models import Campaign, Erasure, Registration, Submission, TimelineEntry, Wish
from registrations.services import people, signup
from tests.views.conftest import LINK, give_link, hand_over
from tests.views.test_private import everything, home, sign_up

NAMES = {"first_name": "Анна", "last_name": "Петрова-Ли"}


@pytest.fixture
def anna(campaign: Campaign) -> Registration:
    """Somebody whose platform registration is done."""
    registration = sign_up(campaign, time_zone="Asia/Yekaterinburg")
    give_link(registration)
    return registration


def read(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200
    return response.content.decode()


def codes(registration: Registration) -> list[str]:
    return list(registration.timeline.order_by("pk").values_list("code", flat=True))


# --- the name ---


def test_a_corrected_name_is_everywhere_from_then_on(client: Client, anna: Registration) -> None:
    response = client.post(home(anna) + "name/", NAMES)
    assert (response.status_code, response["Location"]) == (303, home(anna) + "?saved=name")
    page = read(client, response["Location"])
    assert "Your name is saved." in page
    assert "You are registered as <strong>Анна Петрова-Ли</strong>" in page
    assert f'href="{LINK}"' in page
    anna.refresh_from_db()
    assert anna.full_name == "Анна Петрова-Ли"
    assert codes(anna)[-1] == TimelineEntry.Code.NAME_CORRECTED
    assert anna.timeline.last().data == {}


def test_the_form_stays_as_it_was_sent_and_nothing_is_asked_of_the_platform(client: Client, anna: Registration) -> None:
    seat = anna.enrollments.get().seat
    client.post(home(anna) + "name/", NAMES)
    assert Submission.objects.get().first_name == "Anna"
    after = anna.enrollments.get().seat
    assert (after.state, after.version, after.link_hash) == (seat.state, seat.version, seat.link_hash)


def test_whoever_is_not_registered_yet_is_registered_by_the_corrected_name(client: Client, campaign: Campaign) -> None:
    registration = sign_up(campaign)
    client.post(home(registration) + "name/", NAMES)
    (seat,) = people.with_people([registration.enrollments.get().seat])
    assert people.person_for(seat).last_name == "Петрова-Ли"


def test_what_the_platform_keeps_is_said(client: Client, anna: Registration, make_campaign: Callable[..., Campaign]) -> None:
    assert "keeps the name that you were registered with" in read(client, home(anna) + "details/")
    waiting = sign_up(make_campaign())
    assert "has been given the old one already" in read(client, home(waiting) + "details/")


def test_the_same_name_again_is_no_event(client: Client, anna: Registration) -> None:
    before = codes(anna)
    client.post(home(anna) + "name/", {"first_name": "Anna", "last_name": "Petrova"})
    assert codes(anna) == before


@pytest.mark.parametrize(
    "typed", [{}, {"first_name": " "}, {"first_name": "A" * 101, "last_name": "B"}, {"first_name": "\u202e", "last_name": "B"}]
)
def test_a_name_that_is_none_comes_back_with_a_word(client: Client, anna: Registration, typed: dict[str, str]) -> None:
    before = everything()
    response = client.post(home(anna) + "name/", typed)
    assert response.status_code == 422
    assert "Please check these fields" in response.content.decode()
    assert everything() == before


def test_a_hostile_name_is_shown_and_never_run(client: Client, anna: Registration) -> None:
    client.post(home(anna) + "name/", {"first_name": "<script>alert(1)</script>", "last_name": '"><img src=x>'})
    for path in ("", "details/", "erase/"):
        page = read(client, home(anna) + path)
        assert "<script>alert" not in page
        assert "<img" not in page


# --- language and clock ---


def test_language_and_zone_hold_for_page_and_mails(client: Client, anna: Registration) -> None:
    response = client.post(home(anna) + "preferences/", {"language": "ru", "time_zone": "America/New_York"})
    assert response.status_code == 303
    page = read(client, home(anna))
    assert '<html lang="ru">' in page
    assert "Нью-Йорк" in page
    anna.refresh_from_db()
    assert (anna.language, anna.time_zone) == ("ru", "America/New_York")
    assert codes(anna)[-1] == TimelineEntry.Code.PREFERENCES_SET


def test_both_clocks_are_told(client: Client, anna: Registration) -> None:
    page = read(client, home(anna))
    assert "19:00–20:30" in page
    assert "21:00–22:30 (Yekaterinburg, UTC+5)" in page
    client.post(home(anna) + "preferences/", {"language": "en", "time_zone": "Europe/Moscow"})
    assert "Your clock shows the same." in read(client, home(anna))
    client.post(home(anna) + "preferences/", {"language": "en", "time_zone": ""})
    assert 'data-zone="Europe/Moscow"' in read(client, home(anna))


def test_the_known_zone_comes_first_and_is_chosen(client: Client, anna: Registration) -> None:
    page = read(client, home(anna) + "details/")
    options = page[page.index('<optgroup label="Yours">') :]
    assert options.index('value="Asia/Yekaterinburg" selected') < options.index('value=""') < options.index("Africa/")
    assert page.count('value="Asia/Yekaterinburg"') == 1
    assert 'value="Asia/Calcutta"' in page  # which browsers still call it
    assert len(page.encode()) < 80_000


@pytest.mark.parametrize(
    "typed",
    [
        {},
        {"language": "xx", "time_zone": ""},
        {"language": "en", "time_zone": "Mars/Olympus"},
        {"language": "en", "time_zone": "../../etc/passwd"},
        {"language": "en", "time_zone": "A" * 5000},
        {"language": "en", "time_zone": "\x00"},
    ],
)
def test_what_the_form_does_not_offer_is_refused(client: Client, anna: Registration, typed: dict[str, str]) -> None:
    before = everything()
    assert client.post(home(anna) + "preferences/", typed).status_code == 400
    assert everything() == before


# --- a copy ---


def export(client: Client, registration: Registration) -> dict[str, Any]:
    response = client.get(home(registration) + "data.json")
    assert response.status_code == 200
    assert response["Content-Disposition"] == 'attachment; filename="my-data.json"'
    assert response["Content-Type"] == "application/json"
    return json.loads(response.content)


def test_the_copy_holds_everything_of_the_registration(client: Client, make_campaign: Callable[..., Campaign]) -> None:
    campaign = make_campaign(questions=[{"key": "company", "type": "text", "label": "Company"}])
    registration = sign_up(campaign, answers={"company": "Acme"}, time_zone="Asia/Yekaterinburg")
    give_link(registration)
    hand_over(registration.submissions.get())
    copy = export(client, registration)
    assert copy["registration"]["email"] == "anna@example.org"
    assert copy["registration"]["answers"] == {"Company": "Acme"}
    assert copy["registration"]["time_zone"] == "Asia/Yekaterinburg"
    assert copy["event"]["title"] == campaign.title
    assert copy["forms"][0]["answers"] == {"company": "Acme"}
    assert copy["places"][0]["link"] == LINK
    assert copy["mails"][0]["what"] == "Personal link"
    assert copy["history"][0]["what"] == "Form received"


def test_what_somebody_else_typed_under_the_address_is_not_told(client: Client, anna: Registration) -> None:
    other = signup.Entry(email="anna@example.org", first_name="Boris", last_name="Secretive", answers={})
    signup.record(campaign_id=anna.campaign_id, form_token="other", entry=other)
    copy = export(client, anna)
    assert len(copy["forms"]) == 2
    assert "changed nothing" in copy["forms"][1]["left_out"]
    assert "Secretive" not in json.dumps(copy)


def test_the_copy_holds_nothing_of_others(client: Client, anna: Registration, make_campaign: Callable[..., Campaign]) -> None:
    boris = sign_up(make_campaign(), email="boris@example.org", first_name="Boris")
    give_link(boris, LINK + "-of-boris")
    text = json.dumps(export(client, anna), ensure_ascii=False)
    for secret in ("boris", "Boris", boris.token, "api_key", "k" * 32, "token_hash", anna.token_hash):
        assert secret not in text


# --- being forgotten ---


def test_erasing_asks_first_then_does_it_and_says_so(client: Client, anna: Registration) -> None:
    question = read(client, home(anna) + "erase/")
    assert "Erase your data?" in question
    assert "anna@example.org" in question
    assert not Erasure.objects.exists()
    response = client.post(home(anna) + "erase/")
    assert (response.status_code, response["Location"]) == (303, "/erased/en/")
    assert "Your data is erased" in read(client, "/erased/en/")
    assert client.get(home(anna)).status_code == 404
    anna.refresh_from_db()
    assert (anna.first_name, anna.last_name, anna.answers, anna.token) == ("", "", {}, "")
    assert anna.email.endswith("@erased.invalid")
    assert anna.enrollments.get().seat.wish == Wish.OUT
    assert codes(anna)[-1] == TimelineEntry.Code.ERASED
    assert Erasure.objects.get().requested_by is None


def test_erasing_twice_is_erasing_once(client: Client, anna: Registration) -> None:
    assert client.post(home(anna) + "erase/").status_code == 303
    assert client.post(home(anna) + "erase/").status_code == 404
    assert Erasure.objects.count() == 1


def test_all_events_of_the_address_are_erased_and_nobody_elses(
    client: Client, anna: Registration, make_campaign: Callable[..., Campaign]
) -> None:
    second, other = sign_up(make_campaign()), sign_up(make_campaign(), email="boris@example.org")
    client.post(home(anna) + "erase/")
    assert client.get(home(second)).status_code == 404
    assert client.get(home(other)).status_code == 200


@pytest.mark.parametrize("language", ["en", "ru"])
def test_the_last_word_is_in_the_persons_language(client: Client, db: None, language: str) -> None:
    response = client.get(f"/erased/{language}/", headers={"Accept-Language": "de"})
    assert f'<html lang="{language}">' in response.content.decode()


@pytest.mark.parametrize("language", ["xx", "%00", "e" * 500])
def test_no_other_language_is_spoken(client: Client, db: None, language: str) -> None:
    assert client.get(f"/erased/{language}/").status_code == 404


# --- all of them ---


PATHS = ["details/", "data.json", "erase/"]
POSTS = ["name/", "preferences/", "erase/"]


@pytest.mark.parametrize("path", PATHS)
def test_the_address_is_a_secret(client: Client, anna: Registration, path: str) -> None:
    for response in (client.get(home(anna) + path), client.get(f"/r/unknown/{path}")):
        assert response["Cache-Control"] == "no-store"
        assert response["Referrer-Policy"] == "same-origin"
        assert response["X-Robots-Tag"] == "noindex, nofollow"
        assert not response.cookies


@pytest.mark.parametrize("path", POSTS)
def test_a_named_foreign_origin_changes_nothing(client: Client, anna: Registration, path: str) -> None:
    before = everything()
    typed = {**NAMES, "language": "ru", "time_zone": ""}
    response = client.post(home(anna) + path, typed, headers={"Origin": "https://evil.example"})
    assert response.status_code == 403
    assert everything() == before


@pytest.mark.parametrize("path", POSTS)
def test_an_unknown_token_opens_nothing(client: Client, anna: Registration, path: str) -> None:
    before = everything()
    typed = {**NAMES, "language": "ru", "time_zone": ""}
    assert client.post(f"/r/unknown/{path}", typed).status_code == 404
    assert everything() == before


@pytest.mark.parametrize("path", ["name/", "preferences/"])
@pytest.mark.parametrize("body", [b"\xff\xfe", b"first_name=%00&language=%ff", b"a" * 600_000])
def test_broken_posts_get_a_clear_error(client: Client, anna: Registration, path: str, body: bytes) -> None:
    response = client.generic("POST", home(anna) + path, body, content_type="application/x-www-form-urlencoded")
    assert response.status_code == 400
