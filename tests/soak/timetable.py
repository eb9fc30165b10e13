"""What is to be done when: any thread may add to it, one thread carries it out."""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

LOOK_SECONDS = 0.02


@dataclass(order=True)
class _Entry:
    at: float
    number: int
    work: Callable[[], object] = field(compare=False)


class Timetable:
    """Times are seconds from its making."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._numbers = itertools.count()
        self._entries: list[_Entry] = []
        self._lock = threading.Lock()

    @property
    def now(self) -> float:
        return time.monotonic() - self._began

    def at(self, seconds: float, work: Callable[[], object]) -> None:
        """Do something at a time."""
        with self._lock:
            heapq.heappush(self._entries, _Entry(seconds, next(self._numbers), work))

    def soon(self, seconds: float, work: Callable[[], object]) -> None:
        """Do something so much later."""
        self.at(self.now + seconds, work)

    def work_off(self) -> None:
        """Do what is due now."""
        while (entry := self._take()) is not None:
            entry.work()

    def run(self) -> None:
        """Until nothing more is planned."""
        while self._entries:
            self.work_off()
            time.sleep(LOOK_SECONDS)

    def run_for(self, seconds: float) -> None:
        """For so long, whether anything is planned or not."""
        self.run_until(lambda: False, seconds=seconds)

    def run_until(self, is_over: Callable[[], object], *, seconds: float, look_every: float = 0.1) -> None:
        """Until something holds, but not for longer than so many seconds."""
        end, looked = self.now + seconds, self.now
        while self.now < end:
            self.work_off()
            if self.now - looked >= look_every:
                looked = self.now
                if is_over():
                    return
            time.sleep(LOOK_SECONDS)

    def _take(self) -> _Entry | None:
        with self._lock:
            if self._entries and self._entries[0].at <= self.now:
                return heapq.heappop(self._entries)
            return None
