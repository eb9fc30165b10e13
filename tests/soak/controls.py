"""Negative controls: without one of its guards the product must register somebody twice, and the checker must notice.

Each has a short storm of its own that goes for that guard, on a platform that registers a known address a second time. With
the guard in place (`intact`) the same storm is green.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.processes.database import StoppableCluster
from tests.soak.deaths import Deaths
from tests.soak.judging import Part, Stage, judge, wait_until_quiet
from tests.soak.people import THREADS, Crowd, Ledger, Visit
from tests.soak.timetable import Timetable
from tests.soak.troubles import Troubles
from tests.soak.world import SoakStack

LEASE_SECONDS = 2
PATIENCE = 20.0
INTACT_PATIENCE = 150.0
REGISTERING = ("register", "invite")
PROMISE = "duplicated"


@dataclass
class Scene:
    """What a directed storm works with."""

    stage: Stage
    crowd: Crowd
    timetable: Timetable
    deaths: Deaths
    troubles: Troubles

    def come(self, count: int, *, habit: str = "once", name: str = "guest") -> None:
        """So many people press now, and no others are under way when this returns."""
        visits = [
            Visit(0, f"{name}.{number:03}@example.com", self.stage.campaigns[number % len(self.stage.campaigns)], habit)
            for number in range(count)
        ]
        self.crowd.start(visits)

    def everywhere(self, **details: Any) -> None:
        """The platform does something wrong whenever somebody is to be registered."""
        for route in REGISTERING:
            self.troubles.fault("platform", details | {"route": route})


def without_lookup(scene: Scene) -> None:
    """The platform does the work, and the answer is lost: whoever asks again without a look is registered twice."""
    for kind in ("drop_after_work", "status_after_work", "empty"):
        scene.everywhere(kind=kind, count=6)
    scene.come(30)
    scene.timetable.run_for(8)


def without_settling(scene: Scene) -> None:
    """The platform works on after it has hung up: whoever looks at once sees nobody, and asks again too soon."""
    scene.everywhere(kind="late_work", seconds=2.5, count=12)
    scene.come(30)
    scene.timetable.run_for(8)


def without_fence(scene: Scene) -> None:
    """Somebody is about to call when they stand still for longer than their lease; another has done it when they go on."""
    for number in range(4):
        scene.troubles.hold_up_begin(LEASE_SECONDS + 2.5)
        scene.come(2, name=f"late{number}")
        scene.timetable.run_for(LEASE_SECONDS + 3.5)


def without_uniqueness(scene: Scene) -> None:
    """The same person presses many times at once."""
    persons = [f"many.{number:03}@example.com" for number in range(15)]
    scene.crowd.start([Visit(0, person, scene.stage.campaigns[0], "two_tabs") for person in persons for _ in range(THREADS)])
    scene.timetable.run_until(scene.crowd.is_done, seconds=30)


STORMS: dict[str, Callable[[Scene], None]] = {
    "lookup": without_lookup,
    "fencing": without_fence,
    "settle": without_settling,
    "unique": without_uniqueness,
}


def run_control(guard: str, cluster: StoppableCluster, *, intact: bool = False) -> Part:
    """Run the product without a guard, or for comparison with it, through the storm that goes for that guard."""
    with SoakStack(postgres=cluster, lease_seconds=LEASE_SECONDS, sabotage="" if intact else guard) as stack:
        stack.sandbox.switches(register_duplicate="second")
        stage = Stage(stack, Ledger(), stack.make_campaigns(2, unique=False))
        timetable = Timetable()
        scene = Scene(
            stage=stage,
            crowd=Crowd(stage.ledger, patience=30),
            timetable=timetable,
            deaths=Deaths(stack, timetable, stage.toll, chance=random.Random(guard)),
            troubles=Troubles(stack, timetable, stage.toll),
        )
        STORMS[guard](scene)
        scene.troubles.heal()
        scene.deaths.end()
        stage.took("storm")
        left_open = wait_until_quiet(
            stack, scene.crowd, supervise=scene.deaths.supervise, patience=INTACT_PATIENCE if intact else PATIENCE
        )
        scene.crowd.wait()
        stage.took("until_quiet")
        return judge("intact" if intact else "control", stage, left_open=left_open, bounds=[], guard=guard)


def noticed(part: Part) -> int:
    """To how many people the promise was broken that the guard is there for."""
    return part.verdict.count(PROMISE)
