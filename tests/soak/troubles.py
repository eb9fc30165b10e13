"""Faults of the platform and the mail server, of the network, the database and Redis."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from tests.soak.handovers import Harm
from tests.soak.kill_points import late_begin
from tests.soak.proxy import Behaviour, Mode
from tests.soak.timetable import Timetable
from tests.soak.toll import Toll
from tests.soak.world import SoakStack

AFTERMATH_SECONDS = 2.0
"""How long after a database or a network is back its clients may still stumble."""


class Troubles:
    """Makes them, and takes down which of them hit somebody."""

    def __init__(self, stack: SoakStack, timetable: Timetable, toll: Toll) -> None:
        self._stack = stack
        self._timetable = timetable
        self._toll = toll
        self._asked_for: dict[str, Counter[int]] = {"platform": Counter(), "smtp": Counter()}
        self._kinds: dict[tuple[str, int], str] = {}
        self._crashing = threading.Lock()

    def fault(self, service: str, details: dict[str, Any]) -> None:
        """The platform or the mail server does something wrong when it is next asked."""
        sandbox = self._stack.sandbox
        made = (sandbox.fault if service == "platform" else sandbox.smtp_fault)(**details)
        status = details.get("status") or details.get("code") or ""
        where = details.get("route") or details.get("verb")
        self._kinds[service, made["id"]] = f"{where}:{details['kind']}{status and f':{status}'}"
        self._asked_for[service][made["id"]] = details["count"]

    def count_hits(self) -> None:
        """Only what has hit somebody counts as a fault."""
        active = {
            "platform": self._stack.sandbox.faults(),
            "smtp": self._stack.sandbox.request("GET", "/sandbox/api/smtp-faults"),
        }
        for service, faults in active.items():
            left = {fault["id"]: fault["count"] for fault in faults}
            for number, count in self._asked_for[service].items():
                if hits := count - left.get(number, 0):
                    self._toll.faults[self._kinds[service, number]] += hits
            self._asked_for[service].clear()

    def disturb(self, service: str, seconds: float, mode: Mode, answer_bytes: int) -> None:
        """The network between the product and one service misbehaves for so long."""
        proxy = self._stack.proxies[service]
        proxy.behave(Behaviour(mode, answer_bytes=answer_bytes, seconds=0.2))
        self._toll.troubles[f"{service}:{mode.value}"] += 1
        if service in ("database", "smtp"):
            now = time.time()
            self._toll.harms.append(Harm(now, now + seconds + AFTERMATH_SECONDS))
        self._timetable.soon(seconds, lambda: proxy.behave(Behaviour()))

    def crash_database(self, seconds: float) -> None:
        """The database is gone from one moment to the next, and back after so long; returns then."""
        with self._crashing:
            began = time.time()
            self._stack.cluster.interrupt()
            self._toll.troubles["database:crash"] += 1
            time.sleep(seconds)
            self._stack.cluster.resume()
            self._toll.harms.append(Harm(began, time.time() + AFTERMATH_SECONDS))

    def kill_redis(self, kill: Callable[[], object]) -> None:
        """`kill` is what does it."""
        if self._stack.processes["redis"].is_alive:
            self._toll.troubles["redis:kill"] += 1
        kill()

    def flush_redis(self) -> None:
        """Redis forgets every ring."""
        with suppress(OSError):
            self._stack.flush_redis()
            self._toll.troubles["redis:flush"] += 1

    def hold_up_begin(self, seconds: float) -> None:
        """The next time that a seat's call is about to begin, the word of it comes so late."""

        def hold_up(_port: int) -> None:
            self._toll.troubles["database:late_begin"] += 1
            time.sleep(seconds)

        self._stack.proxies["database"].stretch(late_begin(hold_up))

    def heal(self) -> None:
        """Everything works again."""
        self.count_hits()
        self._stack.sandbox.clear_faults()
        for proxy in self._stack.proxies.values():
            proxy.heal()
