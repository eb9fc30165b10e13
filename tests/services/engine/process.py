"""A process of ours that may be killed between any two statements, and leaves the database as a killed process does."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.conf import settings
from django.db import connection, connections
from django.utils import timezone

Result = TypeVar("Result")

WRITES = ("INSERT", "UPDATE", "DELETE")


class Killed(BaseException):
    """The process is gone. No `except Exception` sees this, and what `finally` does is refused by the database."""


@dataclass(frozen=True)
class Kill:
    """When a process is killed: before, or just after, its n-th write."""

    write: int
    after: bool = False


class Clock:
    """The time that everybody goes by; sleeping only puts it forward."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def now(self) -> datetime:
        return timezone.now() + timedelta(seconds=settings.CLOCK_OFFSET_SECONDS)

    def let_pass(self, seconds: float) -> None:
        with self._lock:
            settings.CLOCK_OFFSET_SECONDS += max(seconds, 0.0)

    def patch(self, monkeypatch: Any) -> None:
        """Nobody sleeps while this lasts, and every clock shows the same time passing."""
        monotonic = time.monotonic
        monkeypatch.setattr(settings, "CLOCK_OFFSET_SECONDS", 0.0)
        monkeypatch.setattr(time, "sleep", self.let_pass)
        monkeypatch.setattr(time, "monotonic", lambda: monotonic() + settings.CLOCK_OFFSET_SECONDS)


class Process:
    """Runs one job; counts its statements, and dies or lets others go first where it was told to.

    Once dead, it gets nothing more from the database: a `finally` that would tidy up is cut off, as by `kill -9`, and the
    open transaction is rolled back. `sent`: whether calls that were under way when it died had left it.
    """

    def __init__(
        self, *, kill: Kill | None = None, sent: bool = True, aside_at: int = 0, aside: Callable[[], None] | None = None
    ) -> None:
        self.dead = False
        self.sent = sent
        self._thread = threading.get_ident()
        self._kill = kill
        self._aside_at, self._aside = aside_at, aside
        self._writes = self._statements = 0
        self._stands_aside = False

    def run(self, job: Callable[[], Result]) -> Result | None:
        """The job's result; None if the process was killed."""
        assert not connection.in_atomic_block
        try:
            with connection.execute_wrapper(self._statement):
                result = job()
        except Killed:
            assert self.dead
            result = None
        assert not connection.in_atomic_block
        return None if self.dead else result

    def die(self) -> None:
        self.dead = True
        raise Killed

    def stand_aside(self, others: Callable[[], None]) -> None:
        """Let others work in the middle of this job."""
        self._stands_aside = True
        try:
            others()
        finally:
            self._stands_aside = False
            if threading.get_ident() != self._thread:
                connections.close_all()

    def _statement(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        if self._stands_aside:
            return execute(sql, params, many, context)
        if self.dead and not sql.startswith("ROLLBACK"):
            raise Killed
        self._statements += 1
        if self._aside is not None and self._statements >= self._aside_at and not connection.in_atomic_block:
            others, self._aside = self._aside, None
            self.stand_aside(others)
        if self._kill is None or not sql.startswith(WRITES):
            return execute(sql, params, many, context)
        self._writes += 1
        due = self._writes == self._kill.write
        if due and not self._kill.after:
            self.die()
        result = execute(sql, params, many, context)
        if due:
            self.die()
        return result
