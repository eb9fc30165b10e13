"""Seats whose last call may have worked: when we look, what a look decides, and whom it must not hold up."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

import pytest
from django.conf import LazySettings

from registrations.models import Account, Campaign, Fact, Pause, Registration, Seat, StepState, db_now
from registrations.services import outcomes, resending, sweeping, turns
from registrations.services.due import NOTHING
from registrations.services.errands import Errand
from registrations.webinar.provider import Participation, Provider, Target
from registrations.webinar.providers.webinar_ru import WebinarRu
from tests import factories
from tests.services.conftest import World
from tests.services.timing import ago, put_forward

SETTLE_SECONDS = WebinarRu.capabilities.settle_seconds


def work_on(world: World, settings: LazySettings, *, rounds: int = 6, minutes: float = 10) -> None:
    """Drain as time passes: each round comes so much later than the one before."""
    for _ in range(rounds):
        put_forward(settings, minutes=minutes)
        world.drain_seats(2)


def calls(world: World, route: str) -> int:
    """How many calls the platform got at a route, whatever it answered."""
    return sum(world.sandbox.counters().get(route, {}).values())


def register_late(world: World, campaign: Campaign, email: str) -> None:
    """The platform does now what a call that broke off had asked for."""
    path = f"/eventsessions/{campaign.session.external_id}/register"
    world.sandbox.platform("POST", path, {"email": email, "name": "Ivan", "sendEmail": False})


def delete_late(world: World, email: str) -> None:
    """The same for a deletion."""
    [there] = world.at_platform(email)
    world.sandbox.platform("POST", "/participations/delete", {"participationIds": [there["id"]]})


def registered(world: World, campaign: Campaign, email: str = "ivan@example.com") -> Registration:
    """Somebody who is in and has their link."""
    person = world.sign_up(campaign, email)
    world.settle()
    assert world.seat(person).fact == Fact.IN
    return person


def waits(seat: Seat) -> float:
    """Seconds until a seat's next try."""
    return (seat.run_at - db_now()).total_seconds()


# A wish that changes while the last call is in doubt


def test_whoever_comes_back_while_their_deletion_is_in_doubt_is_registered_again(world: World, settings: LazySettings) -> None:
    person = registered(world, world.campaign())
    world.cancel(person)
    world.sandbox.fault("delete", "drop_after_work")
    world.drain_seats()
    world.come_back(person)
    work_on(world, settings)

    [participation] = world.at_platform("ivan@example.com")
    seat = world.seat(person)
    assert (seat.state, seat.fact, seat.link) == (StepState.SETTLED, Fact.IN, participation["link"])


def test_whoever_comes_back_before_a_broken_deletion_works_late_is_registered_again(
    world: World, settings: LazySettings
) -> None:
    person = registered(world, world.campaign())
    world.cancel(person)
    world.sandbox.fault("delete", "drop_before_work")
    world.drain_seats()
    world.come_back(person)
    before = world.sandbox.counters()
    assert world.drain_seats(2) == NOTHING
    assert world.sandbox.counters() == before
    assert waits(world.seat(person)) > SETTLE_SECONDS / 2

    delete_late(world, "ivan@example.com")
    work_on(world, settings)
    [participation] = world.at_platform("ivan@example.com")
    assert world.seat(person).link == participation["link"]


def test_whoever_cancels_before_a_broken_registration_works_late_does_not_stay_in(world: World, settings: LazySettings) -> None:
    campaign = world.campaign()
    person = registered(world, campaign)
    world.cancel(person)
    world.settle()
    world.sandbox.fault("register", "drop_before_work")
    world.sign_up(campaign, "ivan@example.com")
    world.drain_seats()
    world.cancel(person)
    before = world.sandbox.counters()
    world.drain_seats(2)
    assert world.sandbox.counters() == before

    register_late(world, campaign, "ivan@example.com")
    work_on(world, settings)
    assert not world.at_platform("ivan@example.com")
    assert (world.seat(person).state, world.seat(person).fact) == (StepState.SETTLED, Fact.OUT)


def test_whoever_cancels_before_their_link_is_asked_for_again_does_not_stay_in(world: World, settings: LazySettings) -> None:
    world.sandbox.fault("register", "drop_after_work")
    person = world.sign_up(world.campaign(), "ivan@example.com")
    world.drain_seats()
    put_forward(settings, minutes=1)
    world.sandbox.fault("register", "status", status=429, retry_after=1)
    world.drain_seats(2)
    assert world.seat(person).in_doubt_since is None
    assert world.seat(person).fact == Fact.UNKNOWN

    world.cancel(person)
    work_on(world, settings)
    assert not world.at_platform("ivan@example.com")
    assert (world.seat(person).state, world.seat(person).fact) == (StepState.SETTLED, Fact.OUT)


def test_whoever_a_bulk_answer_left_out_and_then_cancels_is_looked_for(
    world: World, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = world.campaign()
    invite = WebinarRu.invite
    monkeypatch.setattr(WebinarRu, "invite", lambda *arguments: invite(*arguments)[1:])
    world.sandbox.fault("register", "status", status=429, retry_after=1)
    people = [world.sign_up(campaign) for _ in range(4)]
    world.drain_seats()
    [left_out] = [person for person in people if world.seat(person).fact == Fact.UNKNOWN]
    assert world.at_platform(left_out.email)

    world.cancel(left_out)
    work_on(world, settings)
    assert not world.at_platform(left_out.email)
    assert (world.seat(left_out).state, world.seat(left_out).fact) == (StepState.SETTLED, Fact.OUT)


def test_whoever_left_without_any_call_for_them_costs_none(world: World) -> None:
    person = world.sign_up(world.campaign(), "ivan@example.com")
    world.cancel(person)
    world.drain_seats()
    assert calls(world, "participations") == 0
    assert (world.seat(person).state, world.seat(person).fact) == (StepState.SETTLED, Fact.OUT)


def test_a_link_whose_person_never_appears_in_the_list_is_asked_for_anew(world: World, settings: LazySettings) -> None:
    campaign = world.campaign(moderated=True)
    world.sandbox.fault("participations", "status", status=503)
    person = world.sign_up(campaign, "ivan@example.com")
    world.drain_seats()
    assert (world.seat(person).fact, bool(world.seat(person).link)) == (Fact.UNKNOWN, True)
    delete_late(world, "ivan@example.com")
    work_on(world, settings, rounds=10, minutes=60)
    [participation] = world.at_platform("ivan@example.com")
    assert (world.seat(person).state, world.seat(person).link) == (StepState.SETTLED, participation["link"])


def test_a_link_that_stays_lost_after_many_tries_needs_a_person_and_is_made_anew_when_they_say_so(
    world: World, settings: LazySettings
) -> None:
    world.sandbox.switches(register_duplicate="conflict")
    world.sandbox.fault("register", "drop_after_work")
    person = world.sign_up(world.campaign(), "ivan@example.com")
    world.drain_seats()
    Seat.objects.update(attempts=outcomes.LINK_TRIES + 1)
    work_on(world, settings)
    assert (world.seat(person).state, world.seat(person).reason) == (StepState.PARKED, "known_without_link")

    resending.try_again(registration_id=person.pk, user_id=factories.make_user().pk)
    work_on(world, settings)
    [participation] = world.at_platform("ivan@example.com")
    assert (world.seat(person).state, world.seat(person).link) == (StepState.SETTLED, participation["link"])


def test_changing_ones_mind_twice_never_makes_two_registrations_where_the_platform_would(
    world: World, settings: LazySettings
) -> None:
    world.sandbox.switches(register_duplicate="second")
    Account.objects.update(unique_by_email=False)
    campaign = world.campaign()
    person = registered(world, campaign)
    world.cancel(person)
    world.settle()
    world.sandbox.fault("register", "drop_before_work")
    world.sign_up(campaign, "ivan@example.com")
    world.drain_seats()
    world.cancel(person)
    world.drain_seats()
    world.sign_up(campaign, "ivan@example.com")
    world.drain_seats()
    assert not world.at_platform("ivan@example.com")

    register_late(world, campaign, "ivan@example.com")
    work_on(world, settings, minutes=1)
    assert len(world.at_platform("ivan@example.com")) == 1
    assert world.seat(person).state == StepState.SETTLED


def test_one_look_is_not_enough_to_call_somebody_out_where_the_platform_would_register_twice(
    world: World, settings: LazySettings
) -> None:
    world.sandbox.switches(register_duplicate="second")
    Account.objects.update(unique_by_email=False)
    campaign = world.campaign()
    world.sandbox.fault("register", "drop_before_work")
    person = world.sign_up(campaign, "ivan@example.com")
    world.drain_seats()
    world.cancel(person)
    put_forward(settings, seconds=SETTLE_SECONDS + 10)
    world.drain_seats()
    assert (world.seat(person).state, world.seat(person).reason) == (StepState.QUEUED, "looking_twice")

    register_late(world, campaign, "ivan@example.com")
    work_on(world, settings, minutes=1)
    assert not world.at_platform("ivan@example.com")
    assert world.seat(person).fact == Fact.OUT


def test_the_probe_of_a_pause_registers_nobody_whose_worker_died_in_the_call(world: World, settings: LazySettings) -> None:
    world.sandbox.switches(register_duplicate="second")
    Account.objects.update(unique_by_email=False)
    campaign = world.campaign()
    world.sandbox.fault("register", "status", status=403)
    person = world.sign_up(campaign, "ivan@example.com")
    world.drain_seats()
    assert Pause.objects.filter(ended_at=None).count() == 1
    died = {"state": StepState.LEASED, "lease_token": uuid.uuid4(), "lease_until": ago(seconds=1), "begun_at": ago(minutes=1)}
    Seat.objects.update(**died)
    register_late(world, campaign, "ivan@example.com")

    Pause.objects.update(next_probe_at=ago(seconds=1))
    work_on(world, settings)
    assert len(world.at_platform("ivan@example.com")) == 1
    assert (world.seat(person).state, world.seat(person).fact) == (StepState.SETTLED, Fact.IN)


def test_a_strangers_form_does_not_pull_a_look_forward(world: World) -> None:
    campaign = world.campaign()
    world.sandbox.fault("register", "drop_before_work")
    person = world.sign_up(campaign, "ivan@example.com")
    world.drain_seats()
    due_at = world.seat(person).run_at
    world.sign_up(campaign, "ivan@example.com", first_name="Somebody")
    assert world.seat(person).run_at == due_at


# Each seat by itself


def test_one_registration_that_cannot_be_deleted_keeps_nobody_else_in_doubt(
    world: World, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = world.campaign()
    leaver = registered(world, campaign, "leaver@example.com")
    world.cancel(leaver)
    monkeypatch.setattr(WebinarRu, "delete", lambda self, participation_ids: 0)
    world.sandbox.fault("register", "drop_after_work", match_email="ivan@example.com")
    person = world.sign_up(campaign, "ivan@example.com")
    world.drain_seats()
    Seat.objects.filter(pk=world.seat(leaver).pk).update(run_at=ago(minutes=1))
    work_on(world, settings, rounds=3)
    assert world.seat(person).state == StepState.SETTLED
    assert world.seat(leaver).in_doubt_since is not None


def test_one_seat_on_which_our_look_fails_parks_no_neighbour(
    world: World, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    decide = sweeping._there

    def failing(provider: Provider, seat: Seat, present: Participation, **options: bool) -> Errand:
        if seat.address == "poison@example.com":
            raise RuntimeError("a fault of ours")
        return (yield from decide(provider, seat, present, **options))

    monkeypatch.setattr(sweeping, "_there", failing)
    campaign = world.campaign()
    world.sandbox.fault("register", "drop_after_work", count=2)
    poison, person = world.sign_up(campaign, "poison@example.com"), world.sign_up(campaign, "ivan@example.com")
    world.drain_seats()
    work_on(world, settings, rounds=3)
    assert world.seat(person).state == StepState.SETTLED
    assert world.seat(poison).fact == Fact.UNKNOWN
    work_on(world, settings, rounds=6)
    assert (world.seat(poison).state, world.seat(poison).reason) == (StepState.PARKED, "inner_fault")


def test_a_crowd_of_newcomers_does_not_keep_a_seat_in_doubt_from_being_looked_at(
    world: World, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = world.campaign()
    world.sandbox.fault("register", "drop_before_work")
    person = world.sign_up(campaign, "ivan@example.com")
    world.drain_seats()
    put_forward(settings, minutes=1)
    for number in range(12):
        world.sign_up(campaign, f"newcomer{number}@example.com")
    # Every slice is full after one newcomer.
    monkeypatch.setattr(turns, "SLICE_SECONDS", 0.2)
    world.sandbox.fault("register", "latency", seconds=0.25, count=None)
    world.drain_seats(4)
    assert calls(world, "participations") == 1
    assert world.seat(person).in_doubt_since is None


# Answers that tell nothing, again and again


def test_the_wait_after_answers_that_tell_nothing_grows_and_is_never_shorter_than_the_settle_time(
    world: World, settings: LazySettings
) -> None:
    world.sandbox.fault("register", "drop_before_work", count=None)
    person = world.sign_up(world.campaign(), "ivan@example.com")
    world.drain_seats()
    waited = []
    for _ in range(6):
        seat = world.seat(person)
        assert seat.in_doubt_since is not None
        waited.append(waits(seat))
        put_forward(settings, seconds=waited[-1] + 1)
        world.drain_seats(2)
    assert min(waited) > SETTLE_SECONDS - 1
    assert waited[-1] > 10 * SETTLE_SECONDS
    assert calls(world, "register") == 7


def test_whose_link_is_no_link_five_times_needs_a_person(world: World, settings: LazySettings) -> None:
    world.sandbox.fault("register", "bad_link", count=None)
    person = world.sign_up(world.campaign(), "ivan@example.com")
    world.drain_seats()
    work_on(world, settings, rounds=8)
    assert (world.seat(person).state, world.seat(person).reason) == (StepState.PARKED, "bad_link")
    assert calls(world, "register") == 5


@pytest.fixture
def lost_link(world: World) -> Registration:
    """Somebody whom our own call registered at a platform that tells the link only once, in an answer that got lost."""
    world.sandbox.switches(register_duplicate="conflict")
    world.sandbox.fault("register", "drop_after_work")
    person = world.sign_up(world.campaign(), "ivan@example.com")
    world.drain_seats()
    return person


def test_registering_anew_waits_where_the_platform_deletes_nobody(
    world: World, settings: LazySettings, monkeypatch: pytest.MonkeyPatch, lost_link: Registration
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(WebinarRu, "delete", lambda self, participation_ids: 0)
        put_forward(settings, minutes=1)
        world.drain_seats(3)
    assert calls(world, "register") == 2
    assert waits(world.seat(lost_link)) > 0
    work_on(world, settings, rounds=3)
    assert world.seat(lost_link).state == StepState.SETTLED


# Moderated events


def test_a_moderation_that_processed_fewer_than_asked_lets_nobody_in_by_itself(
    world: World, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.sandbox.switches(is_accepted_flag="ignored")
    campaign = world.campaign(moderated=True)
    people = [world.sign_up(campaign, f"ivan{number}@example.com") for number in range(2)]
    moderate = WebinarRu.moderate

    def all_but_one(self: WebinarRu, target: Target, participation_ids: Iterable[str], *, admit: bool) -> int:
        return moderate(self, target, list(participation_ids)[1:], admit=admit)

    monkeypatch.setattr(WebinarRu, "moderate", all_but_one)
    world.drain_seats(2)
    assert [world.seat(person).state for person in people] == [StepState.QUEUED] * 2
    assert not any(person.mails.exists() for person in people)

    monkeypatch.setattr(WebinarRu, "moderate", moderate)
    work_on(world, settings, rounds=3)
    assert [world.at_platform(person.email)[0]["state"] for person in people] == ["accepted"] * 2
    assert [world.seat(person).state for person in people] == [StepState.SETTLED] * 2
