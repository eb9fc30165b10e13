"""Many people in one call: as soon as a queue forms, and believed only for whom the answer names."""

from __future__ import annotations

from typing import Any

import pytest

from registrations.models import Bulk, Fact, Pause, Registration, Seat, StepState
from tests.services.conftest import World


def crowd(world: World, number: int, **options: Any) -> list[Registration]:
    campaign = world.campaign(**options)
    return [world.sign_up(campaign, f"person{index}@example.com") for index in range(number)]


def calls(world: World, route: str) -> int:
    return sum(world.sandbox.counters().get(route, {}).values())


def everybody_is_in_once(world: World, people: list[Registration]) -> None:
    for person in people:
        [participation] = world.at_platform(person.email)
        assert world.seat(person).link == participation["link"]
        assert world.seat(person).state == StepState.SETTLED
    world.drain_mails()
    world.drain_mails()
    for person in people:
        [mail] = world.sandbox.wait_for_messages(person.email, seconds=3)
        assert world.at_platform(person.email)[0]["link"] in mail["links"]


def test_a_queue_is_registered_by_one_call_and_each_gets_their_own_link(world: World) -> None:
    people = crowd(world, 30)
    world.drain_seats()
    assert (calls(world, "invite"), calls(world, "register")) == (1, 0)
    everybody_is_in_once(world, people)


def test_a_whole_series_too(world: World) -> None:
    people = crowd(world, 5, series=True)
    world.drain_seats()
    assert (calls(world, "invite"), calls(world, "register")) == (1, 0)
    everybody_is_in_once(world, people)


def test_no_call_names_more_than_fifty(world: World) -> None:
    world.sandbox.switches(invite_over_limit="400")
    people = crowd(world, 60)
    world.drain_seats(2)
    assert calls(world, "invite") == 2
    assert all(world.seat(person).fact == Fact.IN for person in people)


def test_one_or_two_people_are_registered_singly(world: World) -> None:
    crowd(world, 2)
    world.drain_seats()
    assert (calls(world, "invite"), calls(world, "register")) == (0, 2)


def test_a_campaign_may_refuse_bulk_calls(world: World) -> None:
    people = crowd(world, 5, bulk=Bulk.NEVER)
    world.drain_seats()
    assert (calls(world, "invite"), calls(world, "register")) == (0, 5)
    everybody_is_in_once(world, people)


def test_people_of_different_events_never_share_a_call(world: World) -> None:
    first, second = world.campaign(), world.campaign()
    people = [world.sign_up(campaign) for _ in range(4) for campaign in (first, second)]
    world.drain_seats()
    assert calls(world, "invite") == 2
    for person in people:
        [participation] = world.at_platform(person.email)
        assert str(participation["eventSessionId"]) == person.campaign.session.external_id


def test_whoever_the_platform_knew_before_gets_the_link_they_have_there(world: World) -> None:
    campaign = world.campaign()
    path = f"/eventsessions/{campaign.session.external_id}/register"
    for index in (1, 3):
        world.sandbox.platform("POST", path, {"email": f"person{index}@example.com", "sendEmail": False})
    people = [world.sign_up(campaign, f"person{index}@example.com") for index in range(5)]
    world.drain_seats(2)
    assert calls(world, "invite") == 1
    everybody_is_in_once(world, people)


def test_bad_data_of_one_leaves_the_others_in_and_gets_a_verdict_of_its_own(world: World) -> None:
    bad = {"error": {"code": 400, "message": "ERROR_BAD_REQUEST", "fieldErrors": {"email": "ERROR_INVALID"}}}
    campaign = world.campaign(extra_fields=["City"])
    key = world.extra_field(campaign, "City")
    campaign.questions.create(key="city", type="text", label="City", required=True, extra_field=key)
    people = [world.sign_up(campaign, f"person{index}@example.com", answers={"city": "Omsk"}) for index in range(4)]
    unanswered = world.sign_up(campaign, "unanswered@example.com")
    world.sandbox.fault("register", "status", status=400, body=bad, match_email="person2@example.com", count=None)
    Seat.objects.filter(address="person2@example.com").update(attempts=1)
    world.drain_seats(2)
    assert [world.seat(person).fact for person in people] == [Fact.IN, Fact.IN, Fact.UNKNOWN, Fact.IN]
    assert world.seat(people[2]).state == StepState.PARKED
    assert (world.seat(unanswered).state, world.seat(unanswered).reason) == (StepState.PARKED, "missing_answer")


@pytest.mark.parametrize(
    ("kind", "details"),
    [
        ("status_after_work", {"status": 500}),
        ("drop_after_work", {}),
        ("drop_before_work", {}),
        ("html", {}),
        ("empty", {}),
        ("foreign_link", {}),
        ("no_link", {}),
        ("status", {"status": 429, "retry_after": 1}),
    ],
)
@pytest.mark.parametrize("duplicate", ["existing", "conflict"])
def test_after_a_bulk_answer_that_tells_nothing_everybody_is_in_once(
    world: World, kind: str, details: dict[str, Any], duplicate: str
) -> None:
    world.sandbox.switches(register_duplicate=duplicate)
    world.sandbox.fault("invite", kind, **details)
    people = crowd(world, 6)
    for _ in range(6):
        world.settle(1)
        type(world.account).objects.update(next_call_at="2000-01-01T00:00:00Z")
    everybody_is_in_once(world, people)


def test_a_moderated_event_lets_a_whole_crowd_in_with_one_look_and_one_call(world: World) -> None:
    world.sandbox.switches(is_accepted_flag="ignored")
    people = crowd(world, 8, moderated=True)
    world.settle()
    assert {world.at_platform(person.email)[0]["state"] for person in people} == {"accepted"}
    assert (calls(world, "invite"), calls(world, "participations"), calls(world, "moderate")) == (1, 1, 1)


def test_a_refused_bulk_call_pauses_the_event_and_everybody_keeps_their_place(world: World) -> None:
    people = crowd(world, 5)
    world.sandbox.fault("invite", "status", status=403)
    world.drain_seats()
    assert Pause.objects.get().event == people[0].campaign.event
    assert {(world.seat(person).state, world.seat(person).attempts) for person in people} == {(StepState.QUEUED, 0)}


def test_a_wish_that_changed_before_the_call_is_not_in_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    people = crowd(world, 4)
    world.cancel(people[1])
    world.settle()
    assert not world.at_platform(people[1].email)
    assert all(world.at_platform(person.email) for person in people if person != people[1])
