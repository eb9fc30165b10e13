"""Faults that a test or a demo asks for: what goes wrong, at which route, how often."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from registrations.sandbox.platform.routes import NAMES, Route

KINDS: dict[str, str] = {
    "status": "answers `status` without doing the work (with `retry_after`, `body`)",
    "status_before_work": "the same as status",
    "status_after_work": "does the work, then answers `status`",
    "latency": "waits `seconds`, then goes on as usual",
    "drop_before_work": "closes the connection, nothing done",
    "drop_after_work": "does the work, closes the connection without an answer",
    "late_work": "closes the connection now (or answers `status`), does the work `seconds` later",
    "html": "answers an HTML error page with `status` (502), nothing done",
    "empty": "does the work, answers its status with an empty body",
    "huge": "does the work, answers its JSON padded to `size` bytes (20 MB)",
    "bad_link": 'does the work, answers `body` ("not a link") where the link should be',
    "foreign_link": "does the work, answers a link on a foreign host",
    "no_link": "does the work, answers without the link",
    "neighbour": "does the work, answers with another person's participation and link",
    "drip": "does the work, sends the answer in small pieces over `seconds`",
}
_STATUS_DEFAULTS = {"status": 500, "status_before_work": 500, "status_after_work": 500, "html": 502}
_SECONDS_DEFAULTS = {"latency": 1.5, "late_work": 1.5, "drip": 1.5}


class BadFault(ValueError):
    """The fault asked for does not make sense; the text says why."""


@dataclass(slots=True)
class Fault:
    """One active fault. `count` is how many more calls it hits, None for all until it is cleared."""

    id: int
    route: str
    kind: str
    status: int = 0
    seconds: float = 0.0
    retry_after: str | None = None
    body: Any = None
    size: int = 20_000_000
    count: int | None = 1
    match_email: str = ""
    hits: int = 0

    def fits(self, route: Route, addresses: Collection[str]) -> bool:
        """Whether it hits a call of this route about these people (lower case)."""
        named = self.route in ("*", route.name, route.group)
        return named and self.count != 0 and (not self.match_email or self.match_email in addresses)

    def as_json(self) -> dict[str, Any]:
        """For the control API."""
        return asdict(self)


class Faults:
    """The active faults, oldest first."""

    def __init__(self) -> None:
        self._active: list[Fault] = []
        self._last_id = 0

    def active(self) -> list[Fault]:
        """Those that can still hit."""
        return list(self._active)

    def clear(self, fault_id: int | None = None) -> int:
        """Take back one fault or all. Returns how many were active."""
        kept = [fault for fault in self._active if fault_id is not None and fault.id != fault_id]
        cleared = len(self._active) - len(kept)
        self._active = kept
        return cleared

    def add(self, wanted: Mapping[str, Any]) -> Fault:
        """Make a fault from its JSON. Raises BadFault."""
        kind, route = str(wanted.get("kind", "")), str(wanted.get("route", "*"))
        if kind not in KINDS:
            raise BadFault(f"kind is one of: {', '.join(KINDS)}")
        if route not in NAMES:
            raise BadFault(f"route is one of: {', '.join(sorted(NAMES))}")
        unknown = set(wanted) - {"kind", "route", "status", "seconds", "retry_after", "body", "size", "count", "match_email"}
        if unknown:
            raise BadFault(f"unknown: {', '.join(sorted(unknown))}")
        count = wanted.get("count", 1)
        retry_after = wanted.get("retry_after")
        fault = Fault(
            id=self._last_id + 1,
            route=route,
            kind=kind,
            status=int(_number(wanted, "status", _STATUS_DEFAULTS.get(kind, 0), 599)),
            seconds=_number(wanted, "seconds", _SECONDS_DEFAULTS.get(kind, 0), 3600),
            retry_after=None if retry_after is None else str(retry_after),
            body=wanted.get("body"),
            size=int(_number(wanted, "size", 20_000_000, 500_000_000)),
            count=None if count is None else int(_number(wanted, "count", 1, 1e9)),
            match_email=str(wanted.get("match_email") or "").strip().lower(),
        )
        if fault.status and fault.status < 200:
            raise BadFault("status is an HTTP status from 200")
        self._last_id += 1
        self._active.append(fault)
        return fault

    def take(self, route: Route, addresses: Collection[str]) -> tuple[Fault | None, Fault | None]:
        """What hits this call: at most one latency and one other fault, the oldest of each. Each loses one count."""
        latency = self._take(route, addresses, latency=True)
        return latency, self._take(route, addresses, latency=False)

    def _take(self, route: Route, addresses: Collection[str], *, latency: bool) -> Fault | None:
        for fault in self._active:
            if (fault.kind == "latency") == latency and fault.fits(route, addresses):
                fault.hits += 1
                if fault.count is not None:
                    fault.count -= 1
                    if fault.count == 0:
                        self._active.remove(fault)
                return fault
        return None


def _number(wanted: Mapping[str, Any], name: str, default: float, most: float) -> float:
    value = wanted.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
        raise BadFault(f"{name} is a number from 0 to {most:g}")
    return float(value)
