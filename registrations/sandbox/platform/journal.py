"""What was called, for tests that count calls: the last calls in full, and exact counters of all."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import asdict, dataclass
from typing import Any

KEPT = 5_000


@dataclass(slots=True)
class Entry:
    """One call. `status` 0 means the connection was closed without an answer; no addresses are kept, only their number."""

    time: float
    method: str
    path: str
    key: str = ""
    route: str = "none"
    name: str = ""
    target: str = ""
    emails: int = 0
    status: int = 0
    fault: str = ""
    seconds: float = 0.0


class Journal:
    """Bounded in memory; the counters are exact."""

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=KEPT)
        self._counters: Counter[tuple[str, int]] = Counter()
        self._people: Counter[str] = Counter()

    def clear(self) -> None:
        """Forget everything."""
        self._entries.clear()
        self._counters.clear()
        self._people.clear()

    def add(self, entry: Entry) -> None:
        """Take down one finished call."""
        self._entries.append(entry)
        self._counters[entry.route, entry.status] += 1
        self._people[entry.route] += entry.emails

    def as_json(self, route: str = "", limit: int = KEPT) -> dict[str, Any]:
        """Calls oldest first (the last `limit`, of one route or name if given), and the counters of all."""
        counters: dict[str, dict[str, int]] = {}
        for (name, status), count in sorted(self._counters.items()):
            counters.setdefault(name, {})[str(status)] = count
        calls = [entry for entry in self._entries if not route or route in (entry.route, entry.name)]
        return {
            "total": sum(self._counters.values()),
            "counters": counters,
            "emails": dict(self._people),
            "calls": [asdict(entry) for entry in calls[-limit:]] if limit else [],
        }
