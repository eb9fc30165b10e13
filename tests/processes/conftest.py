"""Running stacks, one for many tests because starting one takes seconds, and what their processes said when a test fails."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.postgres import find_server
from tests.processes.database import StoppableCluster
from tests.processes.stack import Stack


@pytest.fixture(scope="session")
def shared_sqlite_stack() -> Iterator[Stack]:
    with Stack() as running:
        yield running


@pytest.fixture(scope="session")
def shared_postgres_stack() -> Iterator[Stack]:
    programs = find_server()
    assert programs is not None, "mark the test with `postgres`"
    cluster = StoppableCluster(programs)
    try:
        with Stack(postgres=cluster) as running:
            yield running
    finally:
        cluster.stop()


@pytest.fixture
def stack(shared_sqlite_stack: Stack) -> Iterator[Stack]:
    """Everything as it runs with the embedded database."""
    with shared_sqlite_stack.in_order():
        yield shared_sqlite_stack


@pytest.fixture
def postgres_stack(shared_postgres_stack: Stack) -> Iterator[Stack]:
    """Everything as it runs in production."""
    with shared_postgres_stack.in_order():
        yield shared_postgres_stack


@pytest.fixture(params=["stack", pytest.param("postgres_stack", marks=pytest.mark.postgres)], ids=["sqlite", "postgres"])
def each_stack(request: pytest.FixtureRequest) -> Stack:
    """Both, one after the other."""
    running: Stack = request.getfixturevalue(request.param)
    return running


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[Any]) -> Any:
    """Show what the processes said last beside a failure."""
    report = yield
    if report.failed:
        stacks = {id(value): value for value in getattr(item, "funcargs", {}).values() if isinstance(value, Stack)}
        for running in stacks.values():
            report.sections.extend(running.logs())
    return report
