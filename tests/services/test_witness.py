"""A database that was restored from a backup stands still, and no other one does."""

from __future__ import annotations

import logging
import shutil
import threading
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.conf import LazySettings
from django.db.models import F

from registrations.models import Delivery, db_now
from registrations.services import pauses, testimony, wakeup, witness
from registrations.services.due import NOTHING
from registrations.services.testimony import Folder, Memory
from tests import factories
from tests.services.racing import at_once

pytestmark = pytest.mark.django_db(transaction=True)

HOSTS = 6
TICKS_EACH = 25


class Redis:
    """What Redis does with the counts it is told, for tests that are not about Redis."""

    def __init__(self) -> None:
        self.held: dict[str, int] = {}
        self._lock = threading.Lock()

    def exchange(self, installation: str, ticks: int) -> int:
        with self._lock:
            self.held[installation] = max(self.held.get(installation, 0), ticks)
            return self.held[installation]


_redis = Redis()


def exchange(installation: str, ticks: int) -> int:
    return _redis.exchange(installation, ticks)


def no_exchange(installation: str, ticks: int) -> int:
    raise ConnectionError


@pytest.fixture(autouse=True)
def _one_host(settings: LazySettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A host with a data folder of its own, one process, and no Redis."""
    settings.DATA_DIR = tmp_path
    settings.WITNESS_EXCHANGE = f"{__name__}.no_exchange"
    monkeypatch.setattr(testimony, "_folder", Folder())
    monkeypatch.setattr(testimony, "_memory", Memory())
    monkeypatch.setattr(testimony, "BETWEEN_EXCHANGES_SECONDS", 0.01)


@pytest.fixture
def new_process(monkeypatch: pytest.MonkeyPatch) -> Any:
    """What this process remembers is gone, as after a restart."""
    return lambda: monkeypatch.setattr(testimony, "_memory", Memory())


def forget_folder() -> None:
    shutil.rmtree(testimony._folder._path)


def restore(ticks: int) -> None:
    """The database as it was when it had counted so far."""
    Delivery.objects.update(ticks=ticks, behind_since=None, witnessed_ticks=0)


def work(times: int) -> None:
    for _ in range(times):
        assert witness.tick()


def test_a_new_installation_begins_to_count(tmp_path: Path) -> None:
    assert not witness.stands_still()
    work(3)
    switch = Delivery.objects.get()
    assert switch.ticks == testimony.seen(switch.installation) == 3
    assert [file.name for file in (tmp_path / "witness").iterdir()] == [f"{switch.installation.hex}-3"]


def test_a_restored_database_stands_still_after_a_restart(new_process: Any, caplog: pytest.LogCaptureFixture) -> None:
    work(5)
    restore(2)
    new_process()
    assert witness.stands_still()
    behind = witness.behind()
    assert behind is not None
    assert (behind.ticks, behind.witnessed_ticks, behind.missing) == (2, 5, 3)
    assert Delivery.is_paused()
    assert not witness.tick()
    assert Delivery.objects.get().ticks == 2
    assert ["stands still" in entry.message for entry in caplog.records if entry.levelno == logging.ERROR] == [True]


def test_the_first_slice_of_a_restored_database_is_not_begun_even_if_nobody_looked_before(new_process: Any) -> None:
    work(5)
    restore(4)
    new_process()
    assert not witness.tick()
    assert Delivery.objects.get().behind_since is not None


def test_a_process_that_runs_on_notices_by_itself(tmp_path: Path) -> None:
    work(5)
    forget_folder()
    restore(2)
    assert not witness.tick()


def test_redis_alone_tells_a_new_process(settings: LazySettings, new_process: Any) -> None:
    settings.WITNESS_EXCHANGE = f"{__name__}.exchange"
    new_process()
    work(5)
    installation = Delivery.objects.get().installation
    wait_for(lambda: _redis.held.get(installation.hex) == 5)
    forget_folder()
    restore(2)
    new_process()
    assert witness.stands_still()


def test_a_new_host_without_a_witness_goes_on(new_process: Any) -> None:
    work(5)
    restore(2)
    forget_folder()
    new_process()
    assert not witness.stands_still()
    work(1)


def test_a_backup_after_which_nothing_was_done_goes_on(new_process: Any) -> None:
    work(5)
    restore(5)
    new_process()
    assert not witness.stands_still()
    work(1)


def test_a_new_database_on_an_old_host_goes_on(new_process: Any) -> None:
    work(5)
    Delivery.objects.all().delete()
    assert not witness.stands_still()
    work(1)
    assert Delivery.objects.get().ticks == 1


def test_while_the_database_is_behind_nothing_becomes_due_and_forms_are_taken(new_process: Any) -> None:
    work(5)
    restore(2)
    new_process()
    person = factories.make_person()
    assert wakeup.look() == NOTHING
    assert factories.seat_of(person).state == "queued"
    Delivery.objects.update(behind_since=None, ticks=6)
    assert wakeup.look().seats == {person.campaign.event.account_id}


def test_a_host_that_has_seen_more_raises_what_was_seen(new_process: Any) -> None:
    work(5)
    restore(2)
    new_process()
    witness.stands_still()
    testimony.remember(Delivery.objects.get().installation, 9)
    witness.stands_still()
    behind = witness.behind()
    assert behind is not None
    assert behind.witnessed_ticks == 9


def test_work_is_counted_and_kept_back_while_everything_is_paused() -> None:
    work(1)
    pauses.pause_everything(user_id=None)
    assert witness.stands_still()
    assert not witness.tick()
    assert Delivery.objects.get().ticks == 2
    assert witness.behind() is None


def test_what_is_remembered_is_only_ever_raised(tmp_path: Path) -> None:
    installation = UUID(int=1)
    for ticks in (3, 7, 5):
        testimony.remember(installation, ticks)
    assert testimony.seen(installation) == 7
    assert testimony._folder.highest(installation) == 7
    assert testimony.seen(UUID(int=2)) == 0


def test_a_data_folder_that_cannot_be_written_is_told_of_once_and_stops_nobody(
    settings: LazySettings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "no-folder"
    file.touch()
    settings.DATA_DIR = file
    work(3)
    told = [entry.message for entry in caplog.records if "data folder" in entry.message]
    assert told == ["the data folder cannot be a witness"]
    restore(1)
    assert not witness.tick()


class Host:
    """A host's data folder and the memory of its one process."""

    def __init__(self, path: Path) -> None:
        self.memory = Memory()
        self.folder = type("HostFolder", (Folder,), {"_path": path})()


def test_hosts_that_count_at_once_are_never_taken_for_restored(
    settings: LazySettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.WITNESS_EXCHANGE = f"{__name__}.exchange"
    host = threading.local()
    refused: list[int] = []

    class Mine:
        def __init__(self, part: str) -> None:
            self._part = part

        def __getattr__(self, name: str) -> Any:
            return getattr(getattr(host.host, self._part), name)

    monkeypatch.setattr(testimony, "_memory", Mine("memory"))
    monkeypatch.setattr(testimony, "_folder", Mine("folder"))
    # Two processes of one host share a folder; hosts share the database and Redis alone.
    folders = [tmp_path / f"host{number // 2}" for number in range(HOSTS)]

    def run(path: Path) -> None:
        host.host = Host(path)
        refused.extend(number for number in range(TICKS_EACH) if not witness.tick() or witness.stands_still())

    assert at_once(*[lambda path=path: run(path) for path in folders]) == []
    assert refused == []
    switch = Delivery.objects.get()
    assert (switch.ticks, switch.behind_since) == (HOSTS * TICKS_EACH, None)
    assert max(Host(path).folder.highest(switch.installation) for path in folders) == switch.ticks


def test_a_count_that_grows_between_two_looks_is_no_sign_of_a_restore(monkeypatch: pytest.MonkeyPatch) -> None:
    work(3)

    def seen_late(installation: UUID) -> int:
        Delivery.objects.update(ticks=F("ticks") + 1)  # another process, between our look at the row and at its witness
        return Delivery.objects.get().ticks

    monkeypatch.setattr(testimony, "seen", seen_late)
    assert not witness.stands_still()
    assert witness.tick()


def test_of_many_that_notice_a_restore_all_stand_still_and_one_mark_is_made(new_process: Any) -> None:
    work(5)
    restore(2)
    new_process()
    results: list[bool] = []
    assert at_once(*[lambda: results.append(witness.tick())] * 6) == []
    assert results == [False] * 6
    switch = Delivery.objects.get()
    assert (switch.ticks, switch.witnessed_ticks) == (2, 5)
    assert switch.behind_since is not None
    assert switch.behind_since <= db_now()


def wait_for(look: Any, seconds: float = 5.0) -> None:
    done = threading.Event()
    for _ in range(int(seconds / 0.01)):
        if look():
            return
        done.wait(0.01)
    raise AssertionError("waited in vain")
