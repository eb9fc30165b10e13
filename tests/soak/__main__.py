"""`python -m tests.soak`: storms over the whole product, and whether everybody was registered and mailed once all the same.

Prints a table and one line of JSON, writes that line to soak-report.json, and ends with 1 when a promise is broken, a bound
is passed, or too little went wrong.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.postgres import find_server
from tests.processes.database import StoppableCluster
from tests.soak import controls
from tests.soak.driver import Soak, run_storm
from tests.soak.frozen_redis import FrozenRedis, run_frozen_redis
from tests.soak.outage import Outage, run_outage
from tests.soak.recovery import Recovery, run_recovery
from tests.soak.report import Report
from tests.soak.toll import Toll

REPORT = Path("soak-report.json")
TURNS = (("existing", "resend"), ("conflict", "hold"), ("existing", "hold"), ("conflict", "resend"))
"""What the platform does with a known address, and what becomes of a mail that may be out: by the seed."""


@contextmanager
def database() -> Iterator[StoppableCluster]:
    """A database server of its own. Raises LookupError if there is none on this machine."""
    programs = find_server()
    if programs is None:
        raise LookupError("a soak needs a PostgreSQL server")
    cluster = StoppableCluster(programs)
    try:
        yield cluster
    finally:
        cluster.stop()


def arguments() -> argparse.Namespace:
    """What is asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    storm = parser.add_argument_group(
        "the storm; each seed has its turn of what the platform does and of what becomes of mails"
    )
    storm.add_argument("--storms", type=int, default=1, help="so many that share people, kills, faults and time; 0: none")
    storm.add_argument("--people", type=int, default=Soak.people)
    storm.add_argument("--forms", type=int, nargs="+", default=list(Soak.forms), help="how often a person comes: any of these")
    storm.add_argument("--kills", type=int, default=Soak.kills)
    storm.add_argument("--faults", type=int, default=Soak.faults, help="calls of the platform and the mail server to hit")
    storm.add_argument("--seconds", type=float, default=Soak.seconds)
    storm.add_argument("--patience", type=float, default=Soak.patience, help="seconds until each must be quiet after that")
    storm.add_argument("--roll-seconds", type=float, default=Soak.roll_seconds, help="how long a deployment goes on")
    storm.add_argument("--duplicates", choices=("existing", "existing_200", "conflict", "second"), help="of a known address")
    storm.add_argument("--policy", choices=("resend", "hold"), help="for a mail that may be out")
    storm.add_argument("--neighbours", action="store_true", help="the platform now and then answers with somebody else")
    others = parser.add_argument_group("what is measured beside it")
    others.add_argument("--recovery", type=int, nargs="*", default=[], metavar="LEASE", help="kills alone, with these leases")
    others.add_argument("--waves", type=int, default=Recovery.waves, help="how many of those kills")
    others.add_argument("--redis-rounds", type=int, default=0, help="rounds of posts with a frozen Redis")
    others.add_argument("--outage", type=int, default=0, metavar="PEOPLE", help="who wait through six hours without platform")
    others.add_argument("--controls", nargs="*", choices=list(controls.STORMS), help="run without these guards; all: no name")
    others.add_argument("--intact", nargs="*", choices=list(controls.STORMS), help="the same storms with every guard")
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    parser.add_argument("--least", nargs="*", default=[], metavar="NAME=COUNT", help=f"of {', '.join(Toll().totals)}")
    parser.add_argument("--slack", type=float, default=1.0, help="so many times the promised time, on a shared machine")
    return parser.parse_args()


def storms(given: argparse.Namespace) -> Iterator[Soak]:
    """The storms that are asked for; what the seed leaves open turns with each."""
    for number in range(given.storms):
        seed = given.seed + number
        duplicates, policy = TURNS[seed % len(TURNS)]
        yield Soak(
            people=given.people // given.storms,
            forms=tuple(given.forms),
            kills=-(-given.kills // given.storms),
            faults=-(-given.faults // given.storms),
            seconds=given.seconds / given.storms,
            seed=seed,
            patience=given.patience,
            roll_seconds=given.roll_seconds,
            duplicates=given.duplicates or duplicates,
            policy=given.policy or policy,
            neighbours=given.neighbours,
        )


def run(given: argparse.Namespace) -> Report:
    """Everything that is asked for, one part after the other."""
    least = {name: int(count) for name, _, count in (item.partition("=") for item in given.least)}
    report = Report(seed=given.seed, least=least, slack=given.slack)
    for soak in storms(given):
        with database() as cluster:
            report.add(run_storm(soak, cluster))
    for lease in given.recovery:
        with database() as cluster:
            report.add(run_recovery(Recovery(waves=given.waves, lease_seconds=lease, seed=given.seed), cluster))
    if given.redis_rounds:
        with database() as cluster:
            report.add(run_frozen_redis(FrozenRedis(rounds=given.redis_rounds), cluster))
    if given.outage:
        with database() as cluster:
            report.add(run_outage(Outage(people=given.outage), cluster))
    for guard in controls.STORMS if given.intact == [] else given.intact or []:
        with database() as cluster:
            report.add(controls.run_control(guard, cluster, intact=True))
    for guard in controls.STORMS if given.controls == [] else given.controls or []:
        with database() as cluster:
            report.add_control(guard, controls.run_control(guard, cluster))
    return report


def main() -> int:
    """Run what the arguments ask for."""
    report = run(arguments())
    REPORT.write_text(report.as_json() + "\n")
    print(report.as_table())
    print(report.as_json())
    return 0 if report.is_kept else 1


if __name__ == "__main__":
    sys.exit(main())
