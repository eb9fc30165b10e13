"""Several calls under way at once: a slow platform costs no slot, and nobody who is urgent waits for a crowd."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connections

from registrations.models import Account, Bulk, Fact, Priority, Registration, Seat, StepState, db_now
from registrations.services import pace, seating, turns
from registrations.webinar.provider import Participation, Person, Target
from registrations.webinar.providers.webinar_ru import WebinarRu
from tests.services.conftest import World


def crowd(world: World, number: int, **options: Any) -> list[Registration]:
    campaign = world.campaign(**options)
    return [world.sign_up(campaign, f"person{index}@example.com") for index in range(number)]


def as_imported(people: list[Registration]) -> None:
    Seat.objects.filter(enrollments__registration__in=people).update(priority=Priority.BULK)


def closing(work: Callable[[], object]) -> Callable[[], None]:
    """The same for a thread of its own, whose connection to the database is closed in the end."""

    def work_and_close() -> None:
        try:
            work()
        finally:
            connections.close_all()

    return work_and_close


def order_of_calls(world: World) -> list[str]:
    """Whom the platform registered by a call of their own, in its order."""
    return [item["email"] for item in world.sandbox.participations() if not item["invited"]]


def test_while_one_call_hangs_others_are_made(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    people = crowd(world, 6, bulk=Bulk.NEVER)
    register, others_done = WebinarRu.register, threading.Semaphore(0)

    def slow_for_the_first(self: WebinarRu, target: Target, person: Person) -> Participation:
        if person.email == people[0].email:
            # Goes on once all the others are through: alone on its thread it would wait for ever.
            assert all(others_done.acquire(timeout=20) for _ in people[1:])
            return register(self, target, person)
        done = register(self, target, person)
        others_done.release()
        return done

    monkeypatch.setattr(WebinarRu, "register", slow_for_the_first)
    world.drain_seats()
    assert {world.seat(person).fact for person in people} == {Fact.IN}


def test_calls_under_way_keep_the_pace_on_a_slow_platform(world: World) -> None:
    """At 5 calls a second and half a second per answer, ten people take two seconds; one after the other, five."""
    people = crowd(world, 10, bulk=Bulk.NEVER)
    world.drain_seats()  # reads the event's details, registers everybody
    Seat.objects.update(state=StepState.QUEUED, fact=Fact.OUT, participation_id=None, link="", link_hash=None, attempts=0)
    Account.objects.update(calls_per_second=5)
    world.sandbox.switches(rate=5)
    world.sandbox.fault("register", "latency", seconds=0.5, count=None)
    before = time.monotonic()
    world.drain_seats(2)
    took = time.monotonic() - before
    assert {world.seat(person).fact for person in people} == {Fact.IN}
    assert world.sandbox.counters()["register"].get("429", 0) <= 1  # a machine that stands still for a moment
    assert took < 10 * 0.5


def test_a_fresh_sign_up_goes_before_an_imported_crowd(world: World) -> None:
    imported = crowd(world, 12, bulk=Bulk.NEVER)
    as_imported(imported)
    Account.objects.update(calls_per_second=10)
    fresh = world.sign_up(imported[0].campaign, "fresh@example.com")
    world.drain_seats()
    assert order_of_calls(world)[0] == fresh.email


def test_a_fresh_sign_up_overtakes_imported_people_who_are_claimed_already(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    imported = crowd(world, 20, bulk=Bulk.NEVER)
    as_imported(imported)
    Account.objects.update(calls_per_second=5)
    drain = threading.Thread(target=closing(lambda: seating.drain(account_id=world.account.pk)))
    drain.start()
    while len(order_of_calls(world)) < 3:
        time.sleep(0.05)
    world.sign_up(imported[0].campaign, "fresh@example.com")
    seen = len(order_of_calls(world))
    drain.join()
    assert order_of_calls(world).index("fresh@example.com") <= seen + 4


def test_a_campaign_may_have_only_imported_people_registered_in_bulk(world: World) -> None:
    fresh = crowd(world, 4, bulk=Bulk.IMPORTS)
    imported = [world.sign_up(fresh[0].campaign, f"imported{number}@example.com") for number in range(4)]
    as_imported(imported)
    world.drain_seats()
    assert sorted(order_of_calls(world)) == sorted(person.email for person in fresh)
    assert sum(world.sandbox.counters()["invite"].values()) == 1
    assert {world.seat(person).fact for person in [*fresh, *imported]} == {Fact.IN}


def test_a_worker_that_stands_still_in_its_own_thread_loses_no_lease_of_calls_that_take_long(
    world: World, settings: Any
) -> None:
    """A call may take longer than half a lease; its row stays ours all the while."""
    settings.STEP_LEASE_SECONDS = 1
    [person] = crowd(world, 1, bulk=Bulk.NEVER)
    world.sandbox.fault("register", "latency", seconds=2.0)
    world.drain_seats()
    seat = world.seat(person)
    assert (seat.state, seat.lost_leases) == (StepState.SETTLED, 0)
    assert order_of_calls(world) == [person.email]


def test_a_break_that_the_platform_asked_somebody_else_for_ends_a_turn_and_begins_none(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process met a 429 while this one had people in hand: it gives them back and does not wait for the end."""
    people = crowd(world, 12, bulk=Bulk.NEVER)
    Account.objects.update(calls_per_second=4)
    monkeypatch.setattr(pace, "PATIENCE_SECONDS", 0.5)
    monkeypatch.setattr(turns, "SLICE_SECONDS", 1.0)
    asked = threading.Timer(0.5, closing(lambda: pace.hold_off(account_id=world.account.pk, seconds=600)))
    asked.start()
    world.drain_seats()
    asked.join()
    done = len(order_of_calls(world))
    assert 0 < done < len(people)
    assert {seat.state for seat in Seat.objects.exclude(state=StepState.SETTLED)} == {StepState.QUEUED}
    assert not seating.due_accounts()
    world.drain_seats()
    assert len(order_of_calls(world)) == done
    Account.objects.update(next_call_at=db_now(), calls_per_second=1000)
    world.drain_seats()
    assert {world.seat(person).fact for person in people} == {Fact.IN}
