"""Leaving and coming back."""

from __future__ import annotations

import pytest

from registrations.models import Fact, OutgoingEmail, StepState, Wish
from registrations.services import cancelling, private_page
from registrations.services.campaigns import Availability
from registrations.services.signup import NotOpen
from registrations.services.tokens import UnknownToken
from tests.services.conftest import World


def test_a_cancel_deletes_the_person_at_the_platform_and_is_confirmed(world: World) -> None:
    person = world.sign_up(world.campaign(), "ivan@example.com")
    world.drain_seats()
    world.drain_mails()
    world.cancel(person)
    world.drain_seats()
    assert not world.at_platform("ivan@example.com")
    seat = world.seat(person)
    assert (seat.fact, seat.link, seat.link_hash) == (Fact.OUT, "", None)
    _, confirmation = world.mails("ivan@example.com", 2)
    assert "METHOD:CANCEL" in confirmation["attachments"][0]["content"]


def test_a_second_cancel_does_nothing_more(world: World) -> None:
    person = world.sign_up(world.campaign(), "ivan@example.com")
    world.drain_seats()
    world.cancel(person)
    world.cancel(person)
    assert person.mails.filter(kind="cancelled").count() == 1


def test_a_cancel_before_the_platform_was_asked_makes_no_call(world: World) -> None:
    person = world.sign_up(world.campaign(), "ivan@example.com")
    world.cancel(person)
    world.drain_seats()
    assert "register" not in world.sandbox.counters()
    assert world.seat(person).state == StepState.SETTLED


def test_a_cancel_while_the_outcome_is_in_doubt_leaves_nobody_in(world: World) -> None:
    world.sandbox.fault("register", "drop_after_work")
    person = world.sign_up(world.campaign(), "ivan@example.com")
    world.drain_seats()
    assert len(world.at_platform("ivan@example.com")) == 1
    world.cancel(person)
    world.settle()
    assert not world.at_platform("ivan@example.com")


def test_a_cancel_withdraws_the_link_mail_that_has_not_left(world: World) -> None:
    person = world.sign_up(world.campaign(), "ivan@example.com")
    world.drain_seats()
    world.cancel(person)
    world.drain_mails()
    assert list(OutgoingEmail.objects.order_by("pk").values_list("kind", "state")) == [
        ("link", StepState.CANCELLED),
        ("cancelled", StepState.SETTLED),
    ]


def test_coming_back_makes_a_new_participation_and_mails_the_new_link(world: World) -> None:
    person = world.sign_up(world.campaign(), "ivan@example.com")
    world.settle()
    old = world.seat(person).link
    world.cancel(person)
    world.settle()
    world.come_back(person)
    world.settle()
    [participation] = world.at_platform("ivan@example.com")
    assert participation["link"] != old
    mails = world.mails("ivan@example.com", 3)
    assert len(mails) == 3
    assert participation["link"] in mails[-1]["links"]


def test_coming_back_twice_at_once_is_coming_back_once(world: World) -> None:
    person = world.sign_up(world.campaign(), "ivan@example.com")
    world.settle()
    world.cancel(person)
    world.settle()
    world.come_back(person)
    world.come_back(person)
    world.settle()
    assert person.mails.filter(kind="link").count() == 2


def test_signing_up_again_by_the_form_after_a_cancel_is_coming_back_with_the_new_answers(world: World) -> None:
    campaign = world.campaign()
    person = world.sign_up(campaign, "ivan@example.com")
    world.settle()
    world.cancel(person)
    world.settle()
    world.sign_up(campaign, "ivan@example.com", first_name="Ioann")
    world.settle()
    person.refresh_from_db()
    assert person.first_name == "Ioann"
    assert len(world.at_platform("ivan@example.com")) == 1
    assert person.mails.filter(kind="link").count() == 2


def test_a_change_of_mind_before_the_platform_was_told_costs_no_call(world: World) -> None:
    person = world.sign_up(world.campaign(), "ivan@example.com")
    world.settle()
    world.cancel(person)
    world.come_back(person)
    world.settle()
    assert world.sandbox.counters()["register"] == {"201": 1}
    assert "delete" not in world.sandbox.counters()
    assert world.seat(person).fact == Fact.IN


def test_cancelling_one_of_two_campaigns_keeps_the_seat_and_cancelling_both_gives_it_up(world: World) -> None:
    first = world.campaign()
    second = world.campaign_for(first.event, session=first.session)
    one, other = world.sign_up(first, "ivan@example.com"), world.sign_up(second, "ivan@example.com")
    world.settle()
    world.cancel(one)
    world.settle()
    assert len(world.at_platform("ivan@example.com")) == 1
    assert world.seat(other).wish == Wish.IN
    assert private_page.read(token=other.token).meetings[0].link
    assert not private_page.read(token=one.token).meetings[0].link

    world.cancel(other)
    world.settle()
    assert not world.at_platform("ivan@example.com")


def test_nobody_comes_back_to_an_event_that_is_over(world: World) -> None:
    campaign = world.campaign()
    person = world.sign_up(campaign, "ivan@example.com")
    world.cancel(person)
    type(campaign.session).objects.update(status="finished")
    with pytest.raises(NotOpen) as refusal:
        world.come_back(person)
    assert refusal.value.availability is Availability.OVER


def test_an_unknown_token_opens_nothing(world: World) -> None:
    for door in (cancelling.cancel, cancelling.come_back, private_page.read, private_page.calendar):
        with pytest.raises(UnknownToken):
            door(token="x" * 43)
