"""Whoever watches what becomes of a form cannot tell an address that was known before from one that was not."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from django.conf import LazySettings

from registrations.models import Campaign, OutgoingEmail, Sender, StepState
from registrations.services import progress, signup, wakeup
from registrations.services.signup import Entry
from tests import factories
from tests.services.conftest import World
from tests.services.timing import put_forward

KNOWN = "known@example.com"
UNKNOWN = "unknown@example.com"
REFUSED = {"error": {"code": 400, "message": "ERROR_BAD_REQUEST", "fieldErrors": {"email": "ERROR_INVALID"}}}

_names = (f"Name {number}" for number in itertools.count(1))


def post(campaign: Campaign, address: str) -> str:
    """Send the form with content that was never sent before; returns what the visitor's progress page goes by."""
    name = next(_names)
    receipt = signup.record(campaign_id=campaign.pk, form_token=name, entry=Entry(email=address, first_name=name))
    return receipt.progress_token


def handed_over(*progress_tokens: str) -> list[bool]:
    """What the progress pages say."""
    return [progress.read(token=token).handed_over for token in progress_tokens]


def calls(world: World) -> int:
    """How many calls the platform got."""
    return sum(sum(answers.values()) for answers in world.sandbox.counters().values())


@pytest.fixture
def campaign(world: World) -> Campaign:
    """A campaign at which one address is registered, and has its link."""
    made = world.campaign()
    world.sign_up(made, KNOWN)
    world.settle()
    return made


# Outages of the platform


@pytest.mark.parametrize(
    ("route", "kind", "details"),
    [("register", "status", {"status": 503}), ("register", "drop_before_work", {}), ("*", "status", {"status": 503})],
    ids=["registering_answers_503", "registering_breaks_off", "everything_answers_503"],
)
def test_while_registering_fails_a_known_address_waits_like_any_other(
    world: World, campaign: Campaign, settings: LazySettings, route: str, kind: str, details: dict[str, Any]
) -> None:
    world.sandbox.fault(route, kind, count=None, **details)
    first = post(campaign, "first@example.com")
    world.drain_seats()
    tokens = [first, post(campaign, KNOWN), post(campaign, UNKNOWN)]
    for _ in range(3):
        world.drain_seats()
        world.drain_mails()
        assert handed_over(*tokens) == [False] * 3
        put_forward(settings, minutes=1)

    world.sandbox.clear_faults()
    for _ in range(4):
        put_forward(settings, minutes=10)
        world.drain_seats(2)
    world.drain_mails()
    assert handed_over(*tokens) == [True] * 3


def test_a_known_address_posted_just_before_another_meets_the_same_outage(world: World, campaign: Campaign) -> None:
    world.sandbox.fault("register", "status", status=503, count=None)
    tokens = [post(campaign, KNOWN), post(campaign, UNKNOWN)]
    world.drain_seats(2)
    world.drain_mails()
    assert handed_over(*tokens) == [False, False]


def test_a_known_address_does_not_wait_for_one_unlucky_person_while_others_get_in(world: World, campaign: Campaign) -> None:
    world.sandbox.fault("register", "status", status=503, match_email="unlucky@example.com", count=None)
    post(campaign, "unlucky@example.com")
    world.drain_seats()
    post(campaign, UNKNOWN)
    world.drain_seats()
    token = post(campaign, KNOWN)
    world.drain_seats()
    world.drain_mails()
    assert handed_over(token) == [True]


def test_a_known_address_does_not_wait_for_people_of_another_event(world: World, campaign: Campaign) -> None:
    other = world.campaign()
    world.sandbox.fault("register", "status", status=503, count=None)
    post(other, UNKNOWN)
    world.drain_seats()
    token = post(campaign, KNOWN)
    world.drain_seats()
    world.drain_mails()
    assert handed_over(token) == [True]


def test_a_known_address_waits_six_tries_at_most(world: World, campaign: Campaign, settings: LazySettings) -> None:
    world.sandbox.fault("register", "status", status=503, count=None)
    post(campaign, UNKNOWN)
    world.drain_seats()
    token = post(campaign, KNOWN)
    world.drain_seats()
    rounds = 0
    while handed_over(token) == [False]:
        rounds += 1
        assert rounds <= 6
        put_forward(settings, minutes=20)
        world.drain_seats()
        world.drain_mails()
    assert rounds == 6


# Outages of the mail server


def test_while_the_mail_server_is_down_a_mail_that_is_withheld_waits_like_one_that_is_sent(
    world: World, campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    post(campaign, KNOWN)
    world.settle()
    got = len(world.sandbox.messages(KNOWN))
    with monkeypatch.context() as patch:
        patch.setattr("django.conf.settings.EMAIL_PORT", 1)
        tokens = [post(campaign, KNOWN), post(campaign, UNKNOWN)]
        world.drain_seats(2)
        world.drain_mails()
        assert OutgoingEmail.objects.filter(silent=True).count() == 1
        assert handed_over(*tokens) == [False, False]

    Sender.objects.update(retry_at=None)
    world.make_all_due()
    world.drain_mails()
    assert handed_over(*tokens) == [True, True]
    assert len(world.sandbox.messages(KNOWN)) == got


def test_a_withheld_mail_alone_notices_that_the_mail_server_is_down(
    world: World, campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    post(campaign, KNOWN)
    world.settle()
    monkeypatch.setattr("django.conf.settings.EMAIL_PORT", 1)
    token = post(campaign, KNOWN)
    world.drain_seats()
    world.drain_mails()
    assert handed_over(token) == [False]
    assert Sender.objects.get().trouble


# The platform's pace


@pytest.mark.parametrize("quiet_minutes", [0, 11], ids=["details_fresh", "details_stale"])
@pytest.mark.parametrize("moderated", [False, True], ids=["open", "moderated"])
def test_a_known_address_costs_as_many_calls_as_any_other(
    world: World, settings: LazySettings, moderated: bool, quiet_minutes: int
) -> None:
    campaign = world.campaign(moderated=moderated)
    world.sign_up(campaign, KNOWN)
    world.settle()
    cost = {}
    for address in (UNKNOWN, KNOWN):
        put_forward(settings, minutes=quiet_minutes)
        before = calls(world)
        token = post(campaign, address)
        world.drain_seats()
        world.drain_mails()
        assert handed_over(token) == [True]
        cost[address] = calls(world) - before
    assert cost[KNOWN] == cost[UNKNOWN]


# Seats that need attention


@pytest.mark.parametrize("reason", ["lost_leases", "inner_fault"])
def test_a_strangers_form_does_not_put_back_a_seat_that_harms_our_workers(world: World, reason: str) -> None:
    campaign = world.campaign()
    person = world.sign_up(campaign, KNOWN)
    factories.park_seat(person, reason=reason)
    post(campaign, KNOWN)
    assert (world.seat(person).state, world.seat(person).reason) == (StepState.PARKED, reason)


@pytest.mark.parametrize("reason", ["http_400", "known_without_link", "not_admitted", "bad_link"])
def test_a_second_form_has_any_other_parked_seat_tried_again(world: World, reason: str) -> None:
    campaign = world.campaign()
    person = world.sign_up(campaign, KNOWN)
    factories.park_seat(person, reason=reason)
    post(campaign, KNOWN)
    assert world.seat(person).state == StepState.QUEUED
    world.drain_seats()
    assert world.seat(person).state == StepState.SETTLED


def test_a_second_form_of_somebody_whose_seat_stays_parked_is_answered_without_a_link(
    world: World, settings: LazySettings
) -> None:
    campaign = world.campaign()
    person = world.sign_up(campaign, KNOWN)
    factories.park_seat(person, reason="lost_leases")
    token = post(campaign, KNOWN)
    put_forward(settings, minutes=3)
    wakeup.look()
    [mail] = world.mails(KNOWN)
    assert handed_over(token) == [True]
    assert person.mails.get().kind == "known"
    assert "already registered as Ivan Petrov" in mail["text"]
    assert not [link for link in mail["links"] if link.startswith(world.sandbox.url)]


def test_a_second_form_of_somebody_whose_seat_is_parked_again_is_answered_without_a_link(world: World) -> None:
    campaign = world.campaign()
    world.sandbox.fault("register", "status", status=400, body=REFUSED, match_email=KNOWN, count=None)
    person = world.sign_up(campaign, KNOWN)
    world.drain_seats()
    assert world.seat(person).state == StepState.PARKED
    token = post(campaign, KNOWN)
    world.drain_seats()
    [mail] = world.mails(KNOWN)
    assert handed_over(token) == [True]
    assert person.mails.get().kind == "known"
    assert not [link for link in mail["links"] if link.startswith(world.sandbox.url)]
    assert person.submissions.filter(mail=None, from_known_person=False).exists()
