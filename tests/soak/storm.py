"""Carries a plan out, and heals everything at the end."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress
from functools import partial

from tests.soak.deaths import SUPERVISOR_SECONDS, Deaths
from tests.soak.erasures import Erasures
from tests.soak.people import Ledger
from tests.soak.plan import Incident
from tests.soak.proxy import Mode
from tests.soak.timetable import Timetable
from tests.soak.toll import Toll
from tests.soak.troubles import Troubles
from tests.soak.world import SoakStack

HURRY_SECONDS = 3.0


class Storm:
    """One storm over a stack; its incidents' times are seconds from its making. `run` blocks until the last one is over."""

    def __init__(self, stack: SoakStack, incidents: list[Incident], ledger: Ledger, *, chance: random.Random) -> None:
        self.toll = Toll()
        self._erasures = Erasures(stack, ledger, chance)
        self._timetable = Timetable()
        self._troubles = Troubles(stack, self._timetable, self.toll)
        self.deaths = Deaths(stack, self._timetable, self.toll, chance=chance)
        for incident in incidents:
            self._timetable.at(incident.at, partial(self._strike, incident))
        self._last = max((incident.at for incident in incidents), default=0.0)
        self._stack = stack
        self._supervise()
        self._hurry_senders()

    def run(self) -> None:
        """Until nothing more is planned; then everything is healed."""
        self._timetable.run()
        self._troubles.heal()
        self.deaths.end()
        self._erasures.wait()

    def _supervise(self) -> None:
        self.deaths.supervise()
        if self._timetable.now < self._last:
            self._timetable.soon(SUPERVISOR_SECONDS, self._supervise)

    def _hurry_senders(self) -> None:
        """After a few refusals a sender waits for minutes, and then a storm would meet hardly any mail."""
        with suppress(RuntimeError):  # the database may be away
            self._stack.query("hurry_senders")
        if self._timetable.now < self._last:
            self._timetable.soon(HURRY_SECONDS, self._hurry_senders)

    def _strike(self, incident: Incident) -> None:
        deaths, troubles = self.deaths, self._troubles
        strikes: dict[str, Callable[[Incident], object]] = {
            "kill": lambda it: deaths.kill_any(it.whom, it.seconds),
            "kill_point": lambda it: deaths.kill_at_point(it.whom, it.seconds),
            "freeze": lambda it: deaths.freeze(it.whom, it.seconds),
            "no_schedule": lambda it: deaths.no_schedule(it.seconds),
            "roll": lambda it: deaths.roll(it.seconds),
            "platform": lambda it: troubles.fault("platform", it.details),
            "smtp": lambda it: troubles.fault("smtp", it.details),
            "network": lambda it: troubles.disturb(it.whom, it.seconds, Mode(it.details["mode"]), it.details["answer_bytes"]),
            "database_crash": lambda it: self._at_point(it, partial(troubles.crash_database, it.seconds)),
            "redis_kill": lambda it: self._at_point(
                it, partial(troubles.kill_redis, partial(deaths.kill, "redis", it.seconds))
            ),
            "redis_freeze": lambda it: deaths.freeze("redis", it.seconds),
            "redis_flush": lambda _: troubles.flush_redis(),
            "late_begin": lambda it: troubles.hold_up_begin(it.seconds),
            "erase": lambda _: self._erasures.of_anybody(),
            "erase_at_point": lambda it: deaths.act_at_point(
                it.whom, lambda _: self._erasures.of_whom_work_is_for(), otherwise=self._erasures.of_anybody
            ),
            "erase_and_kill": lambda it: deaths.act_at_point(
                it.whom, lambda port: self._erase_and_kill(port, it.seconds), otherwise=self._erasures.of_anybody
            ),
        }
        strikes[incident.kind](incident)

    def _erase_and_kill(self, port: int, seconds: float) -> None:
        self._erasures.of_whom_work_is_for()
        self.deaths.kill_owner(port, seconds)

    def _at_point(self, incident: Incident, deed: Callable[[], object]) -> None:
        """Now, or when the instant comes that the incident names."""
        if incident.whom:
            self.deaths.act_at_point(incident.whom, lambda _port: deed(), otherwise=deed)
        else:
            deed()
