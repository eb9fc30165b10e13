"""One storm from beginning to end: people press buttons while it goes on; then it is quiet, and the checker looks."""

from __future__ import annotations

import random
from dataclasses import dataclass

from tests.processes.database import StoppableCluster
from tests.soak import people, plan
from tests.soak.judging import Bound, Part, Stage, judge, wait_until_quiet
from tests.soak.people import Crowd, Ledger
from tests.soak.report import STORM
from tests.soak.storm import Storm
from tests.soak.world import SoakStack

PEOPLE_A_CAMPAIGN = 300
SHARE_OF_VISITS = 0.85
"""Within what part of the storm people come."""


@dataclass(frozen=True)
class Soak:
    """One storm. Each person comes as often as one of `forms` says; `kills` and `faults` are how many there are to be.

    `duplicates` is what the platform does with a known address, as the sandbox's switch names it; `policy` what becomes of a
    mail that may be out; within `patience` seconds after the storm it has to be quiet.
    """

    people: int = 400
    forms: tuple[int, ...] = (2,)
    kills: int = 80
    faults: int = 240
    seconds: float = 150.0
    seed: int = 1
    lease_seconds: int = 2
    patience: float = 120.0
    roll_seconds: float = 20.0
    duplicates: str = "existing"
    policy: str = "resend"
    neighbours: bool = False
    wrong_clocks: bool = True


def run_storm(soak: Soak, cluster: StoppableCluster) -> Part:
    """Run one storm on a database server of its own."""
    chance = random.Random(soak.seed)
    with SoakStack(
        postgres=cluster, lease_seconds=soak.lease_seconds, policy=soak.policy, wrong_clocks=soak.wrong_clocks
    ) as stack:
        stack.sandbox.switches(register_duplicate=soak.duplicates)
        campaigns = stack.make_campaigns(max(soak.people // PEOPLE_A_CAMPAIGN, 2), unique=soak.duplicates != "second")
        visits = people.plan_visits(
            chance,
            people=soak.people,
            forms=soak.forms,
            campaigns=campaigns,
            seconds=soak.seconds * SHARE_OF_VISITS,
            seed=soak.seed,
        )
        measure = plan.measure_for(
            seconds=soak.seconds,
            kills=soak.kills,
            faults=soak.faults,
            lease_seconds=soak.lease_seconds,
            roll_seconds=soak.roll_seconds,
            neighbours=soak.neighbours,
        )
        ledger = Ledger()
        crowd = Crowd(ledger, patience=soak.seconds + soak.patience / 2)
        storm = Storm(stack, plan.draw(chance, measure), ledger, chance=chance)
        stage = Stage(stack, ledger, campaigns, toll=storm.toll)
        crowd.start(visits)
        storm.run()
        stage.took("storm")
        left_open = wait_until_quiet(stack, crowd, supervise=storm.deaths.supervise, patience=soak.patience)
        crowd.wait()
        stage.took("until_quiet")
        return judge(
            STORM,
            stage,
            left_open=left_open,
            bounds=[Bound("restarts_that_did_not_stop", storm.toll.did_not_stop.total(), 0)],
            seed=soak.seed,
            people=soak.people,
            forms=soak.forms,
            duplicates=soak.duplicates,
            policy=soak.policy,
        )
