"""What a mail server may do to us, and what each mail ends as."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import LazySettings

from registrations.models import OutgoingEmail, Registration, Sender, StepState, db_now
from registrations.services import emailing, resending
from registrations.services.senders import default_sender
from tests.services.conftest import World


@pytest.fixture
def person(world: World) -> Registration:
    """Somebody registered whose link mail is queued."""
    registration = world.sign_up(world.campaign(), "ivan@example.com")
    world.drain_seats()
    return registration


def mail_server_recovers(world: World) -> None:
    Sender.objects.update(retry_at=None)
    world.make_all_due()
    world.drain_mails()


@pytest.mark.parametrize(
    ("verb", "kind", "details"),
    [
        ("connect", "refuse", {"code": 421}),
        ("helo", "drop", {}),
        ("mail", "refuse", {"code": 451}),
        ("rcpt", "refuse", {"code": 450}),
        ("data", "refuse", {"code": 452}),
        ("dot", "refuse", {"code": 451}),
        ("rcpt", "drop", {}),
        ("dot", "drop", {}),
    ],
)
def test_a_mail_that_was_not_taken_is_sent_later_exactly_once(
    world: World, person: Registration, verb: str, kind: str, details: dict[str, Any]
) -> None:
    world.sandbox.smtp_fault(verb, kind, **details)
    world.drain_mails()
    assert not world.sandbox.messages("ivan@example.com")
    mail_server_recovers(world)
    assert len(world.sandbox.wait_for_messages("ivan@example.com")) == 1
    assert person.mails.get().state == StepState.SETTLED


def test_a_refused_recipient_needs_a_person_at_once_and_holds_nobody_up(world: World, person: Registration) -> None:
    world.sandbox.smtp_fault("rcpt", "refuse", code=550, match="ivan@example.com", count=None)
    world.sign_up(person.campaign, "olga@example.com")
    world.drain_seats()
    world.drain_mails()
    mail = person.mails.get()
    assert (mail.state, mail.reason) == (StepState.PARKED, "rcpt_550")
    assert len(world.sandbox.wait_for_messages("olga@example.com")) == 1


def test_a_server_in_trouble_makes_the_whole_sender_wait_and_no_mail_lose_a_try(world: World, person: Registration) -> None:
    world.sandbox.smtp_fault("connect", "refuse", code=421, count=None)
    world.drain_mails()
    sender = Sender.objects.get()
    assert sender.trouble
    assert sender.retry_at > db_now()
    assert person.mails.get().attempts == 0
    assert not emailing.due_senders()
    world.sandbox.clear_faults()
    mail_server_recovers(world)
    assert Sender.objects.get().trouble == ""


@pytest.mark.parametrize("policy", ["resend", "hold"])
def test_a_mail_that_may_be_out_follows_the_installations_policy(
    world: World, person: Registration, settings: LazySettings, policy: str
) -> None:
    settings.MAIL_UNCERTAIN_POLICY = policy
    world.sandbox.smtp_fault("dot", "accept_drop")
    world.drain_mails()
    mail_server_recovers(world)
    copies = world.sandbox.wait_for_messages("ivan@example.com", 2 if policy == "resend" else 1)
    mail = person.mails.get()
    assert len({copy["message_id"] for copy in copies}) == 1
    if policy == "resend":
        assert copies[0]["text"] == copies[1]["text"]
        assert (mail.state, mail.possible_second_copy) == (StepState.SETTLED, True)
        assert person.timeline.filter(code="second_copy").count() == 1
    else:
        assert len(copies) == 1
        assert (mail.state, mail.reason) == (StepState.PARKED, "may_have_been_sent")


def test_staff_may_send_a_held_mail_again(world: World, person: Registration, settings: LazySettings, admin_user: Any) -> None:
    settings.MAIL_UNCERTAIN_POLICY = "hold"
    world.sandbox.smtp_fault("dot", "accept_drop")
    world.drain_mails()
    mail_server_recovers(world)
    resending.try_again(registration_id=person.pk, user_id=admin_user.pk)
    world.drain_mails()
    assert len(world.sandbox.wait_for_messages("ivan@example.com", 2)) == 2


def test_a_mail_whose_worker_died_before_the_text_left_is_simply_sent(world: World, person: Registration) -> None:
    OutgoingEmail.objects.update(
        state="leased", lease_until="2000-01-01T00:00:00Z", begun_at="2000-01-01T00:00:00Z",
        lease_token="00000000-0000-0000-0000-000000000001",
    )  # fmt: skip
    world.drain_mails()
    assert len(world.sandbox.wait_for_messages("ivan@example.com")) == 1
    assert not person.mails.get().possible_second_copy


def test_what_is_stored_of_a_letter_is_unreadable_without_the_key(world: World, person: Registration) -> None:
    from django.db import connection

    world.drain_mails()
    with connection.cursor() as cursor:
        cursor.execute("SELECT letter FROM registrations_outgoingemail")
        [(stored,)] = cursor.fetchall()
        cursor.execute("SELECT link FROM registrations_seat")
        [(link,)] = cursor.fetchall()
        cursor.execute("SELECT token FROM registrations_registration")
        [(token,)] = cursor.fetchall()
    seat = world.seat(person)
    assert "ivan@example.com" not in stored
    assert seat.link not in (stored, link)
    assert person.token != token
    assert default_sender().address not in stored


def test_a_sender_keeps_the_pace_its_provider_allows(world: World, person: Registration) -> None:
    Sender.objects.update(mails_per_second=5)
    for number in range(4):
        world.sign_up(person.campaign, f"person{number}@example.com")
    world.drain_seats()
    started = db_now()
    world.drain_mails()
    assert (db_now() - started).total_seconds() > 0.75
    assert world.sandbox.mails_received() == 5
