"""From recorded forms to the last mail, singly, against a bare loop and against one Celery task per person."""

from __future__ import annotations

from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench.bench import POSTGRES, SQLITE, Bench, say
from tests.bench.checks import everybody_arrived, expect, wait
from tests.bench.figures import Figure, paired, spread
from tests.bench.rivals import BareLoop, TaskPerPerson
from tests.bench.stack import NO_LIMIT, BenchStack

LATENCY = 0.05
PATIENCE_SECONDS = 600.0
LOOP, TASKS = "bare loop", "a task per person"
TARGETS = {SQLITE: 0.6, POSTGRES: 0.5}


def rows(bench: Bench) -> list[Figure]:
    """Both databases and both rivals take turns in the same rounds."""
    stacks = [bench.stack(database) for database in TARGETS]
    count, few = bench.size(quick=300, full=2000), bench.size(quick=50, full=200)
    say(f"people from form to mail: {count} singly, {few} by {TASKS}")
    with ExitStack() as exits:
        idle = _Idle(bench)
        with stacks[0].alone():
            loop = exits.enter_context(closing(BareLoop(stacks[0])))
            tasks = exits.enter_context(closing(TaskPerPerson(stacks[0], Path(exits.enter_context(TemporaryDirectory())))))
            tasks.warm_up(stacks[0])
        arms = {stack.name: partial(idle.watched, stack.name, count, partial(_ours, bench, stack, count)) for stack in stacks}
        arms[LOOP] = partial(idle.watched, LOOP, count, partial(_bare, bench, loop, stacks[0], count))
        arms[TASKS] = partial(_usual, bench, tasks, stacks[0], few)
        rates = bench.rounds(bench.size(quick=3, full=5), arms)
    return [*_figures(rates, count), idle.figure()]


def _figures(rates: dict[str, list[float]], count: int) -> list[Figure]:
    figures = []
    for rival, kind, targets in (
        (LOOP, "a bare loop without a database", TARGETS),
        (TASKS, "one Celery task per person", dict.fromkeys(TARGETS, 8.0)),
    ):
        for database, target in targets.items():
            ratio = paired(rates[database], rates[rival])
            bound = "" if rival == LOOP else f"; the bare loop reaches {paired(rates[LOOP], rates[TASKS])}"
            figures.append(
                Figure(
                    name=f"people from form to link to mail, {database}, against {kind}",
                    value=ratio.middle,
                    target=target,
                    detail=f"{spread(rates[database])} people/s against {spread(rates[rival])}, ratios {ratio};"
                    f" {count:,} people singly, platform at {LATENCY * 1000:.0f} ms, no limit{bound}",
                )
            )
    return figures


def _ours(bench: Bench, stack: BenchStack, count: int) -> float:
    """People a second, from when the workers may begin until the last mail is there."""
    with stack.alone():
        stack.ask("hold_everything")
        stack.ask("set_pace", calls_per_second=NO_LIMIT)
        first, campaign_id = stack.numbers(count), stack.ids[stack.singly.slug]["campaign"]
        stack.ask("record_people", campaign_id=campaign_id, first=first, count=count)
        bench.stub.reset(latency=LATENCY)
        began = stack.ask("let_loose")
        wait(lambda: bench.stub.mails()["mails"] >= count, f"{count} mails", seconds=PATIENCE_SECONDS)
        ended = bench.stub.mails()["last_mail_at"]
        stack.wait_until_done()
        everybody_arrived(stack, count)
    return count / (ended - began)


def _bare(bench: Bench, loop: BareLoop, stack: BenchStack, count: int) -> float:
    bench.stub.reset(latency=LATENCY)
    rate = loop.rate("people", first=stack.numbers(count), count=count)
    _all_mailed(bench, count)
    return rate


def _usual(bench: Bench, tasks: TaskPerPerson, stack: BenchStack, count: int) -> float:
    bench.stub.reset(latency=LATENCY)
    rate = tasks.rate(stack, first=stack.numbers(count), count=count)
    _all_mailed(bench, count)
    return rate


def _all_mailed(bench: Bench, count: int) -> None:
    seen = bench.stub.state()
    expect("people and mails of the rival", (seen["people"], seen["recipients"], seen["mails"]), (count,) * 3)


class _Idle:
    """How busy the stub was: it must not be what bounds anybody."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._factors: dict[str, list[float]] = {}

    def watched(self, name: str, count: int, measure: partial[float]) -> float:
        """Measure, and see what part of that time the stub was at work."""
        before = self._bench.stub.state()["cpu_seconds"]
        rate = measure()
        busy = self._bench.stub.state()["cpu_seconds"] - before
        self._factors.setdefault(name, []).append(count / rate / busy)
        return rate

    def figure(self) -> Figure:
        each = {name: spread(factors) for name, factors in self._factors.items()}
        return Figure(
            name="self-check: how much faster than the product the stand-in for platform and mail server is",
            value=min(each[database].middle for database in TARGETS),
            target=20.0,
            detail="time measured ÷ CPU time of the stand-in: "
            + ", ".join(f"{name} {factors}" for name, factors in each.items()),
        )
