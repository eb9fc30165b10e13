"""Posts while the platform takes 300 ms for each call: no slower than at 0 ms, and far more than the usual script takes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from tests.bench import load
from tests.bench.bench import POSTGRES, Bench, say
from tests.bench.checks import everybody_arrived, expect
from tests.bench.figures import Figure, paired, percentile, spread
from tests.bench.load import Load, Visitors
from tests.bench.posts import filled_form
from tests.bench.stack import DEFAULT_PACE, BenchStack

SLOW = 0.3
THREADS = 8
LEAST_POSTS_PER_SECOND, MOST_POSTS_PER_SECOND = 8.0, 40.0
SHARE_OF_CAPACITY = 0.25
"""A server at its limit would measure its queue."""


def rows(bench: Bench) -> list[Figure]:
    """Everything is running, at the pace that accounts have by default."""
    stack = bench.stack(POSTGRES)
    with stack.alone():
        warm_up = partial(load.closed_loop, threads=THREADS, seconds=bench.size(quick=0.7, full=2.0))
        capacity = _posted(bench, stack, SLOW, warm_up).rate
        per_second = max(min(MOST_POSTS_PER_SECOND, capacity * SHARE_OF_CAPACITY), LEAST_POSTS_PER_SECOND)
        return [_p95(bench, stack, per_second), _against_the_usual_script(bench, stack)]


def _p95(bench: Bench, stack: BenchStack, per_second: float) -> Figure:
    say("p95 of a post, with a slow platform and with a fast one")
    drive = partial(load.steady, per_second=per_second, seconds=bench.size(quick=2.5, full=8.0))

    def arm(latency: float) -> Callable[[], float]:
        return lambda: percentile(_posted(bench, stack, latency, drive).took, 0.95)

    took = bench.rounds(bench.size(quick=3, full=7), {"slow": arm(SLOW), "fast": arm(0.0)})
    ratio = paired(took["slow"], took["fast"])
    slow, fast = (spread([seconds * 1000 for seconds in took[name]]) for name in ("slow", "fast"))
    return Figure(
        name="p95 of a form post with the platform at 300 ms, PostgreSQL, against the platform at 0 ms",
        value=ratio.middle,
        target=1.25,
        direction="<=",
        detail=f"{slow} ms against {fast} ms, ratios {ratio}; {per_second:.0f} posts/s, everything at work",
    )


def _against_the_usual_script(bench: Bench, stack: BenchStack) -> Figure:
    say("posts with a slow platform, against the usual script")
    drive = partial(load.closed_loop, threads=THREADS, seconds=bench.size(quick=1.5, full=5.0))
    visitors = Visitors(f"{stack.bare_url}/usual/", filled_form(stack), first=stack.numbers(1_000_000))

    def usual() -> float:
        bench.stub.reset(latency=SLOW)
        done = drive(visitors)
        expect("refused posts of the usual script", done.refused, 0)
        seen = bench.stub.state()
        expect("people and mails of the usual script", (seen["people"], seen["mails"]), (done.accepted, done.accepted))
        return done.rate

    def bare() -> float:
        done = drive(Visitors(f"{stack.bare_url}/insert/", filled_form(stack), first=stack.numbers(1_000_000)))
        expect("refused posts of the bare view", done.refused, 0)
        return done.rate

    arms = {"ours": lambda: _posted(bench, stack, SLOW, drive).rate, "usual script": usual, "bare view": bare}
    rates = bench.rounds(bench.size(quick=3, full=5), arms)
    ratio, most = (paired(rates[name], rates["usual script"]) for name in ("ours", "bare view"))
    return Figure(
        name="accepted form posts with the platform at 300 ms, PostgreSQL, against the usual script",
        value=ratio.middle,
        target=25.0,
        detail=f"{spread(rates['ours'])} posts/s against {spread(rates['usual script'])}, ratios {ratio}; {THREADS} threads,"
        " everything at work at 2 calls/s; the script calls the platform and then SMTP, without a database and without a limit;"
        f" a view that does nothing but the same INSERTs: {most}, so that nobody could reach more here",
    )


def _posted(bench: Bench, stack: BenchStack, latency: float, drive: Callable[..., Load]) -> Load:
    """Post, then have everybody done and counted."""
    bench.stub.reset(latency=latency)
    stack.ask("set_pace", calls_per_second=DEFAULT_PACE)
    done = drive(Visitors(stack.campaign.url, filled_form(stack), first=stack.numbers(100_000)))
    expect("refused posts", done.refused, 0)
    stack.finish()
    everybody_arrived(stack, done.accepted)
    return done
