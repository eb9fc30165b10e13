"""Kills, freezes and restarts of the product's processes, and whoever is down comes back."""

from __future__ import annotations

import itertools
import os
import random
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from tests.soak.handovers import Harm
from tests.soak.kill_points import KILL_POINTS
from tests.soak.timetable import Timetable
from tests.soak.toll import Toll
from tests.soak.wires import TripWire
from tests.soak.world import SoakStack

KILL_POINT_PATIENCE = 2.0
SUPERVISOR_SECONDS = 1.0
ROLL_EVERY_SECONDS = 3.0
ROLLED = ("web", "seats", "mails", "rest", "schedule", "drain", "seats2", "mails2", "schedule2")
SCHEDULES = ("schedule", "schedule2")
DEFAULT_VICTIMS = {"smtp": ("mails", "mails2"), "platform": ("seats", "seats2"), "database": ("seats", "seats2")}


class Deaths:
    """Does it to the processes of a stack, and takes it down; what is to happen later goes onto the timetable."""

    def __init__(self, stack: SoakStack, timetable: Timetable, toll: Toll, *, chance: random.Random) -> None:
        self._stack = stack
        self._timetable = timetable
        self._toll = toll
        self._chance = chance
        self._lock = threading.RLock()
        self._down: set[str] = set()
        self._stopping: list[threading.Thread] = []
        self._next_in_turn = itertools.cycle(ROLLED)

    def kill(self, name: str, seconds: float) -> None:
        """`kill -9` a process with all that it started, and start it again after so long; another one if it is down."""
        with self._lock:
            if not self._stack.processes[name].is_alive:
                others = [other for other, process in self._stack.processes.items() if process.is_alive and other != "redis"]
                if not others:
                    return
                name = self._chance.choice(others)
            self._down.add(name)
            self._stack.processes[name].kill()
            self._toll.note_kill(name, name)
        self._timetable.soon(seconds, lambda: self._start(name))

    def kill_any(self, whom: str, seconds: float) -> None:
        """`kill`, where `web_child` is one of the web server's own processes, which then starts another."""
        children = self._stack.processes["web"].children() if whom == "web_child" else []
        if children:
            self._kill_part("web", self._chance.choice(children))
        else:
            self.kill(whom.removesuffix("_child"), seconds)

    def kill_owner(self, port: int, seconds: float) -> None:
        """Kill whose connection it is."""
        owner = self._stack.owner_of_port(port)
        if owner is None:
            return  # it is dead already
        name, pid = owner
        if pid == self._stack.processes[name].pid:
            self.kill(name, seconds)
        else:
            self._kill_part(name, pid)

    def _kill_part(self, name: str, pid: int) -> None:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
            self._toll.note_kill(f"{name}_child", name)

    def kill_at_point(self, whom: str, seconds: float, *, patience: float = KILL_POINT_PATIENCE) -> TripWire:
        """Wait in the wires for the instant; if it does not come soon, the usual victim dies without it."""
        point = KILL_POINTS[whom]
        victim = "web" if whom.startswith("submit") else self._chance.choice(DEFAULT_VICTIMS[point.service])
        return self.act_at_point(
            whom,
            lambda port: self.kill_owner(port, seconds) if point.kills else None,
            otherwise=lambda: self.kill(victim, seconds),
            also=None if point.kills else lambda: self.kill(victim, seconds),
            patience=patience,
        )

    def act_at_point(
        self,
        whom: str,
        deed: Callable[[int], object],
        *,
        otherwise: Callable[[], object],
        also: Callable[[], object] | None = None,
        patience: float = KILL_POINT_PATIENCE,
    ) -> TripWire:
        """Do something when an instant comes that is found on the wire, or something else if it does not come soon."""
        point = KILL_POINTS[whom]
        wire = point.wire(deed)
        proxy = self._stack.proxies[point.service]
        proxy.stretch(wire)

        def settle() -> None:
            proxy.take_back(wire)
            if wire.sprung.is_set():
                self._toll.kill_points[whom] += 1
            following = also if wire.sprung.is_set() else otherwise
            if following is not None:
                following()

        self._timetable.soon(patience, settle)
        return wire

    def freeze(self, name: str, seconds: float) -> None:
        """It stands still for so long: its ports stay open, and nothing answers."""
        process = self._stack.processes[name]
        with self._lock:
            if not process.is_alive:
                return
            process.suspend()
        now = time.time()
        self._toll.troubles[f"{name}:freeze"] += 1
        self._toll.harms.append(Harm(now, now + seconds + 0.5, name))
        self._timetable.soon(seconds, process.resume)

    def no_schedule(self, seconds: float) -> None:
        """Nothing rings by the clock for so long."""
        for name in SCHEDULES:
            self.kill(name, seconds)

    def roll(self, seconds: float) -> None:
        """A deployment: for so long every few seconds the next process is asked to end, and started again."""
        for number in range(int(seconds // ROLL_EVERY_SECONDS)):
            self._timetable.soon(number * ROLL_EVERY_SECONDS, lambda: self._restart_beside(next(self._next_in_turn)))

    def _restart_beside(self, name: str) -> None:
        thread = threading.Thread(target=self._restart, args=(name,), name=f"restart of {name}")
        self._stopping.append(thread)
        thread.start()

    def _restart(self, name: str) -> None:
        process = self._stack.processes[name]
        with self._lock:
            if not process.is_alive:
                return
            self._down.add(name)
        began = time.monotonic()
        listened = process.ask_to_end()
        self._toll.note_stop(name, time.monotonic() - began, listened=listened)
        # Processes die with the thread that started them, so it has to be the one that works the timetable off.
        self._timetable.soon(0, lambda: self._start(name))

    def _start(self, name: str) -> None:
        with self._lock:
            self._down.discard(name)
            self._stack.processes[name].start()

    def supervise(self) -> None:
        """Start again what ended though nobody killed it."""
        for name, process in self._stack.processes.items():
            with self._lock:
                if not process.is_alive and name not in self._down:
                    self._toll.died_alone[name] += 1
                    process.start()

    def end(self) -> None:
        """Everybody runs again."""
        for thread in self._stopping:
            thread.join()
        for name in self._stack.processes:
            self._start(name)
