"""Claiming, fencing and finishing, row by row."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections

from registrations.models import Account, Event, Fact, Priority, Registration, Seat, StepState, Wish, db_now
from registrations.services import arrivals, leases, steps
from registrations.services.steps import Finish
from registrations.webinar.provider import Participation
from tests import factories
from tests.services.conftest import World

pytestmark = pytest.mark.django_db


@pytest.fixture
def event() -> Event:
    account = Account.objects.create(name="Demo", base_url="https://example.com/v3", api_key="k" * 32)
    return Event.objects.create(account=account, external_id="1", title="Webinar")


def make_seats(event: Event, count: int) -> list[Seat]:
    return [
        Seat.objects.create(account=event.account, event=event, address=f"person{number}@example.com")
        for number in range(count)
    ]


def claim(limit: int = 10) -> list[Seat]:
    return steps.claim(rows=Seat.objects.all(), limit=limit)


def lose_lease(seat: Seat) -> None:
    Seat.objects.filter(pk=seat.pk).update(lease_until=db_now() - timedelta(seconds=1))


def test_a_claim_takes_the_most_urgent_and_longest_due_first(event: Event) -> None:
    bulk, late, early = make_seats(event, 3)
    Seat.objects.filter(pk=bulk.pk).update(priority=Priority.BULK, run_at=db_now() - timedelta(hours=2))
    Seat.objects.filter(pk=early.pk).update(run_at=db_now() - timedelta(hours=1))
    assert claim() == [early, late, bulk]


def test_what_is_given_back_together_keeps_its_place_and_what_somebody_else_holds_is_theirs(event: Event) -> None:
    make_seats(event, 3)
    mine = [*claim(2), *claim(1)]
    lose_lease(mine[0])
    [theirs] = claim()
    before = {seat.pk: (seat.run_at, seat.attempts) for seat in Seat.objects.all()}
    steps.release_all(mine)
    assert {seat.pk: (seat.run_at, seat.attempts) for seat in Seat.objects.all()} == before
    assert list(Seat.objects.filter(state=StepState.LEASED)) == [theirs]
    assert set(claim()) == set(mine[1:])


def test_what_is_not_due_yet_is_not_claimed(event: Event) -> None:
    make_seats(event, 1)
    Seat.objects.update(run_at=db_now() + timedelta(minutes=1))
    assert claim() == []


def test_a_claimed_row_is_not_claimed_again_before_its_lease_runs_out(event: Event) -> None:
    [seat] = make_seats(event, 1)
    assert claim() == [seat]
    assert claim() == []
    lose_lease(seat)
    assert claim() == [seat]


@pytest.mark.django_db(transaction=True)
def test_rows_claimed_at_once_by_many_are_claimed_once_each(event: Event) -> None:
    make_seats(event, 40)

    def take(_: int) -> list[int]:
        try:
            return [seat.pk for seat in claim(limit=7)]
        finally:
            connections.close_all()

    with ThreadPoolExecutor(6) as pool:
        taken = [pk for batch in pool.map(take, range(6)) for pk in batch]
    assert len(taken) == len(set(taken)) == 40


def test_only_a_begun_row_counts_a_lost_lease_and_is_in_doubt(event: Event) -> None:
    begun, waiting = make_seats(event, 2)
    for seat in claim():
        if seat == begun:
            assert steps.begin(seat)
        lose_lease(seat)
    again = {seat.pk: seat for seat in claim()}
    assert (again[begun.pk].lost_leases, again[begun.pk].in_doubt_since is not None) == (1, True)
    assert (again[waiting.pk].lost_leases, again[waiting.pk].in_doubt_since) == (0, None)


def test_a_finish_by_whoever_lost_the_lease_writes_nothing(event: Event) -> None:
    make_seats(event, 1)
    [old] = claim()
    lose_lease(old)
    [new] = claim()
    assert steps.settle(old, participation_id="1") is Finish.LEASE_LOST
    assert steps.settle(new, participation_id="2") is Finish.DONE
    assert Seat.objects.get().participation_id == "2"


def test_a_wish_that_changed_during_the_call_keeps_the_fact_and_queues_the_row_again(event: Event) -> None:
    make_seats(event, 1)
    [seat] = claim()
    assert steps.begin(seat)
    changed = Seat.objects.get()
    assert changed.want(Wish.OUT)
    changed.save()
    assert changed.state == StepState.LEASED
    assert steps.settle(seat, fact="in", participation_id="1") is Finish.WISH_CHANGED
    seat.refresh_from_db()
    assert (seat.state, seat.fact, seat.participation_id) == (StepState.QUEUED, "in", "1")


def test_a_call_is_not_begun_for_a_wish_that_changed_since_the_claim(event: Event) -> None:
    make_seats(event, 1)
    [seat] = claim()
    changed = Seat.objects.get()
    changed.want(Wish.OUT)
    changed.save()
    assert not steps.begin(seat)
    assert Seat.objects.get().state == StepState.QUEUED


def test_parking_gives_way_to_a_changed_wish(event: Event) -> None:
    make_seats(event, 1)
    [seat] = claim()
    changed = Seat.objects.get()
    changed.want(Wish.OUT)
    changed.save()
    assert steps.park(seat, reason="http_400") is Finish.WISH_CHANGED
    assert Seat.objects.get().state == StepState.QUEUED


def test_a_throttled_call_counts_no_try(event: Event) -> None:
    make_seats(event, 1)
    [seat] = claim()
    steps.begin(seat)
    steps.give_back_uncounted(seat, delay=3)
    seat.refresh_from_db()
    assert (seat.attempts, seat.begun_at, seat.state) == (0, None, StepState.QUEUED)
    assert seat.run_at > db_now() + timedelta(seconds=2)


@pytest.mark.parametrize(("attempts", "seconds"), [(1, 5), (2, 15), (3, 45), (8, 2400), (9, 3600), (50, 3600)])
def test_the_wait_grows_to_an_hour_and_varies_by_half(attempts: int, seconds: int) -> None:
    waits = [steps.backoff_seconds(attempts) for _ in range(200)]
    assert seconds * 0.5 <= min(waits) < seconds * 0.7
    assert seconds * 1.3 < max(waits) <= seconds * 1.5


@pytest.mark.django_db(transaction=True)
def test_one_drain_at_a_time_holds_an_account(event: Event) -> None:
    with leases.hold(Account, event.account_id) as first:
        assert first is not None
        with leases.hold(Account, event.account_id) as second:
            assert second is None
    with leases.hold(Account, event.account_id) as third:
        assert third is not None


def test_a_hold_that_ran_out_and_was_taken_over_does_not_renew(event: Event) -> None:
    with leases.hold(Account, event.account_id) as held:
        assert held is not None
        Account.objects.update(lease_token="00000000-0000-0000-0000-000000000001")
        held.until = db_now()
        assert not held.renew()


def test_a_hold_that_was_taken_over_never_renews_again(event: Event) -> None:
    with leases.hold(Account, event.account_id) as held:
        assert held is not None
        Account.objects.update(lease_token="00000000-0000-0000-0000-000000000001")
        held.until = db_now() + timedelta(seconds=1)
        assert [held.renew(), held.renew()] == [False, False]


def registered_late(world: World, person: Registration) -> Participation:
    """The platform registers somebody now, by a call whose maker has lost the lease; returns its answer."""
    path = f"/eventsessions/{person.campaign.session.external_id}/register"
    made = world.sandbox.platform("POST", path, {"email": person.email, "name": "Ivan", "sendEmail": False})
    return Participation(
        participation_id=str(made["participationId"]),
        email=person.email,
        link=made["link"],
        admitted=True,
        registered_at=db_now(),
    )


@pytest.mark.django_db(transaction=True)
def test_whoever_left_before_a_late_answer_of_a_lost_lease_is_taken_out_all_the_same(world: World) -> None:
    person = world.sign_up(world.campaign(), "ivan@example.com")
    lost = factories.claimed_seat(person)
    lose_lease(lost)
    world.cancel(person)
    world.drain_seats()
    assert (world.seat(person).state, world.seat(person).fact) == (StepState.SETTLED, Fact.OUT)

    arrivals.let_in(lost, registered_late(world, person))
    world.settle()
    assert not world.at_platform("ivan@example.com")
    assert (world.seat(person).state, world.seat(person).fact) == (StepState.SETTLED, Fact.OUT)


@pytest.mark.django_db(transaction=True)
def test_a_late_answer_of_a_lost_lease_spares_the_next_worker_the_search_for_the_link(world: World) -> None:
    person = world.sign_up(world.campaign(), "ivan@example.com")
    lost = factories.claimed_seat(person)
    lose_lease(lost)
    answer = registered_late(world, person)
    arrivals.let_in(lost, answer)
    world.drain_seats()
    seat = world.seat(person)
    assert (seat.state, seat.fact, seat.link) == (StepState.SETTLED, Fact.IN, answer.link)
    assert "register" not in world.sandbox.counters() or world.sandbox.counters()["register"] == {"201": 1}
    assert len(world.mails("ivan@example.com")) == 1
