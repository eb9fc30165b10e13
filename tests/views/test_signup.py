"""The sign-up page: what it shows and what it takes."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from registrations.models import Campaign, Registration, Submission
from tests.views.attendee import ANNA, address, form_token, post, text

XSS = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>"

Maker = Callable[..., Campaign]


def test_the_page_says_what_when_and_who(client: Client, make_campaign: Maker) -> None:
    campaign = make_campaign(description="<p>For <b>engineers</b>.</p>")
    page = text(client.get(address(campaign)))
    assert f"<h1>{campaign.title}</h1>" in page
    assert "North School" in page
    assert "<p>For <b>engineers</b>.</p>" in page
    assert "19:00–20:30" in page
    assert "(Moscow, UTC+3)" in page
    assert 'data-zone="Europe/Moscow"' in page
    assert "Get my link" in page
    assert 'href="mailto:hello@north.example"' in page
    assert page.count("<h1") == 1


def test_a_series_shows_every_session(client: Client, make_campaign: Maker) -> None:
    page = text(client.get(address(make_campaign(sessions=3))))
    assert page.count("19:00–20:30") == 3
    assert "Part 3" in page
    assert "Sign up for the whole series" in page


@pytest.mark.parametrize("preferred", ["en", "ru", "de"])
def test_the_page_speaks_the_campaigns_language(client: Client, make_campaign: Maker, preferred: str) -> None:
    for language in ("ru", "en"):
        response = client.get(address(make_campaign(language=language)), headers={"Accept-Language": preferred})
        assert f'<html lang="{language}">' in text(response)
        assert response["Content-Language"] == language


def test_a_russian_page_is_russian(client: Client, make_campaign: Maker) -> None:
    page = text(client.get(address(make_campaign(language="ru"))))
    missing = [words for words in ("Получить ссылку", "Имя", "Фамилия", "Москва", "Ваше время") if words not in page]
    assert missing == []
    assert "Get my link" not in page


def test_an_accent_that_is_set_is_a_stylesheet_of_our_own(client: Client, make_campaign: Maker) -> None:
    page = text(client.get(address(make_campaign(accent="#FFD400"))))
    assert '<link rel="stylesheet" href="/accent/ffd400.css">' in page
    assert "style=" not in page


def test_an_unknown_address_has_a_page_with_a_contact(client: Client, make_campaign: Maker) -> None:
    hidden = make_campaign(published=False)
    for path in ("/c/no-such-event/", address(hidden)):
        response = client.get(path)
        assert response.status_code == 404
        assert "webinars@example.org" in text(response)


def test_an_accepted_form_is_kept_and_leads_to_its_progress(client: Client, make_campaign: Maker) -> None:
    campaign = make_campaign(questions=[{"key": "company", "type": "text", "label": "Company"}])
    response = post(client, campaign, email=" Anna@Example.ORG ", q_company="Acme", time_zone="Asia/Yekaterinburg", role="x")
    assert response.status_code == 303
    assert re.fullmatch(rf"/c/{campaign.slug}/sent/[\w-]{{32,}}/", response["Location"])
    person = Registration.objects.get()
    assert (person.email, person.first_name, person.last_name) == ("anna@example.org", "Anna", "Petrova")
    assert person.answers == {"company": "Acme"}
    assert person.time_zone == "Asia/Yekaterinburg"
    assert client.get(response["Location"]).status_code == 200


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "../../etc/passwd", "Europe/Moscow\n", "x" * 500])
def test_a_zone_that_does_not_exist_is_no_zone(client: Client, campaign: Campaign, zone: str) -> None:
    assert post(client, campaign, time_zone=zone).status_code == 303
    assert Registration.objects.get().time_zone == ""


def test_pressing_twice_is_pressing_once(client: Client, campaign: Campaign) -> None:
    typed = {**ANNA, "form_token": form_token(client, campaign)}
    first, second = (client.post(address(campaign), typed) for _ in range(2))
    assert first["Location"] == second["Location"]
    assert Submission.objects.count() == 1


def test_a_mistake_is_answered_with_the_form_as_typed(client: Client, make_campaign: Maker) -> None:
    campaign = make_campaign(
        questions=[{"key": "role", "type": "choice", "label": "Role", "choices": "A\nB", "required": True}]
    )
    response = post(client, campaign, email="anna@", last_name="O'Neil & Co")
    page = text(response)
    assert response.status_code == 422
    assert 'value="anna@"' in page
    assert 'value="O&#x27;Neil &amp; Co"' in page
    assert 'tabindex="-1" autofocus' in page
    assert '<a href="#id_email">E-mail</a>' in page
    assert '<a href="#id_q_role">Role</a>' in page
    assert '<a href="#id_first_name">' not in page
    assert "Enter an e-mail address like name@example.com." in page
    assert page.split("<title>")[1].startswith("Not sent yet: ")
    assert not Submission.objects.exists()


def test_a_form_mended_after_a_mistake_is_accepted(client: Client, campaign: Campaign) -> None:
    page = text(post(client, campaign, email="anna@"))
    [token] = re.findall(r'name="form_token" value="([^"]+)"', page)
    assert client.post(address(campaign), {**ANNA, "form_token": token}).status_code == 303


def test_payloads_are_shown_and_never_run(client: Client, make_campaign: Maker) -> None:
    campaign = make_campaign(
        title=XSS,
        organizer=XSS,
        description=f"<p onclick='alert(1)'>{XSS}</p><a href='javascript:alert(1)'>x</a><style>*{{}}</style>",
        questions=[{"key": "x", "type": "text", "label": XSS, "help_text": XSS}],
    )
    pages = [
        text(client.get(address(campaign))),
        text(post(client, campaign, first_name=XSS, last_name=XSS, email=XSS, q_x=XSS)),
        text(post(client, campaign, first_name=XSS, form_token=XSS)),
        text(client.get("/")),
    ]
    for page in pages:
        assert "alert(1)</script>" not in page
        assert not re.search(r"<[^>]*\s(onerror|onclick)=", re.sub(r'"[^"]*"', '""', page))
        assert "javascript:" not in page
        assert "<style" not in page


def test_known_and_unknown_addresses_get_the_same_answer(client: Client, campaign: Campaign) -> None:
    def answer(email: str) -> tuple[Any, ...]:
        response = post(client, campaign, email=email)
        shown = client.get(response["Location"])
        hidden = re.compile(re.escape(response["Location"]))
        headers = {name: value for name, value in response.items() if name != "Location"}
        body = hidden.sub("", text(shown)).replace(email, "")
        return response.status_code, headers, len(response["Location"]), dict(shown.items()), body

    unknown = answer("first@example.org")
    known = answer("first@example.org")
    assert Registration.objects.count() == 1
    assert known == unknown


def test_no_answer_sets_a_cookie_or_depends_on_one(client: Client, campaign: Campaign) -> None:
    accepted = post(client, campaign)
    answers = [
        client.get(address(campaign)),
        accepted,
        client.get(accepted["Location"]),
        client.get(accepted["Location"] + "state/"),
        post(client, campaign, email=""),
        client.get("/c/unknown/"),
        client.get("/r/unknown/"),
        client.get("/"),
        client.post(address(campaign), b"junk", content_type="text/plain"),
        client.get("/accent/2f5bea.css"),
    ]
    for response in answers:
        assert not response.cookies
        assert "Set-Cookie" not in response
        assert "cookie" not in response.get("Vary", "").lower()
    assert [response["Cache-Control"] for response in answers[:-1]] == ["no-store"] * 9


def test_only_reading_and_posting_are_understood(client: Client, campaign: Campaign) -> None:
    assert client.head(address(campaign)).status_code == 200
    assert client.put(address(campaign)).status_code == 405
    assert client.delete(address(campaign)).status_code == 405
