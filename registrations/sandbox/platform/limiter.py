"""The limit on calls a second. Source: MTS Link article 3148356; the scope and the window are switches."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field


@dataclass(slots=True)
class _Window:
    start: float = -math.inf
    count: int = 0
    recent: deque[float] = field(default_factory=deque)


class Limiter:
    """Counts calls per scope, a key or an organisation. Refused calls are not counted."""

    def __init__(self) -> None:
        self._windows: dict[str, _Window] = {}

    def clear(self) -> None:
        """Forget all calls."""
        self._windows.clear()

    def admits(self, scope: str, now: float, *, rate: float, sliding: bool) -> bool:
        """Count one call at `now` (seconds of a monotonic clock) unless it is over the rate; 0 admits everything.

        A rate below one call a second is one call in a longer window.
        """
        if rate <= 0:
            return True
        limit, length = max(int(rate), 1), max(1.0, 1.0 / rate)
        window = self._windows.setdefault(scope, _Window())
        if sliding:
            return _admits_sliding(window.recent, now, limit, length)
        if now - window.start >= length:
            window.start, window.count = now, 0
        if window.count >= limit:
            return False
        window.count += 1
        return True


def _admits_sliding(recent: deque[float], now: float, limit: int, length: float) -> bool:
    while recent and now - recent[0] >= length:
        recent.popleft()
    if len(recent) >= limit:
        return False
    recent.append(now)
    return True
