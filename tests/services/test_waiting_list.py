"""The waiting list: it moves up by itself, in order, once a place is free for certain, and never after the closing."""

from __future__ import annotations

from typing import Any

import pytest

from registrations.models import Campaign, Enrollment, EnrollmentWish, HeldFor, Registration
from registrations.services import places, waiting_list, wakeup
from tests.services.conftest import World
from tests.services.racing import at_once
from tests.services.timing import ago, end_event


def limited(world: World, **options: Any) -> Campaign:
    campaign = world.campaign()
    Campaign.objects.filter(pk=campaign.pk).update(**{"places": 1, "waiting_list": True} | options)
    campaign.refresh_from_db()
    return campaign


def waits(person: Registration) -> bool:
    return person.enrollments.filter(wish=EnrollmentWish.HELD, held_for=HeldFor.PLACE).exists()


def kinds(person: Registration) -> list[str]:
    return list(person.mails.order_by("pk").values_list("kind", flat=True))


def test_whoever_finds_no_place_waits_and_gets_the_next_one_with_its_link(world: World) -> None:
    campaign = limited(world)
    first, second = world.sign_up(campaign), world.sign_up(campaign, "ivan@example.com")
    world.settle()
    assert waits(second)
    world.cancel(first)
    world.settle()
    wakeup.look()
    world.settle()
    assert kinds(second) == ["waiting", "link"]
    assert world.at_platform("ivan@example.com")
    assert second.timeline.filter(code="moved_up").count() == 1


def test_a_place_is_free_only_when_the_platform_has_deleted_whoever_had_it(world: World) -> None:
    campaign = limited(world)
    first, second = world.sign_up(campaign), world.sign_up(campaign)
    world.settle()
    world.sandbox.fault("delete", "status", status=503, count=1)
    world.cancel(first)
    world.drain_seats()
    wakeup.look()
    assert waits(second)
    world.settle()
    assert not world.at_platform(first.email)
    wakeup.look()
    assert not waits(second)


def test_whoever_has_waited_longest_goes_first(world: World) -> None:
    campaign = limited(world, places=0)
    people = [world.sign_up(campaign) for _ in range(4)]
    Campaign.objects.update(places=2)
    wakeup.look()
    assert [waits(person) for person in people] == [False, False, True, True]


def test_a_newcomer_does_not_overtake_those_who_wait(world: World) -> None:
    campaign = limited(world, places=0)
    patient = world.sign_up(campaign)
    Campaign.objects.update(places=1)
    newcomer = world.sign_up(campaign)
    wakeup.look()
    assert (waits(patient), waits(newcomer)) == (False, True)


def test_more_places_move_people_up_and_no_limit_all_of_them(world: World) -> None:
    campaign = limited(world, places=0)
    people = [world.sign_up(campaign) for _ in range(3)]
    Campaign.objects.update(places=2)
    wakeup.look()
    assert sum(waits(person) for person in people) == 1
    Campaign.objects.update(places=None)
    wakeup.look()
    assert not any(waits(person) for person in people)


@pytest.mark.parametrize("why", ["closed", "over", "cancelled", "not_open"])
def test_nobody_moves_up_while_the_campaign_takes_nobody(world: World, why: str) -> None:
    campaign = limited(world, places=0)
    person = world.sign_up(campaign)
    Campaign.objects.update(places=1)
    if why == "closed":
        Campaign.objects.update(closes_at=ago(minutes=1))
    elif why == "not_open":
        Campaign.objects.update(opens_at=ago(minutes=-1))
    elif why == "over":
        end_event(campaign, minutes=1)
    else:
        type(campaign.session).objects.update(status="cancelled")
    wakeup.look()
    assert waits(person)


def test_where_people_are_approved_a_free_place_is_offered_for_approval(world: World) -> None:
    campaign = limited(world, places=0, approval=True)
    person = world.sign_up(campaign)
    Campaign.objects.update(places=1)
    wakeup.look()
    assert Enrollment.objects.get(registration=person).held_for == HeldFor.APPROVAL
    assert kinds(person) == ["waiting", "pending"]
    assert "register" not in world.sandbox.counters()


def test_whoever_leaves_the_list_is_passed_over(world: World) -> None:
    campaign = limited(world, places=0)
    first, second = world.sign_up(campaign), world.sign_up(campaign)
    world.cancel(first)
    Campaign.objects.update(places=1)
    wakeup.look()
    assert not waits(second)
    assert first.enrollments.get().wish == EnrollmentWish.OUT


def test_two_looks_at_once_give_nobody_two_places_and_no_more_than_there_are(world: World) -> None:
    campaign = limited(world, places=0)
    people = [world.sign_up(campaign) for _ in range(6)]
    Campaign.objects.update(places=3)
    assert at_once(*[waiting_list.move_up] * 4) == []
    assert [waits(person) for person in people] == [False] * 3 + [True] * 3
    assert places.taken_places(campaign) == 3
    assert [person.submissions.count() for person in people] == [2] * 3 + [1] * 3


def test_somebody_on_whom_our_code_fails_keeps_no_other_list_from_moving(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    broken, campaign = limited(world, places=0), limited(world, places=0)
    stuck, person = world.sign_up(broken), world.sign_up(campaign)
    Campaign.objects.update(places=1)
    whose_turn = places.whose_turn

    def failing(asked: Campaign, **options: Any) -> list[int]:
        if asked == broken:
            raise RuntimeError("a fault of ours")
        return whose_turn(asked, **options)

    monkeypatch.setattr(places, "whose_turn", failing)
    wakeup.look()
    assert (waits(stuck), waits(person)) == (True, False)


def test_the_number_on_the_list_is_told(world: World) -> None:
    campaign = limited(world, places=0)
    people = [world.sign_up(campaign) for _ in range(3)]
    assert [places.number_in_line(person) for person in people] == [1, 2, 3]
