"""Dates of a series in the API: chosen by their ids, or all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from registrations.models import Campaign, Choosing, Enrollment, Event, Registration, Session, Submission
from registrations.services import campaigns, dates
from tests import factories
from tests.api.conftest import Send
from tests.api.test_registering import pointers

ANNA = {"email": "anna@example.org", "first_name": "Anna", "last_name": "Petrova"}


@pytest.fixture
def campaign(db: None) -> Campaign:
    return factories.make_campaign(event=factories.make_event(series=True), choosing=Choosing.DATES)


def sessions_of(event: Event) -> list[int]:
    return list(event.sessions.order_by("starts_at").values_list("pk", flat=True))


def test_dates_are_chosen_by_their_ids(send: Send, campaign: Campaign) -> None:
    first, _, third = sessions_of(campaign.event)
    assert send({**ANNA, "sessions": [third, first]}).status_code == 202
    assert set(Enrollment.objects.values_list("seat__session_id", flat=True)) == {first, third}


def test_all_dates_are_one_word(send: Send) -> None:
    assert send({**ANNA, "all_dates": True}).status_code == 202
    assert Enrollment.objects.count() == 3
    assert Registration.objects.get().all_dates


def test_one_of_both_is_required_and_what_is_not_open_is_refused(send: Send, campaign: Campaign) -> None:
    first, second, _ = sessions_of(campaign.event)
    Session.objects.filter(pk=second).update(status="cancelled")
    other = sessions_of(factories.make_event(series=True))[0]
    for nothing in ({}, {"sessions": []}, {"all_dates": False}, {"sessions": [], "all_dates": False}):
        assert pointers(send({**ANNA, **nothing})) == {"#/sessions": "required"}
    for wrong in (second, other, 0, -1, 10**30):
        assert pointers(send({**ANNA, "sessions": [first, wrong]})) == {"#/sessions": "invalid_choice"}
    assert not Submission.objects.exists()


@pytest.mark.parametrize("shape", ["x", {"a": 1}, ["x"], [None], [[1]], [{"a": 1}], [1.5], [True], None])
def test_what_is_no_list_of_ids_is_refused_where_it_stands(send: Send, shape: Any) -> None:
    assert set(pointers(send({**ANNA, "sessions": shape}))) == {"#/sessions"}


def test_a_date_that_goes_meanwhile_is_refused(send: Send, campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*args: Any, **values: Any) -> dates.Choice:
        raise dates.NotOffered

    monkeypatch.setattr("registrations.services.signup.dates.choose", gone)
    assert pointers(send({**ANNA, "sessions": sessions_of(campaign.event)[:1]})) == {"#/sessions": "invalid_choice"}


def test_what_leaves_no_choice_does_not_ask_for_dates(send: Send, campaign: Campaign) -> None:
    Campaign.objects.update(choosing=Choosing.WHOLE)
    campaigns.forget_recent()
    assert send({**ANNA, "sessions": [10**30], "all_dates": True}).status_code == 202
    assert Enrollment.objects.get().seat.session is None
    assert (Submission.objects.get().sessions, Submission.objects.get().all_dates) == ([], False)


def test_the_same_name_with_other_dates_is_another_body(send: Send, campaign: Campaign) -> None:
    first, second, _ = sessions_of(campaign.event)
    name = {"Idempotency-Key": "order-17"}
    told = send({**ANNA, "sessions": [first, second]}, headers=name).json()
    assert send({**ANNA, "sessions": [second, first]}, headers=name).json() == told
    assert send({**ANNA, "sessions": [second]}, headers=name).status_code == 422


def test_the_description_speaks_of_dates(tmp_path: Path) -> None:
    target = tmp_path / "schema.json"
    call_command("spectacular", "--format", "openapi-json", "--file", str(target))
    body = json.loads(target.read_text())["components"]["schemas"]["RegistrationBody"]["properties"]
    assert body["sessions"]["items"]["type"] == "integer"
    assert body["all_dates"]["type"] == "boolean"
