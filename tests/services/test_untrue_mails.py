"""Mails that had become untrue, or somebody else's to send, by the time they could leave."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from django.db import connection

from registrations.mailing.delivery import Connection
from registrations.models import OutgoingEmail, Registration, StepState, db_now
from registrations.services import answering
from tests.services.conftest import World
from tests.services.timing import ago


def subjects(world: World, address: str) -> list[str]:
    """What arrived, oldest first: the words before the colon."""
    return [message["subject"].partition(":")[0] for message in world.sandbox.messages(address)]


def put_off(kind: str) -> None:
    """As if the mail server had asked to try this mail later."""
    OutgoingEmail.objects.filter(kind=kind, state=StepState.QUEUED).update(run_at=db_now() + timedelta(seconds=30))


def test_a_cancellation_is_not_confirmed_after_the_person_has_come_back(world: World) -> None:
    person = world.sign_up(world.campaign(), "ivan@example.com")
    world.settle()
    world.cancel(person)
    put_off("cancelled")
    world.come_back(person)
    world.settle()
    assert subjects(world, "ivan@example.com") == ["Your link", "Your link"]
    assert person.mails.get(kind="cancelled").state == StepState.CANCELLED


def test_a_link_is_not_said_to_follow_after_it_was_sent(world: World) -> None:
    person = world.sign_up(world.campaign(), "ivan@example.com")
    person.submissions.update(received_at=ago(minutes=6))
    answering.follow_up()
    put_off("delayed")
    world.drain_seats()
    world.drain_mails()
    world.make_all_due()
    world.drain_mails()
    assert subjects(world, "ivan@example.com") == ["Your link"]
    assert person.mails.get(kind="delayed").state == StepState.CANCELLED


def test_a_link_is_not_said_to_follow_to_somebody_who_has_left(world: World) -> None:
    world.sandbox.fault("register", "status", status=503, count=None)
    person = world.sign_up(world.campaign(), "ivan@example.com")
    world.drain_seats()
    person.submissions.update(received_at=ago(minutes=6))
    answering.follow_up()
    world.cancel(person)
    world.make_all_due()
    world.drain_mails()
    assert subjects(world, "ivan@example.com") == ["Cancelled"]


@pytest.fixture
def person(world: World) -> Registration:
    """Somebody registered whose link mail is queued."""
    registration = world.sign_up(world.campaign(), "ivan@example.com")
    world.drain_seats()
    return registration


def test_a_mail_that_another_worker_has_taken_over_meanwhile_is_not_sent(
    world: World, person: Registration, monkeypatch: pytest.MonkeyPatch
) -> None:
    send = Connection.send

    def overtaken(self: Connection, message: EmailMessage, *, on_data: Callable[[], None], **more: Any) -> str:
        def taken_over() -> None:
            OutgoingEmail.objects.update(lease_token=uuid.uuid4(), lease_until=db_now() + timedelta(minutes=1))
            connection.close()
            on_data()

        return send(self, message, on_data=taken_over, **more)

    with monkeypatch.context() as patch:
        patch.setattr(Connection, "send", overtaken)
        world.drain_mails()
    assert not subjects(world, "ivan@example.com")
    assert person.mails.get().state == StepState.LEASED
    assert person.mails.get().data_started_at is None

    OutgoingEmail.objects.update(lease_until=ago(seconds=1))
    world.drain_mails()
    assert subjects(world, "ivan@example.com") == ["Your link"]
    assert not person.mails.get().possible_second_copy


def test_the_next_mail_of_a_turn_leaves_though_one_was_taken_over(
    world: World, person: Registration, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = world.sign_up(person.campaign, "olga@example.com")
    world.drain_seats()
    send = Connection.send

    def overtaken(self: Connection, message: EmailMessage, *, on_data: Callable[[], None], **more: Any) -> str:
        def taken_over() -> None:
            OutgoingEmail.objects.filter(registration=person).update(lease_token=uuid.uuid4())
            connection.close()
            on_data()

        return send(self, message, on_data=taken_over if person.email in message.to else on_data, **more)

    monkeypatch.setattr(Connection, "send", overtaken)
    world.drain_mails()
    assert subjects(world, "olga@example.com") == ["Your link"]
    assert other.mails.get().state == StepState.SETTLED
    assert not subjects(world, "ivan@example.com")
