"""A campaign's own questions on the page: shown, kept after a mistake, and asked about once where an address looks mistyped."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from registrations.forms import TYPES
from registrations.models import Campaign, Registration, Submission
from registrations.views import taking
from tests.views.attendee import ANNA, address, form_token, post, text

Maker = Callable[..., Campaign]

ALL_TYPES: list[dict[str, Any]] = [
    {"key": "about", "type": "heading", "label": "About you", "help_text": "So that we can prepare."},
    {"key": "company", "type": "text", "label": "Company", "options": {"placeholder": "Acme", "max_length": 60}},
    {"key": "ask", "type": "long_text", "label": "Your question", "options": {"default": "None so far"}},
    {"key": "boss", "type": "email", "label": "A colleague's address"},
    {"key": "tel", "type": "phone", "label": "Phone", "help_text": "With the country code."},
    {"key": "years", "type": "number", "label": "Years of work", "options": {"minimum": "0", "maximum": "60"}},
    {"key": "since", "type": "date", "label": "Since when", "options": {"maximum": "2030-12-31"}},
    {"key": "role", "type": "radio", "label": "Role", "choices": "Maker\nReader", "options": {"offers_other": True}},
    {"key": "size", "type": "choice", "label": "Size", "choices": "Small\nLarge", "options": {"offers_other": True}},
    {
        "key": "topics",
        "type": "multiple",
        "label": "Topics",
        "choices": "Mail\nForms\nQueues",
        "options": {"offers_other": True},
    },
    {"key": "agree", "type": "checkbox", "label": "I agree", "required": True},
    {"key": "from", "type": "hidden", "label": "From", "options": {"url_parameter": "utm_source", "default": "site"}},
]

ANSWERS: dict[str, Any] = {
    "q_company": "Acme",
    "q_ask": "How?\nAnd why?",
    "q_boss": "boris@example.org",
    "q_tel": "+7 900 123-45-67",
    "q_years": "7",
    "q_since": "2020-05-17",
    "q_role": "__other__",
    "q_role.other": "Editor",
    "q_size": "Large",
    "q_topics": ["Queues", "Mail"],
    "q_agree": "yes",
    "q_from": "news",
}

KEPT = {
    "company": "Acme",
    "ask": "How?\nAnd why?",
    "boss": "boris@example.org",
    "tel": "+79001234567",
    "years": "7",
    "since": "2020-05-17",
    "role": "Editor",
    "size": "Large",
    "topics": "Mail\nQueues",
    "agree": "yes",
    "from": "news",
}


def hidden(page: str, name: str) -> list[str]:
    return re.findall(rf'<input type="hidden" name="{re.escape(name)}" value="([^"]*)"', page)


def test_the_example_has_every_type() -> None:
    assert {question["type"] for question in ALL_TYPES} == set(TYPES)


@pytest.mark.parametrize("language", ["en", "ru"])
def test_every_type_is_answered_and_kept_as_plain_text(client: Client, make_campaign: Maker, language: str) -> None:
    campaign = make_campaign(questions=ALL_TYPES, language=language)
    assert post(client, campaign, **ANSWERS).status_code == 303
    assert Registration.objects.get().answers == KEPT


def test_a_mistake_brings_every_answer_back(client: Client, make_campaign: Maker) -> None:
    campaign = make_campaign(questions=ALL_TYPES)
    response = post(client, campaign, **ANSWERS | {"q_agree": ""})
    page = text(response)
    assert response.status_code == 422
    assert '<a href="#id_q_agree">I agree</a>' in page
    for shown in (
        'value="Acme"', ">\nHow?\nAnd why?</textarea>", 'value="boris@example.org"', 'value="+7 900 123-45-67"', 'value="7"',
        'value="2020-05-17"', 'value="__other__" checked', 'name="q_role.other" value="Editor"',
        '<option value="Large" selected>', 'value="Mail" checked', 'value="Queues" checked',
    ):  # fmt: skip
        assert shown in page
    assert page.count(" checked") == 3
    assert hidden(page, "q_from") == ["news"]
    assert not Submission.objects.exists()


@pytest.mark.parametrize(
    ("query", "begins"),
    [
        ("", "site"),
        ("?utm_source=", "site"),
        ("?utm_source=news%20letter", "news letter"),
        ("?utm_source=old&utm_source=new", "new"),
        ("?UTM_SOURCE=news&q_from=x", "site"),
        ("?utm_source=%22%3E%3Cscript%3E", "&quot;&gt;&lt;script&gt;"),
        ("?utm_source=%00%ff%c3", "site"),
        ("?utm_source=" + "x" * 3000, "x" * 200),
    ],
)
def test_a_hidden_answer_comes_from_the_address_of_the_page(
    client: Client, make_campaign: Maker, query: str, begins: str
) -> None:
    campaign = make_campaign(questions=ALL_TYPES)
    page = text(client.get(address(campaign) + query))
    assert hidden(page, "q_from") == [begins]
    assert "From" not in page


@pytest.mark.parametrize("query", ["?utm_source=a%00b%ffc", "?utm_source=news"])
def test_a_hidden_answer_survives_mistakes_a_stale_page_and_is_kept(client: Client, make_campaign: Maker, query: str) -> None:
    campaign = make_campaign(questions=[ALL_TYPES[-1]])
    first = text(client.get(address(campaign) + query))
    [begun], [token] = hidden(first, "q_from"), hidden(first, "form_token")
    for fields in ({"email": "anna@", "form_token": token}, {"form_token": "stale"}):
        page = text(client.post(address(campaign), {**ANNA, "q_from": begun, **fields}))
        assert hidden(page, "q_from") == [begun]
    [token] = hidden(page, "form_token")
    assert client.post(address(campaign), {**ANNA, "q_from": begun, "form_token": token}).status_code == 303
    assert Registration.objects.get().answers == {"from": begun}


def test_while_the_database_is_away_every_answer_of_several_rides_along(
    client: Client, make_campaign: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = make_campaign(questions=ALL_TYPES)
    token = form_token(client, campaign)

    def away(**_: Any) -> None:
        raise taking.OUTAGES[0]

    monkeypatch.setattr(taking, "recent_campaign", away)
    page = text(client.post(address(campaign), {**ANNA, **ANSWERS, "form_token": token}))
    assert hidden(page, "q_topics") == ["Queues", "Mail"]
    assert hidden(page, "q_role.other") == ["Editor"]


# --- an address that looks mistyped ---

MISTYPED = "anna@gmial.com"


def test_a_mistyped_address_is_asked_about_once(client: Client, campaign: Campaign) -> None:
    response = post(client, campaign, email=MISTYPED)
    page = text(response)
    assert response.status_code == 422
    assert "Did you mean anna@gmail.com?" in page
    assert page.split("<title>")[1].startswith("Not sent yet: ")
    assert f'value="{MISTYPED}"' in page
    assert "Please check these fields" not in page
    assert not Submission.objects.exists()
    again = {**ANNA, "email": MISTYPED, "email_seen": hidden(page, "email_seen"), "form_token": hidden(page, "form_token")}
    assert client.post(address(campaign), again).status_code == 303
    assert Registration.objects.get().email == MISTYPED


def test_one_press_takes_the_address_that_was_meant(client: Client, campaign: Campaign) -> None:
    page = text(post(client, campaign, email=MISTYPED))
    [meant] = re.findall(r'<button class="button" name="email_meant" value="([^"]+)">', page)
    sent = {**ANNA, "email": MISTYPED, "email_meant": meant, "form_token": hidden(page, "form_token")}
    assert client.post(address(campaign), sent).status_code == 303
    assert Registration.objects.get().email == "anna@gmail.com"


def test_the_first_button_which_is_what_enter_presses_changes_nothing(client: Client, campaign: Campaign) -> None:
    page = text(post(client, campaign, email=MISTYPED))
    first = re.findall(r"<button[^>]*>", page)[0]
    assert "name=" not in first


def test_mistakes_and_a_mistyped_address_are_told_at_once_and_the_mended_one_stays(client: Client, campaign: Campaign) -> None:
    page = text(post(client, campaign, email=MISTYPED, last_name=""))
    assert "Please check these fields" in page
    assert "Did you mean anna@gmail.com?" in page
    assert page.count("autofocus") == 1
    page = text(post(client, campaign, email=MISTYPED, last_name="", email_meant="anna@gmail.com"))
    assert 'value="anna@gmail.com"' in page
    assert "Did you mean" not in page


def test_whether_an_address_is_known_does_not_change_the_question(client: Client, campaign: Campaign) -> None:
    def answer() -> tuple[int, str]:
        response = post(client, campaign, email=MISTYPED)
        return response.status_code, re.sub(r'name="form_token" value="[^"]+"', "", text(response))

    unknown = answer()
    assert post(client, campaign, email=MISTYPED, email_seen=MISTYPED).status_code == 303
    assert post(client, campaign, email="anna@gmail.com").status_code == 303
    assert Registration.objects.count() == 2
    assert answer() == unknown


def test_an_outage_does_not_ask_again(client: Client, campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(**_: Any) -> None:
        raise taking.OUTAGES[0]

    token = form_token(client, campaign)
    with monkeypatch.context() as patch:
        patch.setattr("registrations.views.taking.pipeline.sign_up", away)
        sent = {**ANNA, "email": MISTYPED, "email_seen": MISTYPED, "form_token": token}
        page = text(client.post(address(campaign), sent))
    assert "Did you mean" not in page
    assert hidden(page, "email_seen") == [MISTYPED]
