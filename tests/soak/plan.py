"""What goes wrong in a storm, and when: drawn from a seed, so that the same seed is the same storm."""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

Kind = TypeVar("Kind")

KILL_POINTS = ("K1", "K2", "K3", "K4", "K5", "K6", "K7", "K8", "K9", "K10", "submit_commit", "submit_answer")
CRASH_POINTS = KILL_POINTS[:10]
PROCESSES = ("web", "web_child", "seats", "seats2", "mails", "mails2", "rest", "schedule", "schedule2", "drain", "drain")
FREEZABLE = ("seats", "mails", "drain", "seats2", "mails2")
SERVICES = ("platform", "smtp", "database", "redis")
MODES = ("refuse", "hang", "reset", "cut", "delay", "swallow")
REDIS_TROUBLES = ("redis_kill", "redis_freeze", "redis_flush")

_REGISTERING: tuple[dict[str, Any], ...] = (
    {"kind": "status_after_work", "status": 500},
    {"kind": "status_before_work", "status": 503},
    {"kind": "drop_after_work"},
    {"kind": "drop_before_work"},
    {"kind": "late_work", "seconds": 2.5},
    {"kind": "late_work", "seconds": 2.5, "status": 504},
    {"kind": "latency", "seconds": 0.7},
    {"kind": "status", "status": 429, "retry_after": "1"},
    {"kind": "html"},
    {"kind": "empty"},
    {"kind": "no_link"},
    {"kind": "foreign_link"},
)
_READING: tuple[dict[str, Any], ...] = (
    {"kind": "status", "status": 502},
    {"kind": "latency", "seconds": 0.7},
    {"kind": "drop_before_work"},
    {"kind": "status", "status": 429, "retry_after": "1"},
)
PLATFORM_FAULTS: tuple[dict[str, Any], ...] = (
    *({"route": "register"} | fault for fault in _REGISTERING),
    *({"route": "invite"} | fault for fault in _REGISTERING),
    *({"route": "participations"} | fault for fault in _READING),
    *({"route": "session"} | fault for fault in _READING),
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
SMTP_SHARE = 0.25
"""Of all faults."""
CALLS_A_FAULT = 1.5
"""How many calls one fault hits, in the mean."""


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
    """How bad a storm is. `kills` are kill -9 of processes, `faults` are calls hit; the others are counts of incidents.

    `roll_seconds` is how long each of the `rolls` restarts one process after the other.
    """

    seconds: float
    kills: int
    faults: int
    database_crashes: int
    redis_troubles: int
    freezes: int
    network_faults: int
    late_begins: int
    rolls: int
    roll_seconds: float
    no_schedules: int
    erasures: int
    lease_seconds: int
    neighbours: bool = False


def measure_for(
    *, seconds: float, kills: int, faults: int, lease_seconds: int = 2, roll_seconds: float = 20, neighbours: bool = False
) -> Measure:
    """A storm whose other troubles are in proportion to its kills."""
    return Measure(
        seconds=seconds,
        kills=kills,
        faults=faults,
        database_crashes=max(-(-kills // 18), 1),
        redis_troubles=max(kills // 4, 3),
        freezes=max(kills // 8, 2),
        network_faults=max(kills // 5, 4),
        late_begins=max(kills // 8, 3),
        rolls=max(kills // 200, 1),
        roll_seconds=roll_seconds,
        no_schedules=max(kills // 100, 1),
        erasures=max(kills // 6, 2),
        lease_seconds=lease_seconds,
        neighbours=neighbours,
    )


def draw(chance: random.Random, measure: Measure) -> list[Incident]:
    """The incidents of a storm in the order of time."""
    return sorted(
        [
            *_kills(chance, measure),
            *_faults(chance, measure),
            *_network(chance, measure),
            *_machines(chance, measure),
            *_slow(chance, measure),
            *_operators(chance, measure),
            *_erasures(chance, measure),
        ]
    )


def _kills(chance: random.Random, measure: Measure) -> list[Incident]:
    """Evenly spread, every second one at a chosen point of the work, so that short storms meet the rare instants too."""
    step = measure.seconds / max(measure.kills, 1)
    points = of_each(chance, KILL_POINTS, measure.kills)
    processes = of_each(chance, PROCESSES, measure.kills)
    incidents = []
    for number in range(measure.kills):
        kind, whom = ("kill_point", points[number // 2]) if number % 2 else ("kill", processes[number // 2])
        at = step * (number + chance.uniform(0.1, 0.9))
        incidents.append(Incident(at, kind, whom, seconds=chance.uniform(0, 1)))
    return incidents


def of_each(chance: random.Random, kinds: Sequence[Kind], count: int) -> list[Kind]:
    """So many, in any order, of each kind as many as of the others."""
    rounds = [chance.sample(kinds, len(kinds)) for _ in range(-(-count // len(kinds)))]
    return list(itertools.chain(*rounds))[:count]


def _faults(chance: random.Random, measure: Measure) -> list[Incident]:
    platform = [*PLATFORM_FAULTS, *([NEIGHBOUR] if measure.neighbours else [])]
    count = round(measure.faults / CALLS_A_FAULT)
    of_smtp = round(count * SMTP_SHARE)
    drawn = [("platform", fault) for fault in of_each(chance, platform, count - of_smtp)]
    drawn += [("smtp", fault) for fault in of_each(chance, SMTP_FAULTS, of_smtp)]
    return [
        Incident(_any_time(chance, measure), kind, details=fault | {"count": chance.randint(1, 2)}) for kind, fault in drawn
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
        for service, mode in of_each(chance, list(itertools.product(SERVICES, MODES)), measure.network_faults)
    ]


def _machines(chance: random.Random, measure: Measure) -> list[Incident]:
    """The database crashes and Redis dies, each time either at some moment or at a chosen point of the work."""
    points = iter(of_each(chance, CRASH_POINTS, measure.database_crashes + measure.redis_troubles))
    incidents = []
    for number in range(measure.database_crashes):
        at, seconds = _any_time(chance, measure), chance.uniform(0.2, 1.5)
        incidents.append(Incident(at, "database_crash", next(points) if number % 2 else "", seconds=seconds))
    for number, kind in enumerate(of_each(chance, REDIS_TROUBLES, measure.redis_troubles)):
        at, seconds = _any_time(chance, measure), chance.uniform(0.3, 3)
        incidents.append(Incident(at, kind, next(points) if kind == "redis_kill" and number % 2 else "", seconds=seconds))
    return incidents


def _slow(chance: random.Random, measure: Measure) -> list[Incident]:
    """Somebody stands still for longer than a lease."""
    late = [
        Incident(_any_time(chance, measure), "late_begin", seconds=_longer_than_lease(chance, measure))
        for _ in range(measure.late_begins)
    ]
    frozen = [
        Incident(_any_time(chance, measure), "freeze", name, seconds=_longer_than_lease(chance, measure))
        for name in of_each(chance, FREEZABLE, measure.freezes)
    ]
    return [*late, *frozen]


def _operators(chance: random.Random, measure: Measure) -> list[Incident]:
    """Deployments, each in a part of the storm of its own, and times with no schedule at all."""
    part = measure.seconds / max(measure.rolls, 1)
    rolls = [
        Incident(
            part * number + chance.uniform(0, max(part * 0.95 - measure.roll_seconds, 0)), "roll", seconds=measure.roll_seconds
        )
        for number in range(measure.rolls)
    ]
    quiet = [
        Incident(_any_time(chance, measure), "no_schedule", seconds=chance.uniform(8, 12)) for _ in range(measure.no_schedules)
    ]
    return [*rolls, *quiet]


def _erasures(chance: random.Random, measure: Measure) -> list[Incident]:
    """At any moment, at a chosen point of the work for that person, and at such a point with a kill."""
    points = of_each(chance, CRASH_POINTS, measure.erasures)
    return [
        Incident(
            chance.uniform(measure.seconds * 0.1, measure.seconds * 0.95),
            ("erase", "erase_at_point", "erase_and_kill")[number % 3],
            points[number] if number % 3 else "",
            seconds=chance.uniform(0, 1),
        )
        for number in range(measure.erasures)
    ]


def _any_time(chance: random.Random, measure: Measure) -> float:
    return chance.uniform(0, measure.seconds * 0.95)


def _longer_than_lease(chance: random.Random, measure: Measure) -> float:
    """So long that somebody else takes over, and whoever stood still goes on too late."""
    return measure.lease_seconds + chance.uniform(1.5, 3)
