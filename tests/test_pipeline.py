"""Ringing: after commit, never in the way, and no more often than needed."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction

from registrations import pipeline
from registrations.services.due import NOTHING, Due, seats_due


class Recorder:
    """Takes down what would be sent to the broker; `blocked` makes the broker hang."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, list[int]]] = []
        self.arrived = threading.Event()
        self.go_on = threading.Event()
        self.go_on.set()

    def __call__(self, name: str, args: list[int], **options: Any) -> None:
        self.sent.append((name, args))
        self.arrived.set()
        self.go_on.wait(5)


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch) -> Iterator[Recorder]:
    recorder = Recorder()
    monkeypatch.setattr("registrations.pipeline.current_app.send_task", recorder)
    monkeypatch.setattr("registrations.pipeline._bell", pipeline.Bell())
    yield recorder
    recorder.go_on.set()


@pytest.mark.django_db(transaction=True)
def test_nothing_rings_before_the_commit_or_after_a_rollback(broker: Recorder) -> None:
    with transaction.atomic():
        pipeline.ring(seats_due(1))
        transaction.set_rollback(True)
    with transaction.atomic():
        pipeline.ring(seats_due(2))
        assert not broker.arrived.wait(0.05)
    assert broker.arrived.wait(5)
    assert broker.sent == [("registrations.drain_seats", [2])]


@pytest.mark.django_db(transaction=True)
def test_a_hanging_broker_delays_nobody_and_rings_of_the_same_kind_fall_together(broker: Recorder) -> None:
    broker.go_on.clear()
    pipeline.ring(seats_due(1))
    assert broker.arrived.wait(5)
    started = time.monotonic()
    for _ in range(500):
        pipeline.ring(seats_due(1) | Due(emails=frozenset({7})))
    assert time.monotonic() - started < 2
    broker.go_on.set()
    deadline = time.monotonic() + 5
    while len(broker.sent) < 3 and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.3)
    assert sorted(broker.sent) == [
        ("registrations.drain_emails", [7]),
        ("registrations.drain_seats", [1]),
        ("registrations.drain_seats", [1]),
    ]


@pytest.mark.django_db(transaction=True)
def test_a_lost_ring_is_no_error(broker: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: Any, **options: Any) -> None:
        broker.arrived.set()
        raise ConnectionError("no broker")

    monkeypatch.setattr("registrations.pipeline.current_app.send_task", refuse)
    pipeline.ring(seats_due(1))
    assert broker.arrived.wait(5)
    broker.arrived.clear()
    pipeline.ring(seats_due(2))
    assert broker.arrived.wait(5), "the thread that rings must survive"


def test_nothing_due_rings_nothing(broker: Recorder) -> None:
    pipeline.ring(NOTHING)
    assert broker.sent == []
