"""Celery's door: who runs a task proves by it that they are at work."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from celery import signals

from registrations import tasks
from registrations.models import Delivery, Heartbeat
from registrations.services import draining, heartbeats, testimony
from regsite.celery import app

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _new_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeats, "_beaten_at", {})


@pytest.fixture
def stopping() -> Iterator[threading.Event]:
    """A drain's stop, set in the middle of its first look at the latest."""
    stop = threading.Event()
    timer = threading.Timer(0.2, stop.set)
    timer.start()
    yield stop
    timer.cancel()


def heard_of() -> set[str]:
    return {name.partition("@")[0] for name in Heartbeat.objects.values_list("name", flat=True)}


def test_an_idle_worker_that_is_asked_says_that_it_is_at_its_queue() -> None:
    tasks.beat.apply(routing_key="mails")
    assert heard_of() == {"mails"}


def test_a_look_for_due_work_proves_that_the_schedule_runs_as_well() -> None:
    tasks.wake.apply(routing_key="rest")
    assert heard_of() == {"rest", "schedule"}


def test_a_worker_that_only_ever_works_says_so_too() -> None:
    tasks.drain_seats.apply(args=[0], routing_key="seats")
    assert heard_of() == {"seats"}


def test_a_drain_without_a_broker_says_that_it_is_at_it(stopping: threading.Event) -> None:
    draining.watch(stopping)
    assert heard_of() == {"drain"}


def test_all_that_the_schedule_sends_are_tasks_that_there_are_and_each_queue_is_asked() -> None:
    entries = app.conf.beat_schedule.values()
    assert {entry["task"] for entry in entries} <= set(app.tasks)
    assert all(entry["options"]["expires"] <= 10 for entry in entries)
    routes = {entry["options"].get("queue", app.conf.task_default_queue) for entry in entries}
    assert routes == {"seats", "mails", "rest"}


def test_a_worker_that_starts_looks_first_whether_the_database_was_restored() -> None:
    installation = Delivery.objects.create(pk=1, ticks=3).installation
    testimony.remember(installation, 7)
    signals.worker_init.send(sender="seats@one")
    assert Delivery.is_paused()


def test_every_task_proves_that_its_queue_is_worked_off() -> None:
    ours = [task for name, task in app.tasks.items() if name.startswith("registrations.")]
    assert len(ours) >= 7
    assert all(isinstance(task, tasks.Beating) for task in ours)
