"""Redis as a witness: it keeps the highest count, and when it hangs nobody waits for it twice."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
import redis
from django.conf import LazySettings

from registrations.management.localrun.ports import LOOPBACK, free_ports
from registrations.services import testimony
from registrations.services.testimony import Folder, Memory
from regsite import redis_witness
from tests.processes.running import Running
from tests.processes.stack import _redis


@pytest.fixture
def server(settings: LazySettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    """A Redis of its own, and a process that remembers nothing yet."""
    (port,) = free_ports(1)
    settings.REDIS_URL = f"redis://{LOOPBACK}:{port}/0"
    settings.DATA_DIR = tmp_path / "data"
    monkeypatch.setattr(testimony, "_folder", Folder())
    monkeypatch.setattr(testimony, "_memory", Memory())
    redis_witness._client.cache_clear()
    running = Running("redis", _redis(port), environment=os.environ, folder=tmp_path)
    running.start()
    for _ in range(200):
        try:
            redis.Redis.from_url(settings.REDIS_URL).ping()
            break
        except redis.ConnectionError:
            time.sleep(0.02)
    yield running
    running.kill()
    redis_witness._client.cache_clear()


@pytest.mark.usefixtures("server")
def test_redis_keeps_the_highest_count_of_each_installation() -> None:
    one, other = uuid4().hex, uuid4().hex
    assert [redis_witness.exchange(one, ticks) for ticks in (5, 3, 9, 9)] == [5, 5, 9, 9]
    assert redis_witness.exchange(other, 0) == 0


def test_redis_that_is_gone_is_an_error_at_once(server: Running) -> None:
    server.kill()
    began = time.monotonic()
    with pytest.raises(redis.RedisError):
        redis_witness.exchange(uuid4().hex, 1)
    assert time.monotonic() - began < 1


@pytest.mark.usefixtures("server")
def test_a_process_that_begins_learns_what_redis_holds() -> None:
    installation = uuid4()
    redis_witness.exchange(installation.hex, 12)
    assert testimony.seen(installation) == 12


def test_a_frozen_redis_is_waited_for_once_and_never_when_work_is_counted(server: Running) -> None:
    installation = uuid4()
    server.suspend()
    began = time.monotonic()
    assert testimony.seen(installation) == 0
    first = time.monotonic() - began
    for ticks in range(1, 200):
        assert testimony.seen(installation) == ticks - 1
        testimony.remember(installation, ticks)
    all_others = time.monotonic() - began - first
    assert first < testimony.FIRST_ANSWER_SECONDS + 0.5
    assert all_others < 1


def test_redis_that_comes_back_learns_the_count_by_itself(server: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(testimony, "BETWEEN_EXCHANGES_SECONDS", 0.1)
    installation = uuid4()
    server.suspend()
    testimony.remember(installation, 4)
    server.resume()
    deadline = time.monotonic() + 10
    while redis_witness.exchange(installation.hex, 0) != 4:
        assert time.monotonic() < deadline
        time.sleep(0.05)
