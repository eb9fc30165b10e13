"""Looks at participants lists: shared by all in doubt, made before many are registered, and never older than the doubt."""

from __future__ import annotations

from datetime import timedelta

import pytest

from registrations.models import Campaign, Fact, Priority, Registration, Seat, StepState, db_now
from registrations.services.looks import KEPT, LOOKS, Look, Looks
from tests import factories
from tests.services.conftest import World

CROWD = 60


@pytest.fixture(autouse=True)
def no_looks() -> None:
    LOOKS.__init__()  # type: ignore[misc]  # of earlier tests


def calls(world: World, route: str) -> int:
    return sum(world.sandbox.counters().get(route, {}).values())


def known_at_the_platform(world: World, campaign: Campaign, count: int) -> list[str]:
    """People whom somebody else registered there."""
    addresses = [f"known{number}@example.com" for number in range(count)]
    assert campaign.session is not None
    path = f"/eventsessions/{campaign.session.external_id}/invite"
    for start in range(0, count, 50):
        users = [{"email": address, "name": "Ivan"} for address in addresses[start : start + 50]]
        world.sandbox.platform("POST", path, {"users": users, "sendEmail": False})
    return addresses


def everybody_has_their_own_link(world: World, people: list[Registration]) -> None:
    for person in people:
        [participation] = world.at_platform(person.email)
        seat = world.seat(person)
        assert (seat.state, seat.fact, seat.link) == (StepState.SETTLED, Fact.IN, participation["link"])


def test_whoever_is_there_already_is_found_by_one_look_and_not_asked_for_one_by_one(world: World) -> None:
    campaign = world.campaign()
    addresses = known_at_the_platform(world, campaign, CROWD)
    sample = world.sign_up(campaign, "first@example.com")
    world.drain_seats()
    people = [world.sign_up(campaign, address) for address in addresses]
    before = calls(world, "register") + calls(world, "invite")
    world.settle()
    everybody_has_their_own_link(world, [sample, *people])
    asked = calls(world, "register") + calls(world, "invite") - before
    assert asked + calls(world, "participations") < CROWD / 4


def test_an_event_whose_first_link_we_do_not_know_yet_is_asked_for_one(world: World) -> None:
    campaign = world.campaign()
    people = [world.sign_up(campaign, address) for address in known_at_the_platform(world, campaign, CROWD)]
    world.settle(6)
    everybody_has_their_own_link(world, people)
    assert calls(world, "register") < CROWD / 4


def test_strangers_are_registered_in_bulk_after_a_look_at_an_empty_list(world: World) -> None:
    campaign = world.campaign()
    people = [world.sign_up(campaign, f"new{number}@example.com") for number in range(CROWD)]
    world.settle()
    everybody_has_their_own_link(world, people)
    assert (calls(world, "register"), calls(world, "invite"), calls(world, "participations")) == (0, 2, 1)


def test_an_imported_crowd_of_known_and_new_people_ends_with_one_registration_each(world: World) -> None:
    campaign = world.campaign()
    addresses = known_at_the_platform(world, campaign, 30) + [f"new{number}@example.com" for number in range(40)]
    people = [world.sign_up(campaign, address) for address in addresses]
    Seat.objects.update(priority=Priority.BULK)
    world.settle(6)
    everybody_has_their_own_link(world, people)


def test_of_few_people_nobody_looks_first(world: World) -> None:
    campaign = world.campaign()
    for number in range(5):
        world.sign_up(campaign, f"new{number}@example.com")
    world.drain_seats()
    assert calls(world, "participations") == 0


def test_many_left_out_of_an_answer_share_one_look(world: World) -> None:
    campaign = world.campaign()
    people = [world.sign_up(campaign, address) for address in known_at_the_platform(world, campaign, 8)]
    world.settle()
    everybody_has_their_own_link(world, people)
    assert calls(world, "participations") == 1


@pytest.fixture
def doubtful(db: None) -> Seat:
    seat = factories.claimed_seat(factories.make_person())
    seat.in_doubt_since = seat.run_at = db_now() - timedelta(seconds=20)
    return seat


def test_a_look_serves_whoever_was_in_doubt_when_it_began(doubtful: Seat) -> None:
    looks, look = Looks(), Look(db_now() - timedelta(seconds=10), {})
    looks.keep(doubtful, look)
    assert looks.for_all([doubtful]) is look


@pytest.mark.parametrize("later", ["in_doubt_since", "run_at"])
def test_a_look_from_before_the_doubt_or_within_its_wait_serves_nobody(doubtful: Seat, later: str) -> None:
    looks = Looks()
    looks.keep(doubtful, Look(db_now() - timedelta(seconds=10), {}))
    setattr(doubtful, later, db_now() - timedelta(seconds=5))
    assert looks.for_all([doubtful]) is None


def test_whoever_lost_a_worker_is_looked_at_anew(doubtful: Seat) -> None:
    looks = Looks()
    looks.keep(doubtful, Look(db_now(), {}))
    doubtful.lost_leases = 1
    assert looks.for_all([doubtful]) is None


def test_a_look_is_forgotten_after_a_minute(doubtful: Seat) -> None:
    looks = Looks()
    doubtful.in_doubt_since = doubtful.run_at = db_now() - timedelta(minutes=5)
    looks.keep(doubtful, Look(db_now() - timedelta(seconds=61), {}))
    assert looks.for_all([doubtful]) is None


def test_only_the_last_few_looks_are_kept(doubtful: Seat) -> None:
    looks = Looks()
    for number in range(KEPT + 1):
        doubtful.session_id = number
        looks.keep(doubtful, Look(db_now(), {}))
    doubtful.session_id = 0
    assert looks.for_all([doubtful]) is None
