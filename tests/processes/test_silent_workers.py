"""A worker that lives and has stopped consuming is noticed within a minute or so, and a drain does its work meanwhile."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from tests.processes.stack import Stack
from tests.processes.visitor import wait_until

pytestmark = pytest.mark.processes

KINDS = {"seats", "mails", "rest", "schedule"}
NOTICED_SECONDS = 60 + 15 + 10


def health(stack: Stack) -> tuple[int, dict[str, Any]]:
    answer = requests.get(f"{stack.url}/healthz", timeout=10)
    return answer.status_code, answer.json()["workers"]


def is_well(stack: Stack) -> bool:
    status, workers = health(stack)
    return status == 200 and set(workers) >= KINDS


def test_a_worker_that_stops_consuming_is_noticed_and_a_drain_heals_it(stack: Stack) -> None:
    wait_until(lambda: is_well(stack), "every kind of worker to be heard of")
    stack.processes["mails"].suspend()
    waiting = stack.submit(stack.make_campaign(), stack.address())
    wait_until(lambda: health(stack)[0] == 503, "the silence to be noticed", seconds=NOTICED_SECONDS)
    _, workers = health(stack)
    assert workers["mails"].startswith("silent since")
    assert {workers[kind] for kind in KINDS - {"mails"}} == {"ok"}
    ready = requests.get(f"{stack.url}/readyz", timeout=10)
    assert (ready.status_code, ready.json()["checks"]["workers"]) == (200, "stale")

    with stack.draining():
        stack.arrived(waiting)
        wait_until(lambda: is_well(stack), "the drain to be heard of")
    stack.processes["mails"].resume()
    wait_until(lambda: is_well(stack), "the worker to be heard of again", seconds=NOTICED_SECONDS)
