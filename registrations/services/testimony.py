"""What is remembered of an installation's ticks outside of its database: by this process, in the data folder, in Redis.

A tick is committed before it is remembered anywhere, so in normal life nothing remembered is above the database's own count.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string

logger = logging.getLogger(__name__)

FOLDER = "witness"
FIRST_ANSWER_SECONDS = 3.0
BETWEEN_EXCHANGES_SECONDS = 2.0
NEVER = -1

Exchange = Callable[[str, int], int]


def seen(installation: UUID) -> int:
    """The highest count that is remembered of an installation; 0 if there is no witness.

    The first question about an installation waits for the answer from Redis, three seconds at most; no later one does.
    """
    return max(_memory.recall(installation), _folder.highest(installation))


def remember(installation: UUID, ticks: int) -> None:
    """Remember a committed count; never lowers what is remembered, and never waits for Redis."""
    _folder.add(installation, ticks)
    _memory.add(installation, ticks)


class Folder:
    """A folder of empty files, each named by an installation and a count.

    A name is there or not, so nothing is ever half written; and since everybody removes only what is below their own
    count, the highest stays, with no lock between processes. A folder that cannot be written is told of once.
    """

    def __init__(self) -> None:
        self._in_trouble = False

    def highest(self, installation: UUID) -> int:
        return max(self._counts(installation), default=0)

    def add(self, installation: UUID, ticks: int) -> None:
        try:
            self._path.mkdir(mode=0o700, parents=True, exist_ok=True)
            counts = self._counts(installation)
            if ticks > max(counts, default=0):
                (self._path / f"{installation.hex}-{ticks}").touch(mode=0o600)
            for count in counts:
                if count < ticks:
                    (self._path / f"{installation.hex}-{count}").unlink(missing_ok=True)
        except OSError as error:
            if not self._in_trouble:
                logger.warning("the data folder cannot be a witness", extra={"error": type(error).__name__})
            self._in_trouble = True
        else:
            self._in_trouble = False

    @property
    def _path(self) -> Path:
        return Path(settings.DATA_DIR) / FOLDER

    def _counts(self, installation: UUID) -> list[int]:
        try:
            names = os.listdir(self._path)
        except OSError:
            return []
        start = f"{installation.hex}-"
        return [int(count) for name in names if name.startswith(start) and (count := name.removeprefix(start)).isdecimal()]


class Memory:
    """What this process knows, and one daemon thread that exchanges it with Redis, at most every two seconds."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._known: dict[UUID, int] = {}
        self._in_redis: dict[UUID, int] = {}
        self._asked: set[UUID] = set()
        self._exchanged_at = 0.0
        self._in_trouble = False
        self._process = 0

    def recall(self, installation: UUID) -> int:
        with self._changed:
            self._known.setdefault(installation, 0)
            if installation not in self._asked:
                self._wake_thread()
                self._changed.wait_for(lambda: installation in self._asked, FIRST_ANSWER_SECONDS)
                self._asked.add(installation)
            return self._known[installation]

    def add(self, installation: UUID, ticks: int) -> None:
        with self._changed:
            known = self._known.get(installation, 0)
            self._known[installation] = max(known, ticks)
            # With older news still to tell the thread is awake already, or waits for its time.
            if known <= self._in_redis.get(installation, NEVER) or self._process != os.getpid():
                self._wake_thread()

    def _wake_thread(self) -> None:
        if self._process != os.getpid():  # threads do not survive a fork
            self._process = os.getpid()
            threading.Thread(target=self._run, name="witness", daemon=True).start()
        self._changed.notify_all()

    def _run(self) -> None:
        exchange: Exchange = import_string(settings.WITNESS_EXCHANGE)
        while True:
            installation, ticks = self._next()
            held: int | None = None
            try:
                held = exchange(installation.hex, ticks)
            except Exception as error:
                # Any failure of Redis means the same: it is no witness for the moment.
                if not self._in_trouble:
                    logger.warning("redis cannot be a witness", extra={"error": type(error).__name__})
            self._in_trouble = held is None
            self._learn(installation, held)

    def _next(self) -> tuple[UUID, int]:
        """What to exchange next: what nobody asked Redis about yet at once, what it does not know when the time has come."""
        with self._changed:
            while True:
                wait = self._exchanged_at + BETWEEN_EXCHANGES_SECONDS - time.monotonic()
                news = [(known, ticks) for known, ticks in self._known.items() if ticks > self._in_redis.get(known, NEVER)]
                for installation, ticks in news:
                    if wait <= 0 or installation not in self._asked:
                        return installation, ticks
                self._changed.wait(wait if news else None)

    def _learn(self, installation: UUID, held: int | None) -> None:
        with self._changed:
            self._exchanged_at = time.monotonic()
            self._asked.add(installation)
            if held is not None:
                self._known[installation] = max(self._known[installation], held)
                self._in_redis[installation] = held
            self._changed.notify_all()


_folder = Folder()
_memory = Memory()
