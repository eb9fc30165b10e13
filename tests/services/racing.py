"""Doing things at the same moment, as two processes would."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from django.db import connection, connections

LONGEST_SECONDS = 20.0

on_postgresql = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="concerns locks of single rows, which SQLite has not; TEST_DATABASE=postgres"
)


def at_once(*jobs: Callable[[], object]) -> list[Exception]:
    """Run each job in a thread with its own connection, and return what they raised. Raises TimeoutError if one hangs."""
    raised: list[Exception] = []

    def run(job: Callable[[], object]) -> None:
        try:
            job()
        except Exception as error:
            raised.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(job,), daemon=True) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LONGEST_SECONDS)
    if any(thread.is_alive() for thread in threads):
        raise TimeoutError(f"a job took more than {LONGEST_SECONDS:.0f} s")
    return raised
