"""How soon a kill is made good: nothing but kills, each while somebody's work is under way, and no hurrying."""

from __future__ import annotations

import random
from dataclasses import dataclass

from tests.processes.database import StoppableCluster
from tests.soak.checker import percentile
from tests.soak.deaths import Deaths
from tests.soak.judging import Bound, Part, Stage, judge, wait_until_quiet
from tests.soak.people import Crowd, Ledger, Visit
from tests.soak.plan import of_each
from tests.soak.report import RECOVERY
from tests.soak.timetable import Timetable
from tests.soak.world import SoakStack

POINTS = ("K1", "K3", "K4", "K5", "K6", "K7", "K8", "K9", "K10", "submit_answer")
"""But K2: a look-up follows another kill, so that two would be timed as one."""
PROCESSES = ("web", "web_child", "seats", "seats2", "mails", "mails2", "rest", "drain")
WAVE = 6
CAMPAIGNS = 3
SHORT_LEASE, SHORT_BOUND = 2, 5.0
BEYOND_LEASE_SECONDS = 15.0
"""Until somebody looks, and until an account is free whose drain died."""
WAVE_PATIENCE = 15.0
POINT_PATIENCE = 8.0
MOST_DELAY = 0.6
PAUSE_SECONDS = 1.5
LONG_WAVES_EVERY, LONG_WAVES_A_ROUND, LONG_ROUNDS = 12.0, 4, 2
"""An account or a sender whose drain died is free again before the next wave, and a round ends before the first lease does."""


@dataclass(frozen=True)
class Recovery:
    """`waves` kills, each in the midst of a few people's work.

    With the test lease each wave is over before the next one comes. With the production lease of a minute waves come in
    rounds, each within one lease and over before the next one, so that no kill meets people of a former one.
    """

    waves: int = 20
    lease_seconds: int = SHORT_LEASE
    seed: int = 1
    policy: str = "resend"

    @property
    def is_short(self) -> bool:
        return self.lease_seconds <= SHORT_LEASE

    @property
    def most_waves(self) -> int:
        return self.waves if self.is_short else min(self.waves, LONG_ROUNDS * LONG_WAVES_A_ROUND)

    @property
    def bound(self) -> float:
        """Seconds from a kill to the hand-over of the link, at most."""
        return SHORT_BOUND if self.is_short else self.lease_seconds + BEYOND_LEASE_SECONDS


def run_recovery(recovery: Recovery, cluster: StoppableCluster) -> Part:
    """Run it on a database server of its own."""
    chance = random.Random(recovery.seed)
    with SoakStack(postgres=cluster, lease_seconds=recovery.lease_seconds, policy=recovery.policy) as stack:
        stage = Stage(stack, Ledger(), stack.make_campaigns(CAMPAIGNS))
        crowd = Crowd(stage.ledger, patience=60, threads=WAVE)
        timetable = Timetable()
        deaths = Deaths(stack, timetable, stage.toll, chance=chance)
        for number, whom in enumerate(of_each(chance, [*POINTS, *PROCESSES], recovery.most_waves)):
            _wave(stage, crowd, deaths, timetable, whom=whom, number=number, recovery=recovery)
        timetable.run()
        stage.took("waves")
        patience = recovery.bound + 30
        left_open = wait_until_quiet(
            stack, crowd, supervise=lambda: (timetable.work_off(), deaths.supervise()), patience=patience, hurry=False
        )
        crowd.wait()
        stage.took("until_quiet")
        name = f"recovery_p99_lease_{recovery.lease_seconds}"
        part = judge(RECOVERY, stage, left_open=left_open, bounds=[], waves=recovery.most_waves, lease=recovery.lease_seconds)
        part.bounds.append(Bound(name, percentile(part.verdict.recoveries, 0.99), recovery.bound, is_time=True))
        if recovery.is_short and recovery.waves >= len(POINTS) + len(PROCESSES):
            part.bounds.append(Bound("kill_points_never_met", len(set(POINTS) - set(stage.toll.kill_points)), 0))
        return part


def _wave(
    stage: Stage, crowd: Crowd, deaths: Deaths, timetable: Timetable, *, whom: str, number: int, recovery: Recovery
) -> None:
    """A few people press at once, and somebody dies of it; then, if the lease is short, all is made good again."""
    campaign, chance = stage.campaigns[number % CAMPAIGNS], random.Random(f"{recovery.seed} {number}")
    down = chance.uniform(0, 1)
    wire = None
    if whom in POINTS:
        wire = deaths.kill_at_point(whom, down, patience=POINT_PATIENCE)
    else:
        timetable.soon(chance.uniform(0.1, MOST_DELAY), lambda: deaths.kill_any(whom, down))
    crowd.start([Visit(0, f"wave.{recovery.seed}.{number:03}.{person}@example.com", campaign) for person in range(WAVE)])
    if not recovery.is_short and (number + 1) % LONG_WAVES_A_ROUND:
        timetable.run_for(LONG_WAVES_EVERY)
        return
    timetable.run_until(lambda: wire is not None and wire.sprung.is_set(), seconds=POINT_PATIENCE if wire else MOST_DELAY)
    patience = recovery.bound + WAVE_PATIENCE
    timetable.run_until(lambda: crowd.is_done() and not any(stage.stack.query("all_open_work").values()), seconds=patience)
    deaths.supervise()
    timetable.run_for(PAUSE_SECONDS)
