"""Fast and not right is wrong: what must have come of everybody, whatever was measured."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.bench.stack import BenchStack


class WrongOutcome(AssertionError):
    """Something was fast and not right."""


def expect(name: str, found: Any, wanted: Any) -> None:
    """Raises WrongOutcome unless both are the same."""
    if found != wanted:
        raise WrongOutcome(f"{name}: {found} instead of {wanted}")


def wait(look: Callable[[], Any], what: str, *, seconds: float, every: float = 0.2) -> None:
    """Look now and then until it is so. Raises WrongOutcome, naming what was waited for, when the time is over."""
    end = time.monotonic() + seconds
    while not look():
        if time.monotonic() > end:
            raise WrongOutcome(f"waited {seconds:.0f} s in vain for {what}")
        time.sleep(every)


def everybody_arrived(stack: BenchStack, count: int) -> None:
    """So many people since the stub's last reset: each registered by one call and mailed one mail with their own link.

    The database says the same of all people ever. Raises WrongOutcome.
    """
    seen = stack.sandbox.state()
    expect(
        "people registered, registrations asked for, mails, people mailed",
        (seen["people"], seen["named"], seen["mails"], seen["recipients"]),
        (count,) * 4,
    )
    expect("people registered twice, strangers mailed", (seen["named_twice"], seen["strangers"]), (0, 0))
    expect("mails without the person's own link", [mail.to for mail in stack.sandbox.newest() if not mail.has_own_link], [])
    stack.arrived_before += count
    books_agree(stack, stack.arrived_before)


def books_agree(stack: BenchStack, everybody: int) -> None:
    """The database has everybody once: form, registration, link and mail. Raises WrongOutcome."""
    found = stack.ask("outcome")
    wanted = dict.fromkeys(("registrations", "submissions", "answered", "links", "mails"), everybody)
    expect(f"rows on {stack.name}", found, wanted | {"other_mails": 0, "parked": 0})
    expect(f"integrity on {stack.name}", stack.ask("check_integrity"), "ok")
