"""The whole step engine under made-up histories: whatever dies in between, everybody gets what was promised."""

from __future__ import annotations

import os

import pytest
from django.conf import LazySettings
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from registrations.services import emailing, seating
from tests.services.engine import threads
from tests.services.engine.machine import Engine
from tests.services.engine.mail_server import BACKEND
from tests.services.engine.platform import Duplicates
from tests.services.engine.process import Clock

# These are always the same ones; `make soak-engine` asks for hundreds that are new each time.
FEW = 30
ASKED_FOR = os.environ.get("ENGINE_HISTORIES", "")


@pytest.fixture
def surroundings(transactional_db: None, settings: LazySettings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.EMAIL_BACKEND = BACKEND
    Clock().patch(monkeypatch)
    threads.patch(monkeypatch)
    monkeypatch.setattr(seating, "LINGER_SECONDS", 0.0)
    monkeypatch.setattr(emailing, "LINGER_SECONDS", 0.0)


@pytest.mark.parametrize("duplicates", list(Duplicates))
def test_everybody_gets_what_was_promised(surroundings: None, duplicates: Duplicates) -> None:
    machine = type("Engine", (Engine,), {"duplicates": duplicates})
    options = settings(
        max_examples=max(int(ASKED_FOR or FEW) // len(Duplicates), 1),
        derandomize=not ASKED_FOR,
        phases=list(Phase) if ASKED_FOR else [Phase.generate],
        stateful_step_count=20,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        print_blob=False,
    )
    run_state_machine_as_test(machine, settings=options)
