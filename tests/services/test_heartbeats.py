"""Who is at work, and since when somebody is not."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import LazySettings

from registrations.models import Heartbeat, db_now
from registrations.services import heartbeats
from registrations.services.heartbeats import beat, kinds, silences
from tests.services.timing import put_forward

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _new_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeats, "_beaten_at", {})


def last_beat(name: str, **ago: float) -> None:
    Heartbeat.objects.update_or_create(name=name, defaults={"beat_at": db_now() - timedelta(**ago)})


def silent() -> set[str]:
    return {silence.kind for silence in silences()}


def test_where_nobody_ever_worked_nobody_is_silent() -> None:
    assert (kinds(), silences()) == ({}, [])


def test_a_worker_writes_that_it_is_at_it() -> None:
    beat(kind="mails", host="one")
    row = Heartbeat.objects.get()
    assert row.name == "mails@one"
    assert abs(row.beat_at - db_now()) < timedelta(seconds=5)


def test_a_busy_worker_writes_once_in_fifteen_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = 1000.0
    monkeypatch.setattr(heartbeats.time, "monotonic", lambda: clock)
    beat(kind="mails", host="one")
    Heartbeat.objects.update(beat_at=db_now() - timedelta(minutes=5))
    clock += 14.0
    beat(kind="mails", host="one")
    assert silent() == {"mails"}
    clock += 2.0
    beat(kind="mails", host="one")
    assert silent() == set()


def test_whoever_has_not_beaten_for_a_minute_is_silent_since_then() -> None:
    last_beat("schedule@one", seconds=1)
    last_beat("mails@one", seconds=50)
    assert silent() == set()
    last_beat("mails@one", seconds=70)
    [silence] = silences()
    assert (silence.kind, silence.since) == ("mails", Heartbeat.objects.get(name="mails@one").beat_at)


def test_one_of_several_hosts_is_enough() -> None:
    last_beat("schedule@one", seconds=1)
    last_beat("seats@one", minutes=10)
    last_beat("seats@two", seconds=10)
    assert silent() == set()


def test_a_silent_schedule_is_told_of_and_not_those_whom_it_asks_no_more() -> None:
    last_beat("schedule@one", minutes=10)
    last_beat("mails@one", minutes=10, seconds=12)
    last_beat("seats@one", minutes=2)
    assert silent() == {"schedule"}


def test_whoever_fell_silent_before_the_schedule_did_is_told_of_too() -> None:
    last_beat("schedule@one", minutes=10)
    last_beat("mails@one", minutes=15)
    assert silent() == {"schedule", "mails"}


def test_a_drain_without_a_broker_stands_for_all() -> None:
    last_beat("schedule@one", minutes=10)
    last_beat("mails@one", minutes=20)
    assert silent() == {"mails", "schedule"}
    beat(kind="drain", host="two")
    assert silent() == set()


def test_a_drain_that_was_all_there_was_is_missed() -> None:
    last_beat("drain@one", minutes=2)
    assert silent() == {"schedule"}


def test_a_drain_that_ran_for_a_while_beside_the_workers_is_not_missed() -> None:
    last_beat("drain@one", hours=1)
    for kind in ("seats", "mails", "rest", "schedule"):
        last_beat(f"{kind}@one", seconds=5)
    assert silent() == set()


def test_whoever_was_not_heard_of_for_a_day_is_forgotten(settings: LazySettings) -> None:
    beat(kind="mails", host="old")
    put_forward(settings, hours=23)
    beat(kind="seats", host="new")
    assert silent() == {"mails"}
    put_forward(settings, hours=2)
    assert silent() == {"seats"}
    beat(kind="rest", host="new")
    assert set(Heartbeat.objects.values_list("name", flat=True)) == {"seats@new", "rest@new"}
