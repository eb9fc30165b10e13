"""`python -m tests.bench`: ratios measured side by side, printed as a table and written to `bench.json`.

Ends with 0 when every row was measured and every outcome was right, whether targets were met or not; else with 1.
"""

from __future__ import annotations

import argparse
import random
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

from tests.bench import imports, mails, million, people, posts, report, slow_platform
from tests.bench.bench import Bench, say
from tests.bench.figures import Figure

GROUPS: dict[str, Callable[[Bench], list[Figure]]] = {
    "posts": posts.rows,
    "slow_platform": slow_platform.rows,
    "people": people.rows,
    "mails": mails.rows,
    "imports": imports.rows,
    "million": million.rows,
}
QUICK = ("posts", "slow_platform", "people", "mails")


def main() -> int:
    """Measure what the arguments ask for."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rows, smaller rounds: under two minutes")
    parser.add_argument("--only", action="append", choices=GROUPS, metavar="NAME", help=f"one of {', '.join(GROUPS)}")
    parser.add_argument("--json", type=Path, default=Path("bench.json"))
    parser.add_argument("--markdown", action="store_true", help="print the table for the README too")
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000), help="of the order in each round")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # so that whatever was started is ended
    names = arguments.only or (QUICK if arguments.quick else GROUPS)
    figures: list[Figure] = []
    with Bench(quick=arguments.quick, seed=arguments.seed) as bench:
        for name in names:
            try:
                figures += GROUPS[name](bench)
            except Exception as error:
                say(f"{name} could not be measured\n{traceback.format_exc()}")
                figures.append(Figure(name=name, value=None, target=0, detail=f"{type(error).__name__}: {error}"))
                bench.forget_stacks()
        machine = report.machine([*bench.databases.values()])
    arguments.json.write_text(report.as_json(figures))
    print(report.as_table(figures))
    print(machine)
    if arguments.markdown:
        print(report.as_markdown(figures, machine))
    return 1 if any(figure.value is None for figure in figures) else 0


if __name__ == "__main__":
    sys.exit(main())
