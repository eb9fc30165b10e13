"""Whether a visitor notices that Redis stands still: the same button, pressed in turn with a healthy and a frozen Redis."""

from __future__ import annotations

from dataclasses import dataclass

from tests.processes.database import StoppableCluster
from tests.soak.checker import percentile
from tests.soak.judging import Bound, Part, Stage, judge, wait_until_quiet
from tests.soak.people import Crowd, Ledger, Visit
from tests.soak.world import SoakStack

POSTS_A_ROUND = 20
WARM_UP = 10
MOST_EXTRA_MILLISECONDS = 50.0
ASIDE = ("seats", "seats2", "mails", "mails2", "rest", "drain")
"""Stand still meanwhile, so that nothing is measured but the answer to the post."""


@dataclass(frozen=True)
class FrozenRedis:
    """`rounds` pairs of a round with a healthy Redis and one with a frozen Redis."""

    rounds: int = 8
    policy: str = "resend"


def run_frozen_redis(frozen: FrozenRedis, cluster: StoppableCluster) -> Part:
    """Run it on a database server of its own."""
    with SoakStack(postgres=cluster, policy=frozen.policy) as stack:
        stage = Stage(stack, Ledger(), stack.make_campaigns(1))
        crowd = Crowd(stage.ledger, patience=60, threads=1)
        for name in ASIDE:
            stack.processes[name].suspend()
        _round(stage, crowd, "warm", WARM_UP)
        seconds: dict[str, list[float]] = {"healthy": [], "frozen": []}
        for number in range(frozen.rounds):
            seconds["healthy"] += _round(stage, crowd, f"healthy.{number}", POSTS_A_ROUND)
            stack.processes["redis"].suspend()
            stage.toll.troubles["redis:freeze"] += 1
            seconds["frozen"] += _round(stage, crowd, f"frozen.{number}", POSTS_A_ROUND)
            stack.processes["redis"].resume()
        for name in ASIDE:
            stack.processes[name].resume()
        stage.took("rounds")
        left_open = wait_until_quiet(stack, crowd, supervise=lambda: None, patience=90, hurry=False)
        stage.took("until_quiet")
        healthy, slow = (percentile(sorted(found), 0.95) for found in seconds.values())
        extra = None if healthy is None or slow is None else round(1000 * (slow - healthy), 1)
        bound = Bound("submit_p95_redis_frozen_extra_ms", extra, MOST_EXTRA_MILLISECONDS, is_time=True)
        return judge("frozen_redis", stage, left_open=left_open, bounds=[bound], rounds=frozen.rounds, p95=[healthy, slow])


def _round(stage: Stage, crowd: Crowd, name: str, count: int) -> list[float]:
    """Seconds that each post took."""
    before = len(stage.ledger.presses)
    crowd.start([Visit(0, f"{name}.{number}@example.com", stage.campaigns[0]) for number in range(count)])
    crowd.wait()
    return [press.seconds for press in stage.ledger.presses[before:] if press.status == 303]
