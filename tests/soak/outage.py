"""The platform is away for hours, by a shifted clock; then it is back, and whoever waited is registered at its pace."""

from __future__ import annotations

import time
from dataclasses import dataclass

from tests.processes.database import StoppableCluster
from tests.soak.judging import Bound, Part, Stage, judge, wait_until_quiet
from tests.soak.people import Crowd, Ledger, Visit
from tests.soak.proxy import Behaviour, Mode
from tests.soak.world import SoakStack

MINUTE, HOUR = 60, 3600
CALLS_PER_SECOND = 20.0
STAGES: tuple[tuple[float, Mode], ...] = (
    (0, Mode.RESET),
    (10 * MINUTE, Mode.REFUSE),
    (90 * MINUTE, Mode.RESET),
    (4 * HOUR, Mode.REFUSE),
    (6 * HOUR, Mode.RESET),
)
"""Seconds since the beginning of the outage at which the clock is looked at, and how the platform fails from then on."""
BACK_AGAIN = (6 * HOUR + 10 * MINUTE, 6 * HOUR + 40 * MINUTE, 7 * HOUR + 30 * MINUTE, 9 * HOUR)
"""After that, until everybody is served: the waits between tries go by the same clock."""
STAGE_PATIENCE = 40.0
LOOK_SECONDS = 0.5
MOST_REFUSED_PERCENT = 10.0


@dataclass(frozen=True)
class Outage:
    """So many people sign up in the first minutes of six hours without the platform."""

    people: int = 200
    policy: str = "resend"


def run_outage(outage: Outage, cluster: StoppableCluster) -> Part:
    """Run it on a database server of its own."""
    with SoakStack(postgres=cluster, policy=outage.policy) as stack:
        stack.sandbox.switches(rate=CALLS_PER_SECOND)
        stage = Stage(stack, Ledger(), stack.make_campaigns(1, calls_per_second=CALLS_PER_SECOND))
        crowd = Crowd(stage.ledger, patience=120)
        platform = stack.proxies["platform"]
        platform.behave(Behaviour(STAGES[0][1]))
        crowd.start([Visit(0, f"outage.{number:04}@example.com", stage.campaigns[0]) for number in range(outage.people)])
        crowd.wait()
        for since, mode in STAGES[1:]:
            _wait_while_due(stack, STAGE_PATIENCE)
            platform.behave(Behaviour(mode))
            stack.shift_clock(since)
        _wait_while_due(stack, STAGE_PATIENCE)
        stage.took("outage")
        before = _answers(stack)
        platform.behave(Behaviour())
        left_open, served_after = _serve(stack, crowd, outage)
        stage.took("back_again")
        answers = {status: count - before.get(status, 0) for status, count in _answers(stack).items()}
        refused = round(100 * answers.get("429", 0) / max(sum(answers.values()), 1), 1)
        bound = Bound("refused_after_outage_percent", refused, MOST_REFUSED_PERCENT)
        return judge(
            "outage",
            stage,
            left_open=left_open,
            bounds=[bound],
            people=outage.people,
            calls_after_outage=sum(answers.values()),
            served_after_seconds=served_after,
        )


def _serve(stack: SoakStack, crowd: Crowd, outage: Outage) -> tuple[dict[str, int], float]:
    """What is open in the end, and how far the clock had to go since the platform was back."""
    patience = 30 + 3 * outage.people / CALLS_PER_SECOND
    for until in BACK_AGAIN:
        left = _wait_while_due(stack, patience)
        if not any(left.values()):
            return left, until - 6 * HOUR
        stack.shift_clock(until)
    left = wait_until_quiet(stack, crowd, supervise=lambda: None, patience=patience, hurry=False)
    return left, BACK_AGAIN[-1] - 6 * HOUR


def _wait_while_due(stack: SoakStack, patience: float) -> dict[str, int]:
    """Until nothing is open, or nothing is due before the clock is shifted again; what is open then."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        left: dict[str, int] = stack.query("all_open_work")
        if not any(left.values()) or not stack.query("due_work"):
            return left
        time.sleep(LOOK_SECONDS)
    return stack.query("all_open_work")


def _answers(stack: SoakStack) -> dict[str, int]:
    """How often the platform answered with each status, over all routes."""
    total: dict[str, int] = {}
    for statuses in stack.sandbox.counters().values():
        for status, count in statuses.items():
            total[status] = total.get(status, 0) + count
    return total
