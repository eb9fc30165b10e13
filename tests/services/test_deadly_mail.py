"""A mail that kills every worker that touches it: its neighbours leave, and it ends with a person."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

from django.conf import settings
from django.db import connection

from registrations.models import MAX_LOST_LEASES, OutgoingEmail, StepState
from registrations.services.senders import default_sender
from tests.processes.running import ROOT
from tests.services.conftest import World
from tests.services.timing import ago

NEIGHBOURS = 30


def work(world: World, deadly: str) -> int:
    """One life of a worker; returns how it ended."""
    arguments = [connection.settings_dict["NAME"], world.sandbox.smtp_port, default_sender().pk, deadly]
    command = [sys.executable, "-m", "tests.services.dying_worker", *map(str, arguments)]
    environment = os.environ | {"WORKER_KEYS": ",".join(settings.FIELD_ENCRYPTION_KEYS)}
    return subprocess.run(command, cwd=ROOT, env=environment, check=False, timeout=60).returncode


def let_leases_run_out() -> None:
    OutgoingEmail.objects.filter(state=StepState.LEASED).update(lease_until=ago(seconds=1))
    default_sender().__class__.objects.update(lease_until=ago(seconds=1))


def test_the_neighbours_of_a_deadly_mail_leave_and_count_no_lost_lease(world: World) -> None:
    campaign = world.campaign()
    people = [world.sign_up(campaign, f"person{number}@example.com") for number in range(NEIGHBOURS)]
    deadly = world.sign_up(campaign, "deadly@example.com")
    world.drain_seats(4)
    deadly.mails.update(run_at=ago(minutes=1), priority=0)
    others = OutgoingEmail.objects.exclude(registration=deadly)

    deaths = 0
    while work(world, deadly.email) == -signal.SIGKILL:
        deaths += 1
        assert deaths <= MAX_LOST_LEASES + 2
        # Whose text was on its way when the worker died may have begun: that is one lost lease, and never a second one.
        assert not others.filter(lost_leases__gt=1).exists()
        let_leases_run_out()
    mail = deadly.mails.get()
    assert (mail.state, mail.reason, mail.lost_leases) == (StepState.PARKED, "lost_leases", MAX_LOST_LEASES)
    assert deadly.timeline.filter(code="mail_parked").count() == 1
    assert set(others.values_list("state", "lost_leases")) == {(StepState.SETTLED, 0)}
    for person in people:
        copies = len(world.sandbox.messages(person.email))
        assert copies == 1 or (copies == 2 and person.mails.get().possible_second_copy)
