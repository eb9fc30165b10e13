"""How many public posts have something in common in a window of time, and whether that is one too many.

Windows are fixed: they begin at whole multiples of their length, so that one row and one statement tell. A row for each post
would cost a commit each, and make all of them wait for the rows that they share. So each process counts by itself, exactly,
and once a second adds what it counted to the database, by one statement, and learns from it what the others have counted. A
limit may thus be exceeded by what the other processes take in a second, and by no more. What is rare and costs a mail
(`is_exact`) is written at once. What is known to be full costs no statement at all. Nothing here needs Redis.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from django.conf import settings
from django.utils import timezone

from registrations.models import PostCount

BETWEEN_WRITES_SECONDS = 1.0
MOST_UNWRITTEN = 500
MOST_KEPT = 20_000
"""So many counts a process remembers, unless more are close to their limits."""


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` posts in a window of `seconds` with this `origin`; 0: any number. `is_exact`: written at once."""

    scope: str
    origin: str
    most: int
    seconds: int
    is_exact: bool = False


@dataclass(frozen=True, slots=True)
class Full:
    """Which limit is reached, and how many seconds until its next window."""

    scope: str
    seconds: int


@dataclass(slots=True)
class _Sum:
    """What a process knows of one window: the count of all when it last wrote, and how many came to it since."""

    ends: int
    most: int
    written: int = 0
    more: int = 0


class Tally:
    """The counts of one process, over those in the database.

    Windows go by this machine's clock, not the database's: asking for that would cost more than the count, and a window that
    begins a moment too early or late hurts nobody.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.forget()

    def forget(self) -> None:
        """Know only what the database knows."""
        with self._lock:
            self._sums: dict[int, _Sum] = {}
            self._unwritten: set[int] = set()
            self._written_at = float("-inf")

    def take(self, limits: Sequence[Limit]) -> Full | None:
        """Count one post; the first of its limits that it exceeds, if any. Raises what the database raises when it is away."""
        now = _clock()
        windows = {_key(limit, now): limit for limit in limits if limit.most and limit.origin}
        with self._lock:
            for key, limit in windows.items():
                each = self._sums.setdefault(key, _Sum(_ends(limit, now), limit.most))
                if each.written + each.more >= limit.most:
                    return Full(limit.scope, _seconds_left(limit, now))
            for key in windows:
                self._sums[key].more += 1
                self._unwritten.add(key)
            counts = self._to_write(now, at_once=any(limit.is_exact for limit in windows.values()))
        # If this fails, a second's counts are lost with it: the posts that they stood for were not taken either.
        totals = PostCount.add(counts) if counts else {}
        with self._lock:
            for key, total in totals.items():
                if key in self._sums:
                    self._sums[key].written = max(self._sums[key].written, total)
        for key, limit in windows.items():
            if totals.get(key, 0) > limit.most:
                return Full(limit.scope, _seconds_left(limit, now))
        return None

    def _to_write(self, now: float, *, at_once: bool) -> dict[int, tuple[int, datetime]]:
        """What is to be added to the database now, if it is time; from here on it counts as written."""
        is_due = time.monotonic() - self._written_at >= BETWEEN_WRITES_SECONDS
        if not (at_once or is_due or len(self._unwritten) >= MOST_UNWRITTEN):
            return {}
        self._written_at = time.monotonic()
        counts = {}
        for key in self._unwritten:
            each = self._sums[key]
            counts[key] = (each.more, datetime.fromtimestamp(each.ends, UTC))
            each.written, each.more = each.written + each.more, 0
        self._unwritten = set()
        if is_due or len(self._sums) > MOST_KEPT:
            self._drop_over(now)
        return counts

    def _drop_over(self, now: float) -> None:
        is_crowded = len(self._sums) > MOST_KEPT
        self._sums = {
            key: each
            for key, each in self._sums.items()
            if each.ends > now and not (is_crowded and each.written * 2 < each.most)
        }


def prune() -> None:
    """Forget windows that are over."""
    over = PostCount.objects.filter(ends_at__lt=timezone.now())
    if over.exists():  # a look costs no write lock, and there is mostly nothing
        over.delete()


def _clock() -> float:
    return time.time()


def _key(limit: Limit, now: float) -> int:
    """What a window is found by: addresses can be guessed, so that a hash without a key would tell whose they are."""
    words = f"{limit.scope}:{int(now // limit.seconds)}:{limit.origin}"
    digest = hashlib.blake2b(words.encode(), key=settings.SECRET_KEY.encode()[:64], digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def _ends(limit: Limit, now: float) -> int:
    return (int(now // limit.seconds) + 1) * limit.seconds


def _seconds_left(limit: Limit, now: float) -> int:
    return max(int(_ends(limit, now) - now) + 1, 1)


tally = Tally()
