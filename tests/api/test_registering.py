"""Signing people up by JSON: what is taken, what is refused, and how it is told."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.conf import LazySettings
from django.db import OperationalError
from django.http import HttpResponse
from django.test import Client
from rest_framework.exceptions import Throttled

from registrations import pipeline
from registrations.models import ApiKey, Campaign, Consent, ConsentBox, ConsentText, Event, Registration, Submission, db_now
from registrations.services import campaigns
from tests import factories
from tests.api.conftest import ANNA, Send, address
from tests.views.conftest import hand_over

PROBLEM = "application/problem+json"


def problem(response: HttpResponse, status: int) -> dict[str, Any]:
    """The problem document of an answer that must be one."""
    assert response.status_code == status, response.content
    assert response["Content-Type"] == PROBLEM
    found: dict[str, Any] = response.json()
    assert found["status"] == status
    return found


def pointers(response: HttpResponse) -> dict[str, str]:
    return {error["pointer"]: error["code"] for error in problem(response, 422)["errors"]}


def test_a_person_is_signed_up(send: Send, campaign: Campaign) -> None:
    response = send()
    assert response.status_code == 202
    told = response.json()
    assert told["status"] == "received"
    assert told["status_url"] == f"http://testserver/api/v1/registrations/{told['token']}"
    anna = Registration.objects.get()
    assert (anna.campaign, anna.email, anna.full_name, anna.time_zone) == (
        campaign, "anna@example.org", "Anna Petrova", "Europe/Moscow",
    )  # fmt: skip
    assert anna.answers == {"role": "Engineer", "phone": "+79001234567", "consent": "yes"}
    assert factories.seat_of(anna).state == "queued"


def test_the_status_says_two_things_and_nothing_else(client: Client, send: Send) -> None:
    url = send().json()["status_url"]
    assert client.get(url).json() == {"status": "received"}
    hand_over(Submission.objects.get())
    response = client.get(url)
    assert response.json() == {"status": "mail_handed_over"}
    assert response["Cache-Control"] == "no-store"


def test_an_unknown_token_has_no_status(client: Client, db: None) -> None:
    assert problem(client.get("/api/v1/registrations/unknown"), 404)["type"] == "urn:regsite:problem:not_found"


def test_every_wrong_field_is_told_with_its_place(send: Send) -> None:
    wrong = send(email="anna@", first_name="", answers={"role": "Pirate", "phone": "12", "consent": "perhaps"})
    assert pointers(wrong) == {
        "#/email": "invalid",
        "#/first_name": "required",
        "#/answers/role": "invalid_choice",
        "#/answers/phone": "invalid",
        "#/answers/consent": "invalid",
    }
    assert not Submission.objects.exists()


@pytest.mark.parametrize("answer", ["no", "", "false"])
def test_a_box_that_must_be_ticked_is_not_ticked_by_saying_no(send: Send, answer: str) -> None:
    assert pointers(send(answers={**ANNA["answers"], "consent": answer})) == {"#/answers/consent": "required"}


def test_a_wrong_shape_is_told_with_its_place(send: Send) -> None:
    assert pointers(send(email=["x"], answers={"role": {"x": 1}})) == {"#/email": "invalid", "#/answers/role": "invalid"}
    assert pointers(send(answers="x")) == {"#/answers": "not_a_dict"}
    assert set(pointers(send({}))) == {"#/email", "#/first_name", "#/last_name"}


def test_what_nothing_asks_for_is_left_out(send: Send) -> None:
    assert send(answers={**ANNA["answers"], "other": "x"}, is_staff=True, token="x").status_code == 202
    assert set(Registration.objects.get().answers) == {"role", "phone", "consent"}


def test_faults_are_told_in_the_language_of_the_person(send: Send) -> None:
    [error] = problem(send(first_name="", language="ru"), 422)["errors"]
    assert error["detail"] == "Укажите имя."


def test_a_person_is_written_to_in_the_language_they_ask_for(send: Send) -> None:
    send(language="ru")
    send(email="boris@example.org", language="xx")
    assert dict(Registration.objects.values_list("email", "language")) == {"anna@example.org": "ru", "boris@example.org": "en"}


# Who may


def test_without_a_key_nobody_is_let_in(send: Send) -> None:
    response = send(headers={"Authorization": ""})
    assert problem(response, 401)["type"] == "urn:regsite:problem:unknown_key"
    assert response["WWW-Authenticate"] == "Api-Key"


@pytest.mark.parametrize("shown", ["Api-Key wrong", "Api-Key", "Basic YTpi", "Bearer x", "Api-Key \x00.x"])
def test_what_is_no_key_lets_nobody_in_and_counts_as_no_login(send: Send, shown: str) -> None:
    problem(send(headers={"Authorization": shown}), 401)
    assert not Submission.objects.exists()
    assert not AccessAttempt.objects.exists()


def test_a_revoked_or_expired_key_lets_nobody_in(send: Send) -> None:
    ApiKey.objects.update(expiry_date=db_now() - timedelta(minutes=1))
    problem(send(), 401)
    ApiKey.objects.update(expiry_date=None)
    assert send().status_code == 202
    ApiKey.objects.update(revoked=True)
    problem(send(), 401)


def test_a_key_for_one_campaign_opens_that_one_alone(send: Send, campaign: Campaign) -> None:
    ApiKey.objects.update(campaign=factories.make_campaign())
    problem(send(), 403)
    ApiKey.objects.update(campaign=campaign)
    assert send().status_code == 202


def test_nothing_that_is_kept_of_a_key_opens_anything(key: str) -> None:
    row = ApiKey.objects.values().get()
    secret = key.partition(".")[2]
    assert secret not in str(row)


def test_it_is_known_when_a_key_was_last_used(send: Send) -> None:
    assert ApiKey.objects.get().last_used_at is None
    send()
    assert ApiKey.objects.get().last_used_at is not None


# The same post twice


def test_the_same_name_and_body_is_the_same_form(send: Send) -> None:
    first, second = (send(headers={"Idempotency-Key": "order-17"}) for _ in range(2))
    assert (first.status_code, first.json()) == (second.status_code, second.json())
    assert Submission.objects.count() == 1


def test_a_repeat_is_answered_the_same_when_the_campaign_has_closed(send: Send, campaign: Campaign) -> None:
    first = send(headers={"Idempotency-Key": "order-17"})
    Campaign.objects.filter(pk=campaign.pk).update(closes_at=db_now() - timedelta(minutes=1))
    campaigns.forget_recent()
    assert send(headers={"Idempotency-Key": "order-17"}).json() == first.json()


def test_the_same_name_with_another_body_is_refused(send: Send) -> None:
    send(headers={"Idempotency-Key": "order-17"})
    refused = send(headers={"Idempotency-Key": "order-17"}, email="boris@example.org")
    assert problem(refused, 422)["type"] == "urn:regsite:problem:idempotency_key_reused"
    assert Submission.objects.count() == 1


def test_a_name_belongs_to_its_key(send: Send) -> None:
    other = ApiKey.objects.create_key(name="Other")[1]
    send(headers={"Idempotency-Key": "order-17"})
    again = send(headers={"Idempotency-Key": "order-17", "Authorization": f"Api-Key {other}"}, email="boris@example.org")
    assert again.status_code == 202


def test_a_form_that_was_refused_may_be_mended_under_its_name(send: Send) -> None:
    problem(send(headers={"Idempotency-Key": "order-17"}, email="anna@"), 422)
    assert send(headers={"Idempotency-Key": "order-17"}).status_code == 202


# What stands in the way


def test_no_campaign_no_registration(send: Send, campaign: Campaign) -> None:
    problem(send(to="/api/v1/campaigns/unknown/registrations"), 404)
    Campaign.objects.update(published=False)
    problem(send(), 404)


def test_a_campaign_that_is_not_open_says_why(send: Send, campaign: Campaign) -> None:
    Campaign.objects.filter(pk=campaign.pk).update(closes_at=db_now() - timedelta(minutes=1))
    assert problem(send(), 409)["availability"] == "closed"
    Event.objects.update(status="cancelled")
    campaigns.forget_recent()
    assert problem(send(), 410)["availability"] == "cancelled"


def test_what_is_no_json_object_is_refused(send: Send) -> None:
    bodies = [b"", b"{", b"[]", b"null", b'{"a": NaN}', b"\xff", b"[" * 50_000, b'{"email": "\\ud800"}', b"1" * 5000]
    assert [send(body).status_code for body in bodies] == [422, *[400] * (len(bodies) - 1)]
    problem(send(b'{"email": "' + b"x" * 200_000 + b'"}'), 413)
    assert not Submission.objects.exists()


def test_another_content_type_is_refused(client: Client, campaign: Campaign, key: str) -> None:
    headers = {"Authorization": f"Api-Key {key}"}
    problem(client.post(address(campaign), {"email": "x"}, headers=headers), 415)
    problem(client.post(address(campaign), "x", content_type="text/plain", headers=headers), 415)


def test_only_posting_is_understood(client: Client, campaign: Campaign, key: str) -> None:
    for method in (client.get, client.put, client.delete, client.patch):
        problem(method(address(campaign), headers={"Authorization": f"Api-Key {key}"}), 405)
    problem(client.post("/api/v1/registrations/x"), 405)
    problem(client.get("/api/nothing"), 404)
    problem(client.post("/api/v1/campaigns"), 404)


def test_while_the_database_is_away_nothing_is_promised(send: Send, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(**_: object) -> str:
        raise OperationalError

    monkeypatch.setattr(pipeline, "sign_up_once", away)
    response = send()
    assert problem(response, 503)["type"] == "urn:regsite:problem:unavailable"
    assert response["Retry-After"] == "60"


def test_whoever_sends_too_many_is_told_how_long_to_wait(send: Send, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(**_: object) -> str:
        raise Throttled(wait=17)

    monkeypatch.setattr(pipeline, "sign_up_once", full)
    response = send()
    assert problem(response, 429)["type"] == "urn:regsite:problem:too_many"
    assert response["Retry-After"] == "17"


# Nobody learns who is known


def test_known_and_unknown_addresses_get_the_same_answer(client: Client, send: Send) -> None:
    def answer(email: str) -> tuple[Any, ...]:
        response = send(email=email)
        told = response.json()
        status = client.get(told["status_url"])
        headers = {name: value for name, value in response.items() if name != "Location"}
        return (
            response.status_code,
            headers,
            set(told),
            told["status"],
            len(told["token"]),
            status.content,
            dict(status.items()),
        )

    unknown = answer("anna@example.org")
    assert answer("anna@example.org") == unknown
    person = Registration.objects.get()
    factories.let_in(person)
    factories.hand_over(person)
    assert answer("anna@example.org") == unknown
    assert Registration.objects.count() == 1


def test_no_answer_sets_a_cookie_or_depends_on_one(client: Client, send: Send) -> None:
    taken = send()
    answers = [
        taken,
        send({}),
        send(headers={"Authorization": ""}),
        client.get(taken.json()["status_url"]),
        client.get("/api/x"),
    ]
    for response in answers:
        assert not response.cookies
        assert "cookie" not in response.get("Vary", "").lower()
        assert response["Cache-Control"] == "no-store"


def test_nobody_is_signed_up_without_what_the_campaign_requires(send: Send, campaign: Campaign) -> None:
    text = ConsentText.objects.create(purpose="processing", language="en", statement="I agree", document="All of it.")
    ConsentBox.objects.create(campaign=campaign, text=text)
    for agreed in ([], ["0" * 64], ["no fingerprint"]):
        assert pointers(send(consents=agreed)) == {"#/consents": "required"}
    assert not Registration.objects.exists()
    assert send(consents=[text.fingerprint]).status_code == 202
    assert Consent.objects.get().text == text


def test_where_a_person_came_from_is_kept(send: Send) -> None:
    assert send(source={"utm_source": "crm", "nonsense": "x", "page": "https://north.example/a?secret=1"}).status_code == 202
    kept = Submission.objects.get().attribution
    assert kept == {"door": "api", "utm_source": "crm", "page": "https://north.example/a"}


def test_more_than_is_taken_at_once_is_told_to_wait(send: Send, settings: LazySettings) -> None:
    settings.POST_LIMITS = {**settings.POST_LIMITS, "address": (2, 3600)}
    assert [send().status_code for _ in range(2)] == [202, 202]
    response = send()
    assert problem(response, 429)
    assert 0 < int(response["Retry-After"]) <= 3600
    assert send(email="olga@example.org").status_code == 202
