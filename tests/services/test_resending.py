"""What staff may do for one person."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connections

from registrations.models import StepState
from registrations.services import resending
from registrations.services.resending import AlreadyResent, NothingToSend
from tests.services.conftest import World


def test_a_resend_is_a_new_generation_with_the_same_link(world: World, admin_user: Any) -> None:
    person = world.sign_up(world.campaign(), "ivan@example.com")
    world.settle()
    resending.resend_link(registration_id=person.pk, user_id=admin_user.pk, expected_generation=1)
    first, second = world.mails("ivan@example.com", 2)
    link = world.at_platform("ivan@example.com")[0]["link"]
    assert link in first["links"]
    assert link in second["links"]
    assert first["message_id"] != second["message_id"]
    entry = person.timeline.get(code="resent")
    assert entry.actor == admin_user


def test_two_clicks_at_once_send_one_mail_and_say_who_was_first(world: World, admin_user: Any) -> None:
    person = world.sign_up(world.campaign(), "ivan@example.com")
    world.settle()

    def click(_: int) -> AlreadyResent | None:
        try:
            resending.resend_link(registration_id=person.pk, user_id=admin_user.pk, expected_generation=1)
        except AlreadyResent as refusal:
            return refusal
        finally:
            connections.close_all()
        return None

    with ThreadPoolExecutor(4) as pool:
        refusals = [refusal for refusal in pool.map(click, range(4)) if refusal]
    assert person.mails.filter(kind="link").count() == 2
    assert {refusal.by for refusal in refusals} == {admin_user.get_username()}
    assert len(refusals) == 3


def test_there_is_nothing_to_resend_before_there_is_a_link(world: World, admin_user: Any) -> None:
    person = world.sign_up(world.campaign(), "ivan@example.com")
    with pytest.raises(NothingToSend):
        resending.resend_link(registration_id=person.pk, user_id=admin_user.pk)


def test_trying_again_brings_a_parked_person_through_once_the_cause_is_gone(world: World, admin_user: Any) -> None:
    world.sandbox.fault("register", "status", status=400, body={"error": {"code": 400, "message": "ERROR_BAD_REQUEST"}})
    person = world.sign_up(world.campaign(), "ivan@example.com")
    world.drain_seats()
    assert world.seat(person).state == StepState.PARKED
    resending.try_again(registration_id=person.pk, user_id=admin_user.pk)
    world.settle()
    assert len(world.at_platform("ivan@example.com")) == 1
    assert len(world.mails("ivan@example.com")) == 1


def test_every_look_at_a_link_is_written_down(world: World, admin_user: Any) -> None:
    person = world.sign_up(world.campaign(), "ivan@example.com")
    world.settle()
    links = resending.show_links(registration_id=person.pk, user_id=admin_user.pk)
    assert links == [world.at_platform("ivan@example.com")[0]["link"]]
    assert person.timeline.get(code="link_seen").actor == admin_user
