"""Leaving and coming back."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import pytest

from registrations.models import Fact, OutgoingEmail, Registration, Seat, StepState, TimelineEntry, Wish
from registrations.services import cancelling, outcomes, private_page, wishes
from registrations.services.campaigns import Availability
from registrations.services.due import Due
from registrations.services.signup import NotOpen
from registrations.services.tokens import UnknownToken
from tests import factories
from tests.services.conftest import World
from tests.services.racing import at_once, on_postgresql


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


def test_somebody_whom_the_platform_knows_but_whose_link_it_does_not_tell_can_leave(world: World) -> None:
    campaign = world.campaign()
    path = f"/eventsessions/{campaign.session.external_id}/register"
    world.sandbox.platform("POST", path, {"email": "known@example.com", "sendEmail": False})
    world.sandbox.switches(register_duplicate="conflict")
    person = world.sign_up(campaign, "known@example.com")
    Seat.objects.update(first_call_at="2100-01-01T00:00:00Z")
    world.settle()
    assert (world.seat(person).state, world.seat(person).reason) == (StepState.PARKED, "known_without_link")

    world.cancel(person)
    world.settle()
    assert not world.at_platform("known@example.com")
    assert (world.seat(person).state, world.seat(person).fact) == (StepState.SETTLED, Fact.OUT)


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_coming_back_in_the_instant_in_which_one_is_taken_out_waits_for_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    person = factories.make_person()
    factories.let_in(person)
    cancelling.cancel(token=person.token)
    seat = factories.claimed_seat(person)
    taken_out, coming_back = threading.Event(), threading.Event()
    write, want_in = TimelineEntry.write, wishes.want_in

    def written(ids: Iterable[int], code: TimelineEntry.Code, **more: Any) -> None:
        if code == TimelineEntry.Code.REMOVED:
            taken_out.set()
            coming_back.wait(0.5)  # it comes only if it need not wait for the registration
        write(list(ids), code, **more)

    def wanted(registration: Registration, *, now: datetime) -> Due:
        coming_back.set()
        return want_in(registration, now=now)

    def come_back() -> None:
        assert taken_out.wait(5)
        cancelling.come_back(token=person.token)

    monkeypatch.setattr(TimelineEntry, "write", written)
    monkeypatch.setattr(wishes, "want_in", wanted)
    assert at_once(lambda: outcomes.removed(seat), come_back) == []
    seat.refresh_from_db()
    assert (seat.state, seat.wish, seat.fact) == (StepState.QUEUED, Wish.IN, Fact.OUT)
