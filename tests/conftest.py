"""What every test may ask for, and what is done about parts that this machine lacks."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import TransactionTestCase

from registrations.services import campaigns, counting, held_back
from tests import wiping
from tests.postgres import Cluster, find_server

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

_PARTS = {
    "browser": ("Chromium", bool(CHROMIUM)),
    "postgres": ("a PostgreSQL server", find_server() is not None),
}
_skipped: dict[str, int] = {}

TransactionTestCase._fixture_teardown = wiping.empty_after  # type: ignore[method-assign]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip what needs a part that is missing; with REQUIRE_ALL set, a missing part is a failure."""
    for marker, (part, is_there) in _PARTS.items():
        wanting = [] if is_there else [item for item in items if item.get_closest_marker(marker)]
        if wanting and os.environ.get("REQUIRE_ALL"):
            raise pytest.UsageError(f"REQUIRE_ALL is set and {part} is missing ({len(wanting)} tests need it).")
        for item in wanting:
            item.add_marker(pytest.mark.skip(reason=f"needs {part}"))
        if wanting:
            _skipped[part] = len(wanting)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    for part, count in _skipped.items():
        terminalreporter.write_line(f"skipped: {count} tests, because {part} is missing")


@pytest.fixture(autouse=True)
def _nothing_recent() -> None:
    """What a second may remember, a test must not: the next one has other campaigns at the same addresses."""
    campaigns.forget_recent()
    counting.tally.forget()
    held_back.ledger.forget()


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The address of an empty PostgreSQL database; its server ends with the tests."""
    programs = find_server()
    assert programs is not None, "mark the test with `postgres`"
    cluster = Cluster(programs)
    yield cluster.url
    cluster.stop()


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """The machine's own Chromium; nothing is downloaded."""
    arguments = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
    return {**browser_type_launch_args, "executable_path": CHROMIUM, "args": arguments}
