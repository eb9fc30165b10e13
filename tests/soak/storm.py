"""Carries a plan out: kills, freezes, faults; starts again what died; heals everything at the end."""

from __future__ import annotations

import heapq
import itertools
import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

from tests.soak.kill_points import KILL_POINTS, late_begin
from tests.soak.plan import Incident
from tests.soak.proxy import Behaviour, Mode, TripWire
from tests.soak.world import SoakStack

LOOK_SECONDS = 0.05
KILL_POINT_PATIENCE = 2.0
SUPERVISOR_SECONDS = 1.0
DEFAULT_VICTIM = {"smtp": "mails", "platform": "seats", "database": "seats"}


@dataclass
class Toll:
    """What was done to whom, and who ended by themselves. `killed_at` are Unix times."""

    kills: Counter[str] = field(default_factory=Counter)
    kill_points: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    died_alone: Counter[str] = field(default_factory=Counter)
    killed_at: list[float] = field(default_factory=list)


@dataclass(order=True)
class _Task:
    at: float
    number: int
    work: Callable[[], None] = field(compare=False)


class Storm:
    """One storm over a stack. `run` blocks until the last incident is over."""

    def __init__(self, stack: SoakStack, incidents: list[Incident], *, chance: random.Random) -> None:
        self.toll = Toll()
        self._stack = stack
        self._chance = chance
        self._numbers = itertools.count()
        self._tasks: list[_Task] = []
        self._lock = threading.RLock()
        self._down_until: dict[str, float] = {}
        self._asked_for: dict[str, Counter[int]] = {"platform": Counter(), "smtp": Counter()}
        self._kinds: dict[tuple[str, int], str] = {}
        self._began = time.monotonic()
        for incident in incidents:
            self._later(incident.at, partial(self._strike, incident))

    def run(self) -> None:
        """Until nothing more is planned; then everything is healed."""
        supervised_at = 0.0
        while self._tasks:
            now = time.monotonic() - self._began
            if self._tasks[0].at <= now:
                heapq.heappop(self._tasks).work()
            else:
                time.sleep(min(LOOK_SECONDS, self._tasks[0].at - now))
            if now - supervised_at > SUPERVISOR_SECONDS:
                supervised_at = now
                self.supervise()
        self.heal()

    def supervise(self) -> None:
        """Start again what ended though nobody killed it."""
        now = time.monotonic()
        for name, process in self._stack.processes.items():
            with self._lock:
                if not process.is_alive and self._down_until.get(name, 0.0) < now:
                    self.toll.died_alone[name] += 1
                    process.start()

    def heal(self) -> None:
        """Everything works again, and everybody runs."""
        self._count_hits()
        self._stack.sandbox.clear_faults()
        for proxy in self._stack.proxies.values():
            proxy.heal()
        for process in self._stack.processes.values():
            process.start()

    def _later(self, at: float, work: Callable[[], None]) -> None:
        heapq.heappush(self._tasks, _Task(at, next(self._numbers), work))

    def _soon(self, seconds: float, work: Callable[[], None]) -> None:
        self._later(time.monotonic() - self._began + seconds, work)

    def _strike(self, incident: Incident) -> None:
        strikes: dict[str, Callable[[Incident], None]] = {
            "kill": self._kill_planned,
            "kill_point": self._kill_at_point,
            "platform": self._fault,
            "smtp": self._fault,
            "network": self._disturb,
            "database_crash": self._crash_database,
            "redis_kill": self._kill_redis,
            "redis_freeze": lambda it: self._freeze(it, "redis"),
            "redis_flush": self._flush_redis,
            "late_begin": self._hold_up_begin,
            "freeze": lambda it: self._freeze(it, it.whom),
        }
        strikes[incident.kind](incident)

    def _kill_planned(self, incident: Incident) -> None:
        if incident.whom == "web_child":
            children = self._stack.processes["web"].children()
            if children:
                self._kill_child("web_child", self._chance.choice(children))
                return
        self._kill(incident.whom.removesuffix("_child"), incident.seconds)

    def _kill(self, name: str, seconds: float) -> None:
        """`kill -9` a process with all that it started, and start it again after so long; another one if it is down."""
        with self._lock:
            if not self._stack.processes[name].is_alive:
                alive = [other for other, process in self._stack.processes.items() if process.is_alive and other != "redis"]
                name = self._chance.choice(alive)
            self._down_until[name] = time.monotonic() + seconds + SUPERVISOR_SECONDS
            self._stack.processes[name].kill()
            self._note_kill(name)
        self._soon(seconds, self._stack.processes[name].start)

    def _kill_child(self, label: str, pid: int) -> None:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
            self._note_kill(label)

    def _note_kill(self, name: str) -> None:
        self.toll.kills[name] += 1
        self.toll.killed_at.append(time.time())

    def _kill_at_point(self, incident: Incident) -> None:
        """Wait in the wires for the instant; if it does not come soon, the usual victim dies without it."""
        point = KILL_POINTS[incident.whom]
        wire = point.wire(lambda port: self._kill_owner(port, incident.seconds))
        proxy = self._stack.proxies[point.service]
        proxy.stretch(wire)

        def give_up() -> None:
            proxy.take_back(wire)
            self._settle_kill_point(incident, wire, kills=point.kills, service=point.service)

        self._soon(KILL_POINT_PATIENCE, give_up)

    def _settle_kill_point(self, incident: Incident, wire: TripWire, *, kills: bool, service: str) -> None:
        if wire.sprung.is_set():
            self.toll.kill_points[incident.whom] += 1
        if not wire.sprung.is_set() or not kills:
            victim = "web" if incident.whom.startswith("submit") else DEFAULT_VICTIM[service]
            self._kill(victim, incident.seconds)

    def _kill_owner(self, port: int, seconds: float) -> None:
        owner = self._stack.owner_of_port(port)
        if owner is None:
            return  # it is dead already
        name, pid = owner
        if pid == self._stack.processes[name].pid:
            self._kill(name, seconds)
        else:
            self._kill_child(f"{name}_child", pid)

    def _hold_up_begin(self, incident: Incident) -> None:
        def hold_up(_port: int) -> None:
            self.toll.faults["database:late_begin"] += 1
            time.sleep(incident.seconds)

        self._stack.proxies["database"].stretch(late_begin(hold_up))

    def _fault(self, incident: Incident) -> None:
        sandbox = self._stack.sandbox
        ask = sandbox.fault if incident.kind == "platform" else sandbox.smtp_fault
        made = ask(**incident.details)
        status = incident.details.get("status") or incident.details.get("code") or ""
        where = incident.details.get("route") or incident.details.get("verb")
        self._kinds[incident.kind, made["id"]] = f"{where}:{incident.details['kind']}{status and f':{status}'}"
        self._asked_for[incident.kind][made["id"]] = incident.details["count"]

    def _count_hits(self) -> None:
        """Only what has hit somebody counts as a fault."""
        active = {
            "platform": self._stack.sandbox.faults(),
            "smtp": self._stack.sandbox.request("GET", "/sandbox/api/smtp-faults"),
        }
        for service, faults in active.items():
            left = {fault["id"]: fault["count"] for fault in faults}
            for number, count in self._asked_for[service].items():
                if hits := count - left.get(number, 0):
                    self.toll.faults[self._kinds[service, number]] += hits
            self._asked_for[service].clear()

    def _disturb(self, incident: Incident) -> None:
        proxy = self._stack.proxies[incident.whom]
        mode = Mode(incident.details["mode"])
        proxy.behave(Behaviour(mode, answer_bytes=incident.details["answer_bytes"], seconds=0.2))
        self.toll.faults[f"{incident.whom}:{mode.value}"] += 1
        self._soon(incident.seconds, lambda: proxy.behave(Behaviour()))

    def _crash_database(self, incident: Incident) -> None:
        self._stack.cluster.interrupt()
        self.toll.faults["database:crash"] += 1
        time.sleep(incident.seconds)
        self._stack.cluster.resume()

    def _kill_redis(self, incident: Incident) -> None:
        self.toll.faults["redis:kill"] += 1
        self._kill("redis", incident.seconds)

    def _flush_redis(self, _incident: Incident) -> None:
        with suppress(OSError):
            self._stack.flush_redis()
            self.toll.faults["redis:flush"] += 1

    def _freeze(self, incident: Incident, name: str) -> None:
        process = self._stack.processes[name]
        with self._lock:
            if not process.is_alive:
                return
            process.suspend()
        self.toll.faults[f"{name}:freeze"] += 1
        self._soon(incident.seconds, process.resume)
