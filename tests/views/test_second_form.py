"""The page on which a person says what is to become of a second form that came under their address."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.apps import apps
from django.db import OperationalError
from django.http import HttpResponse
from django.test import Client

from registrations.models import Campaign, Registration, Submission, TimelineEntry
from registrations.services import signup
from tests.views.conftest import give_link
from tests.views.test_private import home, sign_up

BOX = "<script>alert(1)</script>"

_tokens = (f"again-{number}" for number in itertools.count(1))


def everything() -> dict[str, list[Any]]:
    models = apps.get_app_config("registrations").get_models()
    return {model.__name__: list(model._default_manager.order_by("pk").values()) for model in models}


def send_again(person: Registration, **typed: Any) -> Submission:
    """A second form of a known address; Anna's own content but for what is typed."""
    same = {"first_name": "Anna", "last_name": "Petrova", "answers": {"company": "Acme"}}
    entry = signup.Entry(email=person.email, **{**same, **typed})
    signup.record(campaign_id=person.campaign_id, form_token=next(_tokens), entry=entry)
    return person.submissions.latest("pk")


def read(client: Client, path: str, status: int = 200) -> str:
    response = client.get(path)
    assert response.status_code == status
    return response.content.decode()


def choose(client: Client, person: Registration, form: Submission, choice: str, **options: Any) -> HttpResponse:
    return client.post(home(person) + "form/", {"form": form.pk, "choice": choice}, **options)


def codes(person: Registration) -> list[str]:
    return list(person.timeline.order_by("pk").values_list("code", flat=True))


@pytest.fixture
def anna(make_campaign: Callable[..., Campaign]) -> Registration:
    """Somebody who is registered, with an answer on file."""
    campaign = make_campaign(questions=[{"key": "company", "type": "text", "label": "Where do you work?"}])
    registration = sign_up(campaign, answers={"company": "Acme"}, time_zone="Asia/Yekaterinburg")
    give_link(registration)
    return registration


@pytest.fixture
def form(anna: Registration) -> Submission:
    """A second form with another name and another answer."""
    return send_again(anna, first_name="Анна", answers={"company": "Ромашка"})


# --- finding it ---


def test_the_private_page_leads_to_it_until_something_is_said(client: Client, anna: Registration, form: Submission) -> None:
    page = read(client, home(anna))
    assert "You (or somebody) sent a second form on" in page
    assert f'href="{home(anna)}form/"' in page
    assert "Ромашка" not in page
    choose(client, anna, form, "leave")
    assert "second form" not in read(client, home(anna))


def test_a_form_that_says_the_same_is_nothing_to_look_at(client: Client, anna: Registration) -> None:
    send_again(anna)
    assert "second form" not in read(client, home(anna))
    assert "It says nothing that is not on file already" in read(client, home(anna) + "form/")


def test_without_a_second_form_it_says_so(client: Client, anna: Registration) -> None:
    page = read(client, home(anna) + "form/")
    assert "There is none that waits for you." in page
    assert "<form" not in page


# --- reading it ---


def test_what_is_on_file_stands_beside_what_was_sent(client: Client, anna: Registration, form: Submission) -> None:
    page = read(client, home(anna) + "form/")
    differing = page[page.index("What differs") : page.index('name="form"')]
    pairs = re.findall(r"<h3>(.*?)</h3>.*?<dd>(.*?)</dd>.*?<dd>(.*?)</dd>", differing, re.DOTALL)
    assert pairs == [("Name", "Anna Petrova", "Анна Petrova"), ("Where do you work?", "Acme", "Ромашка")]
    assert differing.count("In the newer form") == 2
    assert "Use the new answers" in page
    assert "anna@example.org" in page


def test_what_is_the_same_stands_apart_from_what_differs(client: Client, anna: Registration) -> None:
    send_again(anna, answers={"company": ""})
    page = read(client, home(anna) + "form/")
    assert page.index("What differs") < page.index("Where do you work?") < page.index("No answer")
    assert page.index("No answer") < page.index("The same in both") < page.index("Anna Petrova")


def test_that_the_platform_keeps_the_name_is_said_where_there_is_one(
    client: Client, anna: Registration, form: Submission, make_campaign: Callable[..., Campaign]
) -> None:
    words = "On the webinar platform your name stays as you were registered there"
    assert words in read(client, home(anna) + "form/")
    waiting = sign_up(make_campaign())
    send_again(waiting, first_name="Анна")
    assert words not in read(client, home(waiting) + "form/")


def test_scanners_change_nothing(client: Client, anna: Registration, form: Submission) -> None:
    before = everything()
    for query in ("", f"?form={form.pk}&choice=use", "?choice=not-me"):
        for ask in (client.get, client.head, client.get):
            response = ask(home(anna) + "form/" + query)
            assert response.status_code == 200
            assert not response.cookies
    assert client.options(home(anna) + "form/").status_code == 405
    assert everything() == before


# --- choosing ---


def test_the_new_answers_are_used_at_one_press(client: Client, anna: Registration, form: Submission) -> None:
    response = choose(client, anna, form, "use")
    assert (response.status_code, response["Location"]) == (303, home(anna) + "?saved=form-use")
    page = read(client, response["Location"])
    assert "The newer form is in use" in page
    assert "You are registered as <strong>Анна Petrova</strong>" in page
    assert "second form" not in page
    anna.refresh_from_db()
    assert (anna.first_name, anna.answers) == ("Анна", {"company": "Ромашка"})
    assert "is yours, and what it says is on file" in read(client, home(anna) + "form/")


def test_everything_may_stay_as_it_is(client: Client, anna: Registration, form: Submission) -> None:
    response = choose(client, anna, form, "leave")
    assert "Everything stays as it is." in read(client, response["Location"])
    anna.refresh_from_db()
    assert anna.first_name == "Anna"
    page = read(client, home(anna) + "form/")
    assert "You may still choose otherwise." in page
    assert choose(client, anna, form, "use").status_code == 303


def test_that_was_not_me(client: Client, anna: Registration, form: Submission) -> None:
    response = choose(client, anna, form, "not-me")
    assert "no further one for a day" in read(client, response["Location"])
    assert codes(anna)[-1] == TimelineEntry.Code.FORM_DISOWNED
    page = read(client, home(anna) + "form/")
    assert "There is none that waits for you." in page
    assert "Ромашка" not in page


@pytest.mark.parametrize("choice", ["use", "leave", "not-me"])
def test_a_double_click_is_one(client: Client, anna: Registration, form: Submission, choice: str) -> None:
    answers = [choose(client, anna, form, choice) for _ in range(2)]
    assert [(answer.status_code, answer["Location"]) for answer in answers] == [(303, f"{home(anna)}?saved=form-{choice}")] * 2
    assert len([code for code in codes(anna) if code.startswith("form_")]) == 1


def test_after_a_choice_the_other_one_says_what_holds(client: Client, anna: Registration, form: Submission) -> None:
    choose(client, anna, form, "use")
    response = choose(client, anna, form, "not-me")
    assert response.status_code == 409
    assert "you use that form already, and it stays so" in response.content.decode()
    other = send_again(anna, first_name="Strange")
    choose(client, anna, other, "not-me")
    response = choose(client, anna, other, "use")
    assert response.status_code == 409
    assert "you said that this form was not yours" in response.content.decode()
    anna.refresh_from_db()
    assert anna.first_name == "Анна"


def test_a_still_newer_form_is_looked_at_before_anything_is_used(client: Client, anna: Registration, form: Submission) -> None:
    send_again(anna, first_name="Newest")
    response = choose(client, anna, form, "use")
    page = response.content.decode()
    assert response.status_code == 409
    assert "a still newer form has come" in page
    assert "Newest Petrova" in page
    anna.refresh_from_db()
    assert anna.first_name == "Anna"


def test_a_cancelled_registration_and_an_event_that_is_over_have_words_and_no_buttons(
    client: Client, anna: Registration, form: Submission
) -> None:
    anna.campaign.event.sessions.update(status="finished")
    page = read(client, home(anna) + "form/")
    assert "The event is over, so the form changes nothing any more." in page
    assert choose(client, anna, form, "use").status_code == 409
    anna.campaign.event.sessions.update(status="planned")
    client.post(home(anna) + "cancel/")
    page = read(client, home(anna) + "form/")
    assert "Your registration is cancelled, so the form changes nothing." in page
    assert "<form" not in page
    assert "second form" not in read(client, home(anna))
    assert choose(client, anna, form, "use").status_code == 409
    anna.refresh_from_db()
    assert anna.first_name == "Anna"


def test_dates_of_a_series_are_offered_as_what_they_are(client: Client, make_campaign: Callable[..., Campaign]) -> None:
    campaign = make_campaign(sessions=2)
    person = sign_up(campaign)
    form = send_again(person, answers={})
    form.sessions = list(campaign.event.sessions.values_list("pk", flat=True))
    form.save()
    page = read(client, home(person) + "form/")
    assert "Add these dates" in page
    assert "Use the new answers" not in page
    assert "Part 1" in page
    assert page.count("19:00–20:30") == 2
    send_again(person, answers={}, first_name="Анна")
    Submission.objects.filter(first_name="Анна").update(all_dates=True)
    page = read(client, home(person) + "form/")
    assert "Use the new answers and add these dates" in page
    assert "All dates, later ones too" in page


def test_the_copy_tells_what_an_adopted_form_said(client: Client, anna: Registration, form: Submission) -> None:
    assert "Ромашка" not in read(client, home(anna) + "data.json")
    choose(client, anna, form, "use")
    told = json.loads(read(client, home(anna) + "data.json"))
    assert told["forms"][1]["answers"] == {"company": "Ромашка"}


# --- hostile ---


def test_somebody_elses_form_is_an_address_that_opens_nothing(
    client: Client, anna: Registration, form: Submission, make_campaign: Callable[..., Campaign]
) -> None:
    boris = sign_up(make_campaign(), email="boris@example.org", first_name="Boris")
    theirs = send_again(boris, first_name="Secretive")
    before = everything()
    unknown = client.post("/r/unknown/form/", {"form": form.pk, "choice": "use"})
    own_first = anna.submissions.earliest("pk")
    for other in (theirs, own_first, Submission(pk=10**17)):
        for choice in ("use", "leave", "not-me"):
            response = choose(client, anna, other, choice)
            assert (response.status_code, response.content) == (unknown.status_code, unknown.content) == (404, unknown.content)
    assert everything() == before


@pytest.mark.parametrize(
    "typed",
    [
        {},
        {"choice": "use"},
        {"form": "1"},
        {"form": "1", "choice": "erase"},
        {"form": "-1", "choice": "use"},
        {"form": "1 OR 1=1", "choice": "use"},
        {"form": "٣", "choice": "use"},
        {"form": "9" * 5000, "choice": "use"},
        {"form": "\x00", "choice": "use"},
    ],
)
def test_what_the_page_does_not_send_is_refused(
    client: Client, anna: Registration, form: Submission, typed: dict[str, str]
) -> None:
    before = everything()
    assert client.post(home(anna) + "form/", typed).status_code == 400
    assert everything() == before


@pytest.mark.parametrize("body", [b"\xff\xfe", b"form=%00&choice=%ff", b"a" * 600_000])
def test_broken_posts_get_a_clear_error(client: Client, anna: Registration, body: bytes) -> None:
    response = client.generic("POST", home(anna) + "form/", body, content_type="application/x-www-form-urlencoded")
    assert response.status_code == 400


def test_only_our_own_and_unnamed_origins_may_choose(client: Client, anna: Registration, form: Submission) -> None:
    before = everything()
    assert choose(client, anna, form, "use", headers={"Origin": "https://evil.example"}).status_code == 403
    assert everything() == before
    assert choose(client, anna, form, "use", headers={"Origin": "null"}).status_code == 303


def test_what_was_typed_is_shown_and_never_run(client: Client, anna: Registration) -> None:
    typed = {"company": f'"><img src=x onerror=alert(1)>{BOX}', "<b>gone</b>": "{{ 7|add:7 }}{% now 'Y' %}"}
    form = send_again(anna, first_name=BOX, last_name="\u202egnp", answers=typed)
    page = read(client, home(anna) + "form/")
    assert "<script>alert" not in page
    assert "<img" not in page
    assert "<b>gone" not in page
    assert BOX in unescape(page)
    assert "{{ 7|add:7 }}" in unescape(page)
    choose(client, anna, form, "use")
    assert "<script>alert" not in read(client, home(anna) + "form/") + read(client, home(anna))


def test_a_very_long_answer_is_shown_whole(client: Client, anna: Registration) -> None:
    long = "слово " * 16_000 + "last"
    form = send_again(anna, answers={"company": long})
    assert long in read(client, home(anna) + "form/")
    choose(client, anna, form, "use")
    anna.refresh_from_db()
    assert anna.answers == {"company": long}


def test_after_an_erasure_it_opens_nothing(client: Client, anna: Registration, form: Submission) -> None:
    address = home(anna)
    client.post(address + "erase/")
    before = everything()
    assert client.get(address + "form/").status_code == 404
    assert client.post(address + "form/", {"form": form.pk, "choice": "use"}).status_code == 404
    assert everything() == before


def test_the_address_is_a_secret(client: Client, anna: Registration, form: Submission) -> None:
    answers = [client.get(home(anna) + "form/"), client.get("/r/unknown/form/"), choose(client, anna, form, "use")]
    for response in [*answers, choose(client, anna, form, "leave")]:
        assert response["Cache-Control"] == "no-store"
        assert response["Referrer-Policy"] == "same-origin"
        assert response["X-Robots-Tag"] == "noindex, nofollow"
        assert not response.cookies


def test_an_outage_is_said(client: Client, anna: Registration, form: Submission, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**_: Any) -> None:
        raise OperationalError("away")

    monkeypatch.setattr("registrations.views.second_form.form_comparison.read", fail)
    monkeypatch.setattr("registrations.views.second_form.pipeline.decide_on_form", fail)
    for response in (client.get(home(anna) + "form/"), choose(client, anna, form, "use")):
        assert response.status_code == 503
