"""One Idempotency-Key at the same instant: the same body is one form, another body is refused, whoever comes first."""

from __future__ import annotations

import threading
from functools import partial
from typing import Any

import pytest
from django.test import Client

from registrations.models import ApiKey, Campaign, Registration, Submission
from registrations.services import intake
from tests import factories
from tests.api.conftest import address
from tests.services import racing

ANNA = {"email": "anna@example.org", "first_name": "Anna", "last_name": "Petrova"}
BORIS = {"email": "boris@example.org", "first_name": "Boris", "last_name": "Petrov"}
TOGETHER_SECONDS = 10


@pytest.fixture
def campaign(transactional_db: None) -> Campaign:
    return factories.make_campaign()


@pytest.fixture
def key(transactional_db: None) -> str:
    return str(ApiKey.objects.create_key(name="Website")[1])


def look_together(monkeypatch: pytest.MonkeyPatch, posts: int) -> None:
    """Let every post look whether its name is taken before any of them is written down."""
    looked, first_look, look = (
        threading.Barrier(posts, timeout=TOGETHER_SECONDS),
        threading.local(),
        intake.refuse_other_content,
    )

    def looking(**named: Any) -> None:
        look(**named)
        if not hasattr(first_look, "is_over"):
            first_look.is_over = True
            looked.wait()

    monkeypatch.setattr(intake, "refuse_other_content", looking)


def send_at_once(campaign: Campaign, key: str, *bodies: dict[str, str]) -> list[Any]:
    """Send the bodies in the same instant under one name, and return the answers."""
    headers = {"Authorization": f"Api-Key {key}", "Idempotency-Key": "order-17"}
    answers: list[Any] = []

    def send(body: dict[str, str]) -> None:
        answers.append(Client().post(address(campaign), body, content_type="application/json", headers=headers))

    assert racing.at_once(*(partial(send, body) for body in bodies)) == []
    return answers


@pytest.mark.parametrize("second", [BORIS, ANNA | {"first_name": "Anne"}], ids=["somebody_else", "the_same_address"])
def test_of_two_bodies_one_is_taken_and_the_other_refused(
    campaign: Campaign, key: str, second: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    look_together(monkeypatch, 2)
    answers = send_at_once(campaign, key, ANNA, second)
    assert sorted(answer.status_code for answer in answers) == [202, 422]
    [refused] = [answer.json() for answer in answers if answer.status_code == 422]
    assert refused["type"] == "urn:regsite:problem:idempotency_key_reused"
    assert Submission.objects.count() == Registration.objects.count() == 1


def test_the_same_body_is_one_form_with_one_answer(campaign: Campaign, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    look_together(monkeypatch, 3)
    answers = send_at_once(campaign, key, ANNA, ANNA, ANNA)
    assert {(answer.status_code, answer.content) for answer in answers} == {(202, answers[0].content)}
    assert Submission.objects.count() == 1


def test_what_was_refused_is_refused_again_and_what_was_taken_is_taken_again(
    campaign: Campaign, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        look_together(patch, 2)
        first = send_at_once(campaign, key, ANNA, BORIS)
    taken = Registration.objects.get().email
    again = {body["email"]: send_at_once(campaign, key, body)[0] for body in (ANNA, BORIS)}
    assert {email: answer.status_code for email, answer in again.items()} == {
        email: 202 if email == taken else 422 for email in again
    }
    assert again[taken].content in [answer.content for answer in first]
