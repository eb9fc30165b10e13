"""Forgetting a person at every point of running work: whatever still happens, nobody is left at the platform or with us."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.conf import LazySettings

from registrations.models import Erasure, OutgoingEmail, Registration, Seat, StepState
from registrations.services import arrivals, emailing, registering, steps
from registrations.services.senders import default_sender
from registrations.webinar.provider import Participation
from registrations.webinar.providers.webinar_ru import WebinarRu
from tests import factories
from tests.services.conftest import World
from tests.services.erased import calls, carry_out, erase, is_forgotten, places_of, receipt, secrets_of, work_on
from tests.services.racing import at_once
from tests.services.timing import end_event, wait_until

ADDRESS = "cornelia@example.com"
SETTLE_SECONDS = WebinarRu.capabilities.settle_seconds


def signed_up(world: World) -> Registration:
    return world.sign_up(world.campaign(), ADDRESS, first_name="Cornelia")


# The states in which a seat may be


def queued(world: World) -> Registration:
    return signed_up(world)


def claimed(world: World) -> Registration:
    person = signed_up(world)
    assert steps.claim(rows=Seat.objects.all(), limit=1)
    return person


def begun_by_a_worker_that_died(world: World) -> Registration:
    person = signed_up(world)
    factories.claimed_seat(person)
    return person


def settled(world: World) -> Registration:
    person = signed_up(world)
    world.settle()
    return person


def in_doubt_after_the_work(world: World) -> Registration:
    person = signed_up(world)
    world.sandbox.fault("register", "drop_after_work")
    world.drain_seats()
    assert world.seat(person).in_doubt_since is not None
    return person


def in_doubt_without_work(world: World) -> Registration:
    person = signed_up(world)
    world.sandbox.fault("register", "drop_before_work")
    world.drain_seats()
    return person


def parked(world: World) -> Registration:
    person = signed_up(world)
    factories.park_seat(person)
    return person


def parked_but_registered(world: World) -> Registration:
    person = settled(world)
    Seat.objects.update(state=StepState.PARKED, reason="not_admitted", participation_id=None, link="", link_hash=None)
    return person


def cancelled_by_the_person(world: World) -> Registration:
    person = settled(world)
    world.cancel(person)
    world.settle()
    return person


def leaving(world: World) -> Registration:
    person = settled(world)
    world.cancel(person)
    return person


def leaving_in_doubt(world: World) -> Registration:
    person = leaving(world)
    world.sandbox.fault("delete", "drop_before_work")
    world.drain_seats()
    return person


def over(world: World) -> Registration:
    person = settled(world)
    end_event(person.campaign, hours=1)
    return person


POINTS = [
    queued,
    claimed,
    begun_by_a_worker_that_died,
    settled,
    in_doubt_after_the_work,
    in_doubt_without_work,
    parked,
    parked_but_registered,
    cancelled_by_the_person,
    leaving,
    leaving_in_doubt,
    over,
]


@pytest.mark.parametrize("bring_there", POINTS, ids=lambda point: point.__name__)
def test_erasing_reaches_the_end_from_every_state(
    world: World, settings: LazySettings, bring_there: Callable[[World], Registration]
) -> None:
    person = bring_there(world)
    texts = secrets_of(world, person)
    assert places_of(ADDRESS)
    erasure = carry_out(erase(person), settings, world=world)
    assert is_forgotten(world, erasure, person, texts)


# Calls that are under way, or do their work late


def test_an_answer_that_comes_after_the_erasure_leaves_nobody_at_the_platform(world: World, settings: LazySettings) -> None:
    person = signed_up(world)
    texts = secrets_of(world, person)
    world.sandbox.fault("register", "latency", seconds=1.0)
    erasures: list[Erasure] = []

    def ask_meanwhile() -> None:
        wait_until(lambda: Seat.objects.filter(begun_at__isnull=False).exists())
        erasures.append(erase(person))

    assert at_once(world.drain_seats, ask_meanwhile) == []
    [erasure] = erasures
    assert len(world.at_platform(ADDRESS)) == 1
    world.drain_seats()
    carry_out(erasure, settings, world=world)
    assert is_forgotten(world, erasure, person, texts)
    assert erasure.receipt["deleted"] == 1


def test_a_seat_that_was_claimed_is_not_called_for_any_more(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    person = signed_up(world)
    person_for = registering.people.person_for

    def erased_just_then(seat: Seat) -> Any:
        found = person_for(seat)
        erase(person)
        return found

    monkeypatch.setattr(registering.people, "person_for", erased_just_then)
    world.drain_seats()
    assert calls(world, "register") == 0
    assert places_of(ADDRESS) == ["Seat.address", "Erasure.address"]


@pytest.mark.parametrize("lasts", [0.3, 1.5])
def test_work_that_follows_its_broken_answer_is_undone(world: World, settings: LazySettings, lasts: float) -> None:
    person = signed_up(world)
    texts = secrets_of(world, person)
    world.sandbox.fault("register", "late_work", seconds=lasts)
    world.drain_seats()
    erasure = erase(person)
    work_on(erasure)
    wait_until(lambda: world.at_platform(ADDRESS))
    carry_out(erasure, settings, world=world)
    assert is_forgotten(world, erasure, person, texts)


def test_a_worker_that_wakes_after_it_is_all_over_brings_nothing_back(world: World, settings: LazySettings) -> None:
    person = signed_up(world)
    frozen = factories.claimed_seat(person)
    erasure = carry_out(erase(person), settings, world=world)
    assert erasure.state == StepState.SETTLED
    link = "https://rooms.example.org/of-cornelia"
    arrivals.let_in(frozen, Participation(participation_id="8264711935", email=ADDRESS, link=link, admitted=True))
    world.settle()
    assert is_forgotten(world, erasure, person, [ADDRESS, link, "8264711935"])


# Mails that are under way


def hand_over_while_erased(world: World, person: Registration, verb: str) -> Erasure:
    """Erase while the mail server is slow at a command."""
    world.sandbox.smtp_fault(verb, "slow", seconds=1.0)
    erasures: list[Erasure] = []

    def ask_meanwhile() -> None:
        wait_until(lambda: OutgoingEmail.objects.filter(state=StepState.LEASED).exists())
        if verb == "dot":
            wait_until(lambda: OutgoingEmail.objects.filter(data_started_at__isnull=False).exists())
        erasures.append(erase(person))

    assert at_once(lambda: emailing.drain(sender_id=default_sender().pk), ask_meanwhile) == []
    [erasure] = erasures
    return erasure


def test_a_mail_that_is_being_handed_over_does_not_leave(world: World, settings: LazySettings) -> None:
    person = signed_up(world)
    world.drain_seats()
    texts = secrets_of(world, person)
    erasure = hand_over_while_erased(world, person, "rcpt")
    carry_out(erasure, settings, world=world)
    assert not world.sandbox.messages(ADDRESS)
    assert receipt(erasure, "mails_handed_over", "mails_maybe_out", "mails_stopped") == (0, 0, 1)
    assert is_forgotten(world, erasure, person, texts)


def test_a_mail_past_the_mark_may_be_out_and_the_receipt_says_so(world: World, settings: LazySettings) -> None:
    person = signed_up(world)
    world.drain_seats()
    texts = secrets_of(world, person)
    erasure = hand_over_while_erased(world, person, "dot")
    carry_out(erasure, settings, world=world)
    assert len(world.sandbox.messages(ADDRESS)) == 1
    assert receipt(erasure, "mails_handed_over", "mails_maybe_out", "mails_stopped") == (0, 1, 0)
    assert {"maybe_mailbox", "mail_logs"} <= set(erasure.receipt["stays"])
    assert is_forgotten(world, erasure, person, texts)


@pytest.mark.parametrize("fault", ["accept_drop", "drop"])
def test_a_mail_in_doubt_is_not_repeated(world: World, settings: LazySettings, fault: str) -> None:
    person = signed_up(world)
    world.drain_seats()
    texts = secrets_of(world, person)
    world.sandbox.smtp_fault("dot", fault)
    world.drain_mails()
    before = len(world.sandbox.messages(ADDRESS))
    erasure = carry_out(erase(person), settings, world=world)
    world.settle()
    assert len(world.sandbox.messages(ADDRESS)) == before
    assert receipt(erasure, "mails_maybe_out", "mails_stopped") == (1, 0)
    assert is_forgotten(world, erasure, person, texts)
