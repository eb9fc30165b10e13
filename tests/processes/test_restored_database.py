"""A database put back from a backup sends nothing until it is resumed, and then nobody is registered twice."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
import requests

from tests.postgres import find_server
from tests.processes.backups import Backup
from tests.processes.database import StoppableCluster
from tests.processes.running import ROOT
from tests.processes.stack import MadeCampaign, SignUp, Stack
from tests.processes.visitor import wait_until

pytestmark = pytest.mark.processes

WORKERS = ("seats", "mails", "rest", "schedule")
QUIET_SECONDS = 6.0
PASSWORD = "a-long-pass-phrase"


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def restorable(request: pytest.FixtureRequest) -> Iterator[Stack]:
    """A stack of its own: whatever becomes of its database, no other test meets it."""
    programs = find_server() if request.param == "postgres" else None
    cluster = StoppableCluster(programs) if programs is not None else None
    try:
        with Stack(postgres=cluster) as stack:
            yield stack
    finally:
        if cluster is not None:
            cluster.stop()


on_sqlite = pytest.mark.parametrize("restorable", ["sqlite"], indirect=True)


def manage(stack: Stack, *arguments: str, **environment: str) -> str:
    command = [sys.executable, "manage.py", *arguments]
    done = subprocess.run(
        command, cwd=ROOT, env={**stack.environment, **environment}, capture_output=True, text=True, timeout=120, check=True
    )
    return done.stdout


def stop(stack: Stack) -> None:
    for name in ("web", *WORKERS):
        stack.processes[name].stop()


def start(stack: Stack) -> None:
    for name in ("web", *WORKERS):
        stack.processes[name].start()
    wait_until(stack.is_ready, "the site to be ready", seconds=60)


def said_of_delivery(stack: Stack) -> str:
    return str(requests.get(f"{stack.url}/readyz", timeout=10).json()["checks"]["delivery"])


def is_behind(stack: Stack) -> bool:
    return said_of_delivery(stack) == "behind"


def outside(stack: Stack) -> tuple[Any, int]:
    """What the outside world has seen of us: all calls ever made, and all mails."""
    return stack.sandbox.counters(), stack.sandbox.mails_received()


def doubly_registering(stack: Stack) -> MadeCampaign:
    """A campaign at a platform that registers everybody again who is registered again."""
    account_id = stack.make_account(stack.sandbox.api_key, unique_by_email=False)
    stack.sandbox.switches(register_duplicate="second")
    return stack.make_campaign(account_id=account_id)


def first_screen(stack: Stack) -> str:
    """The overview as an administrator's browser shows it."""
    manage(stack, "bootstrap", ADMIN_USERNAME="root", ADMIN_PASSWORD=PASSWORD)
    with requests.Session() as browser:
        browser.headers["Accept-Language"] = "en"
        browser.get(f"{stack.url}/admin/login/", timeout=10)
        form = {"username": "root", "password": PASSWORD, "csrfmiddlewaretoken": browser.cookies["csrftoken"]}
        return browser.post(f"{stack.url}/admin/login/?next=/admin/", form, timeout=10).text


def test_a_restored_database_waits_and_then_everybody_ends_with_one_registration(restorable: Stack) -> None:
    stack = restorable
    campaign = doubly_registering(stack)
    stack.arrived(stack.submit(campaign, stack.address()))
    for name in ("seats", "mails"):
        stack.processes[name].stop()
    waiting = [stack.submit(campaign, stack.address()) for _ in range(6)]
    backup = Backup(stack)
    start(stack)
    for sign_up in waiting:
        stack.arrived(sign_up)
    lost = stack.submit(campaign, stack.address("lost"))
    stack.arrived(lost)

    stop(stack)
    backup.restore()
    seen = outside(stack)
    start(stack)
    wait_until(partial(is_behind, stack), "the restore to be noticed")
    newcomer = stack.submit(campaign, stack.address("newcomer"))
    time.sleep(QUIET_SECONDS)
    assert outside(stack) == seen
    assert "The database was restored from a backup" in first_screen(stack)

    report = manage(stack, "resume_delivery")
    assert "registrations not finished  7" in report
    time.sleep(QUIET_SECONDS)
    assert outside(stack) == seen
    assert "1 there only" in manage(stack, "reconcile")

    assert "Delivery goes on" in manage(stack, "resume_delivery", "--yes")
    for sign_up in waiting:
        assert_has_one_place(stack, sign_up)
    stack.arrived(newcomer, seconds=120)
    assert len(stack.sandbox.participations(newcomer.email)) == 1
    assert len(stack.sandbox.participations(lost.email)) == 1
    assert said_of_delivery(stack) == "ok"


def assert_has_one_place(stack: Stack, sign_up: SignUp) -> None:
    """One registration was ever made for the person, and we know it and its link."""
    stack.wait_until_quiet(sign_up.email, seconds=90)
    [participation] = stack.sandbox.participations(sign_up.email)
    [seat] = stack.person(sign_up.email)["seats"]
    assert (seat["state"], seat["fact"]) == ("settled", "in")
    last = stack.sandbox.messages(sign_up.email)[-1]
    assert set(stack.room_links(last)) == {participation["link"]}
    stack.assert_opens(participation["link"])


@on_sqlite
def test_a_backup_on_a_new_host_without_a_witness_goes_on_by_itself(restorable: Stack) -> None:
    stack = restorable
    stack.arrived(stack.submit(stack.make_campaign(), stack.address()))
    backup = Backup(stack)
    stack.arrived(stack.submit(stack.make_campaign(), stack.address()))
    stop(stack)
    backup.restore()
    shutil.rmtree(stack._folder / "witness")
    stack.processes["redis"].kill()  # it keeps nothing on disk
    stack.processes["redis"].start()
    start(stack)
    stack.arrived(stack.submit(stack.make_campaign(), stack.address()), seconds=60)
    assert said_of_delivery(stack) == "ok"


@on_sqlite
def test_a_drain_without_a_broker_stands_still_as_well(restorable: Stack) -> None:
    stack = restorable
    campaign = stack.make_campaign()
    backup = Backup(stack)
    stack.arrived(stack.submit(campaign, stack.address()))
    stop(stack)
    stack.processes["redis"].stop()
    backup.restore()
    stack.processes["web"].start()
    wait_until(stack.is_ready, "the site to be ready", seconds=60)
    seen = outside(stack)
    waiting = stack.submit(campaign, stack.address())
    with stack.draining():
        wait_until(partial(is_behind, stack), "the restore to be noticed")
        time.sleep(QUIET_SECONDS)
        assert outside(stack) == seen
        manage(stack, "resume_delivery", "--yes")
        stack.arrived(waiting, seconds=60)
    stack.processes["redis"].start()
    start(stack)
