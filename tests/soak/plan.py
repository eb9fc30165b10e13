"""What goes wrong in a soak, and when: drawn from a seed, so that the same seed is the same storm."""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

Kind = TypeVar("Kind")

KILL_POINTS = ("K1", "K2", "K3", "K4", "K5", "K6", "K7", "K8", "K9", "K10", "submit_commit", "submit_answer")
PROCESSES = ("web", "web_child", "seats", "seats", "mails", "mails", "rest", "schedule", "drain", "drain")
FREEZABLE = ("seats", "mails", "drain")
SERVICES = ("platform", "smtp", "database", "redis")
MODES = ("refuse", "hang", "reset", "cut", "delay", "swallow")

PLATFORM_FAULTS: tuple[dict[str, Any], ...] = (
    {"route": "register", "kind": "status_after_work", "status": 500},
    {"route": "register", "kind": "status_before_work", "status": 503},
    {"route": "register", "kind": "drop_after_work"},
    {"route": "register", "kind": "drop_before_work"},
    {"route": "register", "kind": "late_work", "seconds": 2.5},
    {"route": "register", "kind": "late_work", "seconds": 2.5, "status": 504},
    {"route": "register", "kind": "latency", "seconds": 0.7},
    {"route": "register", "kind": "status", "status": 429, "retry_after": "1"},
    {"route": "register", "kind": "html"},
    {"route": "register", "kind": "empty"},
    {"route": "register", "kind": "no_link"},
    {"route": "register", "kind": "foreign_link"},
    {"route": "participations", "kind": "status", "status": 502},
    {"route": "participations", "kind": "latency", "seconds": 0.7},
    {"route": "participations", "kind": "drop_before_work"},
)
NEIGHBOUR: dict[str, Any] = {"route": "register", "kind": "neighbour"}
SMTP_FAULTS: tuple[dict[str, Any], ...] = (
    {"verb": "rcpt", "kind": "refuse", "code": 450},
    {"verb": "mail", "kind": "refuse", "code": 451},
    {"verb": "dot", "kind": "refuse", "code": 451},
    {"verb": "rcpt", "kind": "drop"},
    {"verb": "data", "kind": "drop"},
    {"verb": "dot", "kind": "drop"},
    {"verb": "dot", "kind": "accept_drop"},
    {"verb": "dot", "kind": "accept_close"},
    {"verb": "rcpt", "kind": "slow", "seconds": 0.5},
    {"verb": "connect", "kind": "refuse", "code": 421},
)


@dataclass(frozen=True, order=True)
class Incident:
    """One thing that goes wrong: seconds from the start, what, to whom, and its measure."""

    at: float
    kind: str
    whom: str = ""
    seconds: float = 0.0
    details: dict[str, Any] = field(default_factory=dict, compare=False)


@dataclass(frozen=True)
class Measure:
    """How bad a storm is. `kills` are kill -9 of processes; the others are counts of incidents, not of calls hit."""

    seconds: float
    kills: int
    database_crashes: int
    redis_troubles: int
    freezes: int
    platform_faults: int
    smtp_faults: int
    network_faults: int
    late_begins: int
    lease_seconds: int
    neighbours: bool = False


def measure_for(
    *, seconds: float, kills: int, lease_seconds: int = 2, neighbours: bool = False, only_kills: bool = False
) -> Measure:
    """A storm whose other troubles are in proportion to its kills; `only_kills` leaves them out, to time recoveries."""
    if only_kills:
        return Measure(seconds, kills, 0, 0, 0, 0, 0, 0, 0, lease_seconds)
    return Measure(
        seconds=seconds,
        kills=kills,
        database_crashes=max(kills // 20, 1),
        redis_troubles=max(kills // 6, 3),
        freezes=max(kills // 8, 2),
        platform_faults=max(2 * kills, 40),
        smtp_faults=max(kills // 2, 8),
        network_faults=max(kills // 5, 4),
        late_begins=max(kills // 8, 3),
        lease_seconds=lease_seconds,
        neighbours=neighbours,
    )


def draw(chance: random.Random, measure: Measure) -> list[Incident]:
    """The incidents of a storm in the order of time."""
    incidents = [*_kills(chance, measure), *_faults(chance, measure), *_network(chance, measure), *_machines(chance, measure)]
    return sorted(incidents)


def _kills(chance: random.Random, measure: Measure) -> list[Incident]:
    """Evenly spread, every second one at a chosen point of the work, so that short storms meet the rare instants too."""
    step = measure.seconds / measure.kills
    points = _of_each(chance, KILL_POINTS, measure.kills)
    processes = _of_each(chance, PROCESSES, measure.kills)
    incidents = []
    for number in range(measure.kills):
        kind, whom = ("kill_point", points[number // 2]) if number % 2 else ("kill", processes[number // 2])
        at = step * (number + chance.uniform(0.1, 0.9))
        incidents.append(Incident(at, kind, whom, seconds=chance.uniform(0, 1)))
    return incidents


def _of_each(chance: random.Random, kinds: Sequence[Kind], count: int) -> list[Kind]:
    """So many, in any order, of each kind as many as of the others."""
    rounds = [chance.sample(kinds, len(kinds)) for _ in range(-(-count // len(kinds)))]
    return list(itertools.chain(*rounds))[:count]


def _faults(chance: random.Random, measure: Measure) -> list[Incident]:
    platform = [*PLATFORM_FAULTS, *([NEIGHBOUR] if measure.neighbours else [])]
    return [
        *(
            Incident(_any_time(chance, measure), "platform", details=fault | {"count": chance.randint(1, 2)})
            for fault in _of_each(chance, platform, measure.platform_faults)
        ),
        *(
            Incident(_any_time(chance, measure), "smtp", details=fault | {"count": chance.randint(1, 2)})
            for fault in _of_each(chance, SMTP_FAULTS, measure.smtp_faults)
        ),
    ]


def _network(chance: random.Random, measure: Measure) -> list[Incident]:
    return [
        Incident(
            _any_time(chance, measure),
            "network",
            service,
            seconds=chance.uniform(0.3, 2.0),
            details={"mode": mode, "answer_bytes": chance.randint(0, 400)},
        )
        for service, mode in _of_each(chance, list(itertools.product(SERVICES, MODES)), measure.network_faults)
    ]


def _machines(chance: random.Random, measure: Measure) -> list[Incident]:
    redis = ("redis_kill", "redis_freeze", "redis_flush")
    return [
        *(
            Incident(_any_time(chance, measure), "database_crash", seconds=chance.uniform(0.2, 1.5))
            for _ in range(measure.database_crashes)
        ),
        *(
            Incident(_any_time(chance, measure), kind, seconds=chance.uniform(0.3, 3))
            for kind in _of_each(chance, redis, measure.redis_troubles)
        ),
        *(
            Incident(_any_time(chance, measure), "late_begin", seconds=_longer_than_lease(chance, measure))
            for _ in range(measure.late_begins)
        ),
        *(
            Incident(_any_time(chance, measure), "freeze", name, seconds=_longer_than_lease(chance, measure))
            for name in _of_each(chance, FREEZABLE, measure.freezes)
        ),
    ]


def _any_time(chance: random.Random, measure: Measure) -> float:
    return chance.uniform(0, measure.seconds * 0.95)


def _longer_than_lease(chance: random.Random, measure: Measure) -> float:
    """So long that somebody else takes over, and whoever stood still goes on too late."""
    return measure.lease_seconds + chance.uniform(1.5, 3)
