"""Carrying an erasure to the platforms: what it looks for and when, what keeps it waiting, and how it ends all the same."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import transaction

from registrations.models import Account, Delivery, Registration, StepState, db_now
from registrations.services import erasing, pauses, privacy
from registrations.services.due import NOTHING
from registrations.webinar.errors import Misconfigured, Scope
from registrations.webinar.providers.webinar_ru import WebinarRu
from tests import factories
from tests.services.conftest import World
from tests.services.erased import calls, carry_out, erase, is_forgotten, nowhere, receipt, secrets_of, work_on
from tests.services.racing import at_once, on_postgresql
from tests.services.timing import put_forward

ADDRESS = "cornelia@example.com"
SETTLE_SECONDS = WebinarRu.capabilities.settle_seconds


def registered(world: World) -> Registration:
    person = world.sign_up(world.campaign(), ADDRESS, first_name="Cornelia")
    world.settle()
    return person


# When it looks, and how often


def test_nobody_is_looked_for_before_a_call_under_way_must_have_ended(world: World, settings: LazySettings) -> None:
    person = world.sign_up(world.campaign(), ADDRESS)
    factories.claimed_seat(person)
    erasure = erase(person)
    work_on(erasure)
    assert calls(world, "participations") == 0
    assert erasure.reason == "settling"
    assert (erasure.run_at - db_now()).total_seconds() > settings.STEP_LEASE_SECONDS


def test_work_that_comes_late_is_found_by_the_second_look(world: World, settings: LazySettings) -> None:
    person = world.sign_up(world.campaign(), ADDRESS, first_name="Cornelia")
    world.sandbox.fault("register", "drop_before_work")
    world.drain_seats()
    texts = secrets_of(world, person)
    erasure = erase(person)
    put_forward(settings, seconds=SETTLE_SECONDS + 1)
    work_on(erasure)
    assert (erasure.state, erasure.reason) == (StepState.QUEUED, "looking_again")
    path = f"/eventsessions/{person.campaign.session.external_id}/register"
    world.sandbox.platform("POST", path, {"email": ADDRESS, "name": "Cornelia", "sendEmail": False})
    carry_out(erasure, settings, world=world)
    assert is_forgotten(world, erasure, person, texts)


def test_a_platform_that_registers_twice_is_looked_at_twice(world: World, settings: LazySettings) -> None:
    world.sandbox.switches(register_duplicate="second")
    Account.objects.update(unique_by_email=False)
    person = registered(world)
    path = f"/eventsessions/{person.campaign.session.external_id}/register"
    world.sandbox.platform("POST", path, {"email": ADDRESS, "name": "Cornelia", "sendEmail": False})
    assert len(world.at_platform(ADDRESS)) == 2
    erasure = erase(person)
    work_on(erasure)
    assert not world.at_platform(ADDRESS)
    assert (erasure.state, erasure.reason) == (StepState.QUEUED, "looking_again")
    put_forward(settings, seconds=31)
    work_on(erasure)
    assert erasure.state == StepState.SETTLED


def test_an_event_that_is_gone_at_the_platform_has_nobody_left(world: World, settings: LazySettings) -> None:
    person = registered(world)
    texts = secrets_of(world, person)
    world.sandbox.platform("DELETE", f"/organization/events/{person.campaign.event.external_id}")
    erasure = erase(person)
    work_on(erasure)
    assert (erasure.state, erasure.reason) == (StepState.QUEUED, "not_found")
    put_forward(settings, minutes=11)
    work_on(erasure)
    assert erasure.state == StepState.SETTLED
    assert nowhere(texts)


@pytest.mark.parametrize("kind", ["drop_before_work", "drop_after_work", "late_work", "status"])
@pytest.mark.parametrize("route", ["delete", "participations"])
def test_an_unclear_answer_to_the_erasures_own_calls_is_looked_into(
    world: World, settings: LazySettings, route: str, kind: str
) -> None:
    person = registered(world)
    texts = secrets_of(world, person)
    world.sandbox.fault(route, kind)
    erasure = carry_out(erase(person), settings, world=world)
    assert is_forgotten(world, erasure, person, texts)
    assert erasure.receipt["deleted"] == 1


# What keeps it waiting


def test_an_erasure_waits_while_the_account_is_paused_and_says_why(world: World, settings: LazySettings) -> None:
    person = registered(world)
    error = Misconfigured("unauthorized", scope=Scope.ACCOUNT)
    pauses.begin(account=world.account, error=error, seat=None, verb=world.seat(person).verb)
    erasure = erase(person)
    carry_out(erasure, settings, rounds=2)
    assert (erasure.state, erasure.reason) == (StepState.QUEUED, "unauthorized")
    assert len(world.at_platform(ADDRESS)) == 1
    pauses.end(world.account.pauses.get())
    carry_out(erasure, settings, rounds=2)
    assert erasure.state == StepState.SETTLED
    assert not world.at_platform(ADDRESS)


def test_an_erasure_that_the_key_may_not_carry_out_pauses_the_account_and_stays_open(
    world: World, settings: LazySettings
) -> None:
    person = registered(world)
    world.sandbox.set_key(world.account.api_key, active=False)
    erasure = erase(person)
    work_on(erasure)
    assert (erasure.state, bool(erasure.reason), world.account.pauses.count()) == (StepState.QUEUED, True, 1)


def test_a_refused_deletion_stays_open_with_its_reason_until_it_works(world: World, settings: LazySettings) -> None:
    person = registered(world)
    world.sandbox.set_key(world.account.api_key, denied=["delete"])
    erasure = erase(person)
    work_on(erasure)
    assert (erasure.state, erasure.reason, erasure.attempts) == (StepState.QUEUED, "forbidden", 1)
    world.sandbox.set_key(world.account.api_key, denied=[])
    privacy.try_again(erasure_id=erasure.pk)
    work_on(erasure)
    assert erasure.state == StepState.SETTLED
    assert not world.at_platform(ADDRESS)


def test_nothing_is_called_while_everything_is_paused(world: World) -> None:
    person = registered(world)
    erasure = erase(person)
    pauses.pause_everything(user_id=None)
    calls = world.sandbox.counters()
    assert erasing.go_on_erasing(erasure_id=erasure.pk) == NOTHING
    assert world.sandbox.counters() == calls
    Delivery.objects.all().delete()


def test_a_platform_that_asks_for_quiet_is_given_it(world: World, settings: LazySettings) -> None:
    person = registered(world)
    world.sandbox.fault("participations", "status", status=429, retry_after="20")
    erasure = erase(person)
    work_on(erasure)
    assert erasure.state == StepState.QUEUED
    assert 15 < (erasure.run_at - db_now()).total_seconds() <= 20
    carry_out(erasure, settings, rounds=2)
    assert erasure.state == StepState.SETTLED


def test_one_account_in_trouble_does_not_hold_up_another(world: World, settings: LazySettings) -> None:
    person = registered(world)
    other = Account.objects.create(name="Other", base_url="http://127.0.0.1:1/v3", api_key="another-key-of-ours-00")
    far = world.campaign()
    far.event.__class__.objects.filter(pk=far.event_id).update(account=other)
    far.refresh_from_db()
    Account.objects.filter(pk=other.pk).update(calls_per_second=1000)
    world.sign_up(type(far).objects.get(pk=far.pk), ADDRESS)
    erasure = erase(person)
    work_on(erasure)
    assert not world.at_platform(ADDRESS)
    assert erasure.state == StepState.QUEUED
    assert privacy.held_seats(erasure).get().account == other


# An erasure that itself is broken off


class Killed(BaseException):
    """The worker dies here."""


@pytest.mark.parametrize("place", ["_delete", "_is_sure", "_let_go", "_finish"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_an_erasure_whose_worker_dies_is_finished_by_the_next(
    world: World, settings: LazySettings, monkeypatch: pytest.MonkeyPatch, place: str, when: str
) -> None:
    person = registered(world)
    texts = secrets_of(world, person)
    owner: Any = erasing._Round if place == "_delete" else erasing
    whole = getattr(owner, place)

    def dying(*arguments: Any) -> Any:
        if when == "after":
            whole(*arguments)
        raise Killed

    erasure = erase(person)
    with monkeypatch.context() as broken:
        broken.setattr(owner, place, dying)
        with pytest.raises(Killed):
            work_on(erasure)
    assert erasing.go_on_erasing(erasure_id=erasure.pk) == NOTHING  # its lease lasts
    put_forward(settings, seconds=settings.STEP_LEASE_SECONDS + 1)
    carry_out(erasure, settings, world=world, rounds=2)
    assert is_forgotten(world, erasure, person, texts)
    assert receipt(erasure, "places", "deleted") == (1, 1)


def test_our_own_fault_is_tried_again_and_then_left_to_a_person(
    world: World, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = registered(world)
    erasure = erase(person)
    with monkeypatch.context() as broken:
        broken.setattr(erasing, "_is_sure", lambda *_: 1 / 0)
        for _ in range(5):
            work_on(erasure)
            put_forward(settings, hours=2)
        assert (erasure.state, erasure.reason) == (StepState.PARKED, "inner_fault")
    privacy.try_again(erasure_id=erasure.pk)
    work_on(erasure)
    assert erasure.state == StepState.SETTLED


def test_whoever_is_added_in_the_middle_of_a_round_is_not_left_out(
    world: World, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = registered(world)
    erasure = erase(person)
    other = world.campaign()
    is_sure = erasing._is_sure

    def erased_just_then(*arguments: Any) -> bool:
        with monkeypatch.context() as once:
            once.setattr(erasing, "_is_sure", is_sure)
            newcomer = world.sign_up(other, ADDRESS, first_name="Nova")
            assert erase(newcomer).pk == erasure.pk
        monkeypatch.setattr(erasing, "_is_sure", is_sure)
        return is_sure(*arguments)

    monkeypatch.setattr(erasing, "_is_sure", erased_just_then)
    work_on(erasure)
    assert erasure.state == StepState.QUEUED
    carry_out(erasure, settings, world=world)
    assert is_forgotten(world, erasure, person, [ADDRESS, "Cornelia", "Nova"])
    assert erasure.receipt["registrations"] == 2


@on_postgresql
def test_a_form_that_is_just_being_written_down_is_not_parted_from_its_seat(
    world: World, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = world.sign_up(world.campaign(), ADDRESS, first_name="Cornelia")
    erasure = erase(person)
    has_the_seat, looked = threading.Event(), threading.Event()
    is_sure = erasing._is_sure

    def sign_up_slowly() -> None:
        with transaction.atomic():
            world.sign_up(person.campaign, ADDRESS, first_name="Nova")
            has_the_seat.set()
            assert looked.wait(10)
            time.sleep(0.5)  # by now the round waits for the seat

    def is_looked_at(*arguments: Any) -> bool:
        looked.set()
        return is_sure(*arguments)

    def work_meanwhile() -> None:
        assert has_the_seat.wait(10)
        erasing.go_on_erasing(erasure_id=erasure.pk)

    monkeypatch.setattr(erasing, "_is_sure", is_looked_at)
    assert at_once(sign_up_slowly, work_meanwhile) == []
    assert privacy.held_seats(erasure).exists()
    carry_out(erasure, settings, world=world)
    newcomer = Registration.objects.get(email=ADDRESS)
    assert world.seat(newcomer).link == world.at_platform(ADDRESS)[0]["link"]
    assert nowhere(["Cornelia"])


def test_two_workers_do_not_work_on_one_erasure(world: World) -> None:
    person = registered(world)
    erasure = erase(person)
    before = calls(world, "participations")
    at_once(*[lambda: erasing.go_on_erasing(erasure_id=erasure.pk)] * 3)
    erasure.refresh_from_db()
    assert erasure.state == StepState.SETTLED
    assert calls(world, "participations") == before + 1


def test_where_somebody_came_from_is_forgotten_too(world: World, settings: LazySettings) -> None:
    person = registered(world)
    told = {"door": "hosted", "utm_content": "cornelia-1977"}
    person.submissions.update(attribution=told)
    Registration.objects.filter(pk=person.pk).update(attribution=told)
    texts = [*secrets_of(world, person), "cornelia-1977"]
    erasure = erase(person)
    carry_out(erasure, settings, world=world)
    assert is_forgotten(world, erasure, person, texts)
