"""A single answer carries no address: a link of somebody whom we do not hold yet looks like one's own."""

from __future__ import annotations

import pytest
from django.conf import LazySettings

from registrations.models import Bulk, Fact, OutgoingEmail, Registration, StepState, TimelineEntry
from tests.services.conftest import World
from tests.services.timing import put_forward

Code = TimelineEntry.Code


@pytest.fixture
def swapped(world: World) -> tuple[Registration, str]:
    """Somebody who got the registration of a person whom the platform knows and we do not, and that person's address."""
    campaign = world.campaign(bulk=Bulk.NEVER)
    assert campaign.session is not None
    path = f"/eventsessions/{campaign.session.external_id}/register"
    world.sandbox.platform("POST", path, {"email": "olga@example.com", "name": "Olga", "sendEmail": "false"})
    world.sandbox.fault("register", "neighbour")
    misled = world.sign_up(campaign, "ivan@example.com")
    world.drain_seats()
    world.drain_mails()
    return misled, "olga@example.com"


def work_on(world: World, settings: LazySettings, rounds: int = 6) -> None:
    for _ in range(rounds):
        put_forward(settings, minutes=2)
        world.drain_seats()
        world.drain_mails()


def codes(person: Registration) -> list[str]:
    return list(person.timeline.values_list("code", flat=True))


def test_the_wrong_link_is_taken_for_right_at_first(world: World, swapped: tuple[Registration, str]) -> None:
    misled, other = swapped
    assert world.seat(misled).link == world.at_platform(other)[0]["link"]


def test_when_the_other_person_comes_both_get_links_of_their_own(
    world: World, settings: LazySettings, swapped: tuple[Registration, str]
) -> None:
    misled, other = swapped
    wrong = world.seat(misled).link
    owner = world.sign_up(misled.campaign, other)
    work_on(world, settings)
    for person in (misled, owner):
        [participation] = world.at_platform(person.email)
        seat = world.seat(person)
        assert (seat.state, seat.fact, seat.link) == (StepState.SETTLED, Fact.IN, participation["link"])
        assert seat.link != wrong
        assert seat.link in world.sandbox.messages(person.email)[-1]["links"]
        assert Code.LINK_REVOKED in codes(person)


def test_nobody_is_mailed_the_wrong_link_after_it_was_known_to_be_wrong(
    world: World, settings: LazySettings, swapped: tuple[Registration, str]
) -> None:
    misled, other = swapped
    wrong = world.seat(misled).link
    owner = world.sign_up(misled.campaign, other)
    work_on(world, settings)
    assert [wrong in mail["links"] for mail in world.sandbox.messages(misled.email)] == [True, False]
    assert not any(wrong in mail["links"] for mail in world.sandbox.messages(owner.email))


def test_whoever_was_misled_but_not_mailed_yet_gets_only_the_right_link(world: World, settings: LazySettings) -> None:
    campaign = world.campaign(bulk=Bulk.NEVER)
    assert campaign.session is not None
    path = f"/eventsessions/{campaign.session.external_id}/register"
    world.sandbox.platform("POST", path, {"email": "olga@example.com", "name": "Olga", "sendEmail": "false"})
    world.sandbox.fault("register", "neighbour")
    misled = world.sign_up(campaign, "ivan@example.com")
    world.drain_seats()
    world.sign_up(campaign, "olga@example.com")
    for _ in range(6):
        put_forward(settings, minutes=2)
        world.drain_seats()
    work_on(world, settings, rounds=2)
    [participation] = world.at_platform(misled.email)
    assert [participation["link"] in mail["links"] for mail in world.sandbox.messages(misled.email)] == [True]
    assert OutgoingEmail.objects.filter(registration=misled, state=StepState.PARKED).count() == 0


def test_a_held_neighbours_record_in_an_answer_is_refused_and_harms_nobody(world: World, settings: LazySettings) -> None:
    campaign = world.campaign(bulk=Bulk.NEVER)
    held = world.sign_up(campaign, "held@example.com")
    world.drain_seats()
    before = world.seat(held)
    world.sandbox.fault("register", "neighbour")
    newcomer = world.sign_up(campaign, "newcomer@example.com")
    work_on(world, settings)
    assert (world.seat(held).link, world.seat(held).version) == (before.link, before.version)
    assert Code.LINK_REVOKED not in codes(held)
    [participation] = world.at_platform(newcomer.email)
    assert world.seat(newcomer).link == participation["link"]
    assert Code.WRONG_LINK in codes(newcomer)
