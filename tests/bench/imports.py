"""Thousands of imported people at a platform that allows two calls a second, whoever signs up meanwhile, and memory."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial

from tests.bench.bench import Bench, say
from tests.bench.checks import books_agree, expect, wait
from tests.bench.figures import Figure, paired, percentile, spread
from tests.bench.load import ACCEPTED, Visitors
from tests.bench.posts import filled_form
from tests.bench.stack import DEFAULT_PACE, WORKERS, BenchStack
from tests.sandbox.process import SandboxProcess

ROUNDS = 3
PER_CALL = 50
FEW = 100
FRESH_EVERY_SECONDS = 1.5


@dataclass
class _Runs:
    """What the imports measured, one item a round."""

    seconds: list[float] = field(default_factory=list)
    refused: list[float] = field(default_factory=list)
    grown: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)


def rows(bench: Bench) -> list[Figure]:
    """The platform is the sandbox with its limiter, the database PostgreSQL."""
    count, fresh = bench.size(quick=1000, full=10_000), bench.size(quick=8, full=24)
    with SandboxProcess() as sandbox, BenchStack(sandbox, postgres=bench.cluster()) as stack:
        bench.databases[stack.name] = stack.describe()
        sandbox.switches(rate=DEFAULT_PACE)
        runs = _Runs()
        for number in range(ROUNDS):
            say(f"import of {count:,} people, round {number + 1}")
            _import(stack, count, runs)
        figures = _import_figures(count, runs)
        say("sign-ups while others are imported, and while nothing goes on")
        busy_count = bench.size(quick=2500, full=6000)  # longer under way than it takes the others to sign up
        arms = {"busy": partial(_fresh, bench, stack, fresh, busy_count), "quiet": partial(_fresh, bench, stack, fresh, 0)}
        figures.append(_fresh_figure(bench.rounds(ROUNDS, arms), fresh, busy_count))
        books_agree(stack, stack.arrived_before)
    return figures


def _import(stack: BenchStack, count: int, runs: _Runs) -> None:
    """Fresh workers import a few people, and then very many."""
    for name in WORKERS:
        stack.processes[name].stop()
        stack.processes[name].start()
    _import_and_wait(stack, FEW)
    memory_before, counters_before = _memory(stack), stack.sandbox.counters()
    runs.seconds.append(_import_and_wait(stack, count))
    runs.refused.append(_share_refused(counters_before, stack.sandbox.counters()))
    runs.memory.append(_memory(stack))
    runs.grown.append(runs.memory[-1] - memory_before)
    say(f"  {runs.seconds[-1]:.1f} s, refused {runs.refused[-1]:.2%}, workers grew by {runs.grown[-1]:.1f} MB")


def _import_and_wait(stack: BenchStack, count: int) -> float:
    """Seconds from the beginning of the import until the last link was stored; waits for the mails as well."""
    campaign_id = stack.ids[stack.campaign.slug]["campaign"]
    links_before, mails_before = stack.ask("links_of", campaign_id=campaign_id)["links"], stack.sandbox.mails_received()
    stack.ask("set_pace", calls_per_second=DEFAULT_PACE)
    began = stack.ask("import_people", campaign_id=campaign_id, name="list", first=stack.numbers(count), count=count)
    patience = 60 + 4 * _ideal_seconds(count)
    wait(
        lambda: stack.ask("links_of", campaign_id=campaign_id)["links"] >= links_before + count,
        f"{count} links", seconds=patience, every=0.5,
    )  # fmt: skip
    ended = stack.ask("links_of", campaign_id=campaign_id)["last_at"]
    stack.wait_until_done()
    stack.arrived_before += count
    books_agree(stack, stack.arrived_before)
    expect("mails after an import", stack.sandbox.mails_received() - mails_before, count)
    _registered_once(stack)
    return float(ended - began)


def _registered_once(stack: BenchStack) -> None:
    people = [item["email"] for item in stack.sandbox.participations()]
    expect("registrations and people at the platform", (len(people), len(set(people))), (stack.arrived_before,) * 2)


def _ideal_seconds(count: int) -> float:
    return count / PER_CALL / DEFAULT_PACE


def _memory(stack: BenchStack) -> float:
    return sum(stack.processes[name].megabytes() for name in WORKERS)


def _share_refused(before: dict[str, dict[str, int]], after: dict[str, dict[str, int]]) -> float:
    def calls(counters: dict[str, dict[str, int]], status: str = "") -> int:
        return sum(times for route in counters.values() for code, times in route.items() if status in ("", code))

    return (calls(after, "429") - calls(before, "429")) / (calls(after) - calls(before))


def _import_figures(count: int, runs: _Runs) -> list[Figure]:
    ideal = _ideal_seconds(count)
    ratio = paired(runs.seconds, [ideal] * len(runs.seconds))
    return [
        Figure(
            name=f"time until the last of {count:,} imported people has a link, against {count:,}/{PER_CALL}/2 = {ideal:g} s",
            value=ratio.middle,
            target=1.1,
            direction="<=",
            detail=f"{spread(runs.seconds)} s, ratios {ratio}; one session, a platform that takes 2 calls/s, PostgreSQL",
        ),
        Figure(
            name=f"calls that the platform refused while {count:,} people were imported",
            value=spread(runs.refused).middle * 100,
            target=1.0,
            direction="<=",
            unit="%",
            detail=f"{spread([share * 100 for share in runs.refused])} % of all calls",
        ),
        Figure(
            name=f"memory of the workers after {count:,} people, against after the first {FEW}",
            value=spread(runs.grown).middle,
            target=30.0,
            direction="<=",
            unit="MB",
            detail=f"{spread(runs.grown)} MB more, then {spread(runs.memory)} MB (RSS of {', '.join(WORKERS)} together)",
        ),
    ]


def _fresh(bench: Bench, stack: BenchStack, fresh: int, imported: int) -> float:
    """p95 of the seconds from a post to its mail, for people who sign up one after the other."""
    stack.ask("set_pace", calls_per_second=DEFAULT_PACE)
    with _import_going_on(stack, imported):
        visitors = Visitors(stack.campaign.url, filled_form(stack), first=stack.numbers(fresh))
        posted: dict[str, float] = {}
        for _ in range(fresh):
            address = visitors.next_address()
            posted[address] = time.time()
            expect("status of a fresh sign-up", visitors.post(address), ACCEPTED)
            time.sleep(FRESH_EVERY_SECONDS * bench.chance.uniform(0.5, 1.5))
        mailed: dict[str, float] = {}

        def all_mailed() -> bool:
            mailed.update(stack.ask("mailed_at", addresses=[*posted]))
            return len(mailed) == fresh

        wait(all_mailed, "the mails of fresh sign-ups", seconds=120)
        if imported:
            expect("somebody still waits to be imported", stack.ask("open_work_of_all") > 0, True)
    stack.arrived_before += fresh
    # Whoever is left is not part of the measurement.
    stack.sandbox.switches(rate=0)
    stack.finish()
    stack.sandbox.switches(rate=DEFAULT_PACE)
    _registered_once(stack)
    return percentile([mailed[address] - at for address, at in posted.items()], 0.95)


@contextmanager
def _import_going_on(stack: BenchStack, count: int) -> Iterator[None]:
    """So many people are being imported during the block."""
    if count:
        campaign_id = stack.ids[stack.campaign.slug]["campaign"]
        stack.ask("import_people", campaign_id=campaign_id, name="list", first=stack.numbers(count), count=count)
        stack.arrived_before += count
    yield


def _fresh_figure(waited: dict[str, list[float]], fresh: int, imported: int) -> Figure:
    later = spread([busy - quiet for busy, quiet in zip(waited["busy"], waited["quiet"], strict=True)])
    return Figure(
        name="time until the link mail of a fresh sign-up during an import, p95, against nothing else going on",
        value=later.middle,
        target=2.0,
        direction="<=",
        unit="s",
        detail=f"{spread(waited['busy'])} s against {spread(waited['quiet'])} s, {later} s later; {fresh} people one after the"
        f" other, {imported:,} imported meanwhile, 2 calls/s",
    )
