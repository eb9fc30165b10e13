"""Slots of an account's pace."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from registrations.models import Account, db_now
from registrations.services import pace
from registrations.services.platform import connected
from registrations.webinar.errors import Throttled
from tests.services.conftest import World


@pytest.fixture
def account(transactional_db: None) -> Account:
    return Account.objects.create(name="Demo", base_url="https://example.com/v3", api_key="k" * 32, calls_per_second=2)


def test_slots_are_half_a_second_apart_at_two_calls_a_second(account: Account) -> None:
    waits = [pace.reserve(account_id=account.pk) for _ in range(4)]
    assert waits == pytest.approx([0, 0.51, 1.02, 1.53], abs=0.2)


def test_calls_at_this_pace_are_never_refused_by_a_platform_that_counts_by_the_second(world: World) -> None:
    Account.objects.update(calls_per_second=4)
    world.sandbox.switches(rate=4)
    account = Account.objects.get()
    with connected(account) as provider:
        for _ in range(10):
            provider.owner()
    assert world.sandbox.counters()["members"] == {"200": 10}


def test_slots_asked_for_at_once_are_all_different(account: Account) -> None:
    def reserve(_: int) -> float:
        try:
            return pace.reserve(account_id=account.pk, patience=60)
        finally:
            connections.close_all()

    started = db_now()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(reserve, range(16)))
    account.refresh_from_db()
    assert (account.next_call_at - started).total_seconds() >= 8


def test_a_slot_beyond_ones_patience_is_not_taken(account: Account) -> None:
    pace.hold_off(account_id=account.pk, seconds=30)
    before = Account.objects.get().next_call_at
    with pytest.raises(Throttled) as refusal:
        pace.reserve(account_id=account.pk, patience=5)
    assert 25 < refusal.value.retry_after <= 30
    assert Account.objects.get().next_call_at == before


def test_holding_off_never_brings_the_next_call_forward(account: Account) -> None:
    pace.hold_off(account_id=account.pk, seconds=30)
    pace.hold_off(account_id=account.pk, seconds=1)
    assert (Account.objects.get().next_call_at - db_now()).total_seconds() > 25


def test_slots_reserved_by_an_old_rate_never_reach_far_ahead_at_a_new_one(account: Account) -> None:
    Account.objects.filter(pk=account.pk).update(calls_per_second=100_000)
    account.refresh_from_db()
    slots = pace.Slots(account)
    Account.objects.filter(pk=account.pk).update(calls_per_second=2)
    assert slots.count() > 1
    account.refresh_from_db()
    assert (account.next_call_at - db_now()).total_seconds() < 1
