"""Accepted form posts a second, against a bare view with the same form and the same INSERTs on the same server."""

from __future__ import annotations

from tests.bench import load
from tests.bench.bench import POSTGRES, SQLITE, Bench, say
from tests.bench.checks import everybody_arrived, expect
from tests.bench.figures import Figure, paired, spread
from tests.bench.load import ANSWERS, PERSON, Form, Load, Visitors
from tests.bench.stack import WORKERS, BenchStack
from tests.processes import visitor

CLIENTS = 4
WARM_UP_SECONDS = 0.5


def rows(bench: Bench) -> list[Figure]:
    """One row for each database."""
    return [_row(bench, bench.stack(database)) for database in (POSTGRES, SQLITE)]


def filled_form(stack: BenchStack) -> Form:
    """The campaign's form as the page gives it, filled in but for the address."""
    page = visitor.form_of(visitor.get(stack.campaign.url))
    return page.values | PERSON | {f"q_{key}": answer for key, answer in ANSWERS.items()}


def _row(bench: Bench, stack: BenchStack) -> Figure:
    say(f"form posts on {stack.name}")
    with stack.alone():
        arms = {"ours": _Arm(bench, stack, stack.campaign.url, stack.ask)}
        arms["bare view"] = _Arm(bench, stack, f"{stack.bare_url}/insert/", stack.ask_bare)
        # What they have to do is not the question here, and it is done and counted afterwards.
        for name in (*WORKERS, "schedule"):
            stack.processes[name].suspend()
        bench.stub.reset()
        for arm in arms.values():
            arm.go(WARM_UP_SECONDS)
        rates = bench.rounds(bench.size(quick=3, full=5), {name: arm.measure for name, arm in arms.items()})
        for name in (*WORKERS, "schedule"):
            stack.processes[name].resume()
        inserts = arms["ours"].written()
        expect("rows of a post, ours and the bare view's", inserts, arms["bare view"].written())
        stack.finish()
        everybody_arrived(stack, arms["ours"].accepted)
    ratio = paired(rates["ours"], rates["bare view"])
    return Figure(
        name=f"accepted form posts, {stack.name}, against a bare view with the same INSERTs",
        value=ratio.middle,
        target=0.80,
        detail=f"{spread(rates['ours'])} posts/s against {spread(rates['bare view'])}, ratios {ratio}; {CLIENTS} clients, a"
        f" connection for each post; both with all middleware and {len(inserts)} INSERTs, while no worker is at work",
    )


class _Arm:
    """One of both sites under load, with what it wrote down."""

    def __init__(self, bench: Bench, stack: BenchStack, url: str, ask: object) -> None:
        self._bench, self._url, self._ask = bench, url, ask
        self._before = self._ask("rows_by_table")
        self._visitors = Visitors(url, filled_form(stack), first=stack.numbers(1_000_000))
        self.accepted = 0

    def go(self, seconds: float) -> Load:
        """Raises WrongOutcome if a single post was refused."""
        done = load.closed_loop(self._visitors, threads=CLIENTS, seconds=seconds)
        expect(f"refused posts at {self._url}", done.refused, 0)
        self.accepted += done.accepted
        return done

    def measure(self) -> float:
        return self.go(self._bench.size(quick=1.0, full=3.0)).rate

    def written(self) -> dict[str, float]:
        """How many rows of each table one accepted post made."""
        now = self._ask("rows_by_table")
        return {table: (now[table] - self._before[table]) / self.accepted for table in now if now[table] != self._before[table]}
