"""Mails a second: the mails worker over queued link mails, against a loop over one kept SMTP connection."""

from __future__ import annotations

from contextlib import ExitStack, closing
from functools import partial

from tests.bench.bench import POSTGRES, SQLITE, Bench, say
from tests.bench.checks import books_agree, expect, wait
from tests.bench.figures import Figure, paired, short, spread
from tests.bench.rivals import BareLoop
from tests.bench.stack import NO_LIMIT, BenchStack

LOOP = "loop"
PATIENCE_SECONDS = 300.0


def rows(bench: Bench) -> list[Figure]:
    """One row for each database."""
    stacks = [bench.stack(database) for database in (POSTGRES, SQLITE)]
    rounds, count = bench.size(quick=3, full=5), bench.size(quick=200, full=1500)
    say(f"mails: {count} a round")
    for stack in stacks:
        _queue_mails(bench, stack, rounds * count)
    sizes: dict[str, float] = {}
    with ExitStack() as exits:
        with stacks[0].alone():
            loop = exits.enter_context(closing(BareLoop(stacks[0])))
        arms = {stack.name: partial(_ours, bench, stack, count, sizes) for stack in stacks}
        arms[LOOP] = partial(_loop, bench, loop, stacks[0], count, sizes)
        rates = bench.rounds(rounds, arms)
    for stack in stacks:
        with stack.alone():
            stack.wait_until_done()
            stack.arrived_before += rounds * count
            books_agree(stack, stack.arrived_before)
    return [_figure(stack.name, rates, sizes) for stack in stacks]


def _figure(database: str, rates: dict[str, list[float]], sizes: dict[str, float]) -> Figure:
    ratio = paired(rates[database], rates[LOOP])
    return Figure(
        name=f"mails, {database}, against a loop over one kept SMTP connection",
        value=ratio.middle,
        target=0.7,
        detail=f"{spread(rates[database])} mails/s against {spread(rates[LOOP])}, ratios {ratio}; mails of"
        f" {short(sizes[database])} kB against {short(sizes[LOOP])} kB",
    )


def _queue_mails(bench: Bench, stack: BenchStack, count: int) -> None:
    """Register so many people, their mails held back."""
    with stack.alone():
        stack.processes["mails"].suspend()
        bench.stub.reset(keep_people=True)
        stack.ask("set_pace", calls_per_second=NO_LIMIT)
        campaign_id = stack.ids[stack.campaign.slug]["campaign"]
        stack.ask("record_people", campaign_id=campaign_id, first=stack.numbers(count), count=count)
        stack.ask("let_loose")
        # Every step that is open now is a mail.
        wait(lambda: stack.ask("waiting_mails") == count, "everybody's link", seconds=PATIENCE_SECONDS)
        expect("mails held back", stack.ask("hold_mails"), count)
        stack.processes["mails"].resume()


def _ours(bench: Bench, stack: BenchStack, count: int, sizes: dict[str, float]) -> float:
    with stack.alone():
        bench.stub.reset(keep_people=True)
        began = stack.ask("let_mails_go", count=count)
        wait(lambda: bench.stub.mails()["mails"] >= count, f"{count} mails", seconds=PATIENCE_SECONDS)
        ended = _all_mailed(bench, stack.name, count, sizes)
        expect("mails without the person's own link", [mail.to for mail in bench.stub.newest() if not mail.has_own_link], [])
    return count / (ended - began)


def _loop(bench: Bench, loop: BareLoop, stack: BenchStack, count: int, sizes: dict[str, float]) -> float:
    bench.stub.reset(keep_people=True)
    rate = loop.rate("mails", first=stack.numbers(count), count=count)
    _all_mailed(bench, LOOP, count, sizes)
    return rate


def _all_mailed(bench: Bench, name: str, count: int, sizes: dict[str, float]) -> float:
    seen = bench.stub.state()
    expect("mails and people mailed", (seen["mails"], seen["recipients"]), (count, count))
    sizes[name] = seen["mail_bytes"] / count / 1000
    return float(seen["last_mail_at"])
