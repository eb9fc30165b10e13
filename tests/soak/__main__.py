"""`python -m tests.soak`: one soak; prints the table and one line of JSON, and ends with 1 when a promise is broken."""

from __future__ import annotations

import argparse
import random
import sys

from tests.postgres import find_server
from tests.processes.database import StoppableCluster
from tests.soak.driver import Soak, run

SABOTAGES = ("lookup", "fencing", "settle", "unique")


def main() -> int:
    """Run what the arguments ask for."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--people", type=int, default=Soak.people)
    parser.add_argument("--forms", type=int, default=Soak.forms, help="how often each person comes")
    parser.add_argument("--kills", type=int, default=Soak.kills)
    parser.add_argument("--seconds", type=float, default=Soak.seconds, help="how long the storm lasts")
    parser.add_argument("--patience", type=float, default=Soak.patience, help="seconds until it must be quiet after that")
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    parser.add_argument("--lease-seconds", type=int, default=Soak.lease_seconds)
    parser.add_argument("--duplicates", choices=("existing", "existing_200", "conflict", "second"), default=Soak.duplicates)
    parser.add_argument("--neighbours", action="store_true", help="the platform now and then answers with somebody else")
    parser.add_argument("--only-kills", action="store_true", help="no other trouble, to time how soon a kill is made good")
    parser.add_argument("--sabotage", choices=SABOTAGES, default="", help="run without one guard; must end with 1")
    programs = find_server()
    if programs is None:
        parser.error("a PostgreSQL server is needed")
    cluster = StoppableCluster(programs)
    try:
        report = run(Soak(**vars(parser.parse_args())), cluster)
    finally:
        cluster.stop()
    print(report.as_table())
    for title, words in report.last_words:
        print(f"--- {title}\n{words}")
    print(report.as_json())
    return 0 if report.is_kept else 1


if __name__ == "__main__":
    sys.exit(main())
