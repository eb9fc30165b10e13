"""An outcome that is wrong in any way is called wrong."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from tests.bench.checks import WrongOutcome, everybody_arrived, wait

SEEN = {"people": 3, "named": 3, "mails": 3, "recipients": 3, "named_twice": 0, "strangers": 0}
ROWS = {"registrations": 5, "submissions": 5, "answered": 5, "links": 5, "mails": 5, "other_mails": 0, "parked": 0}


def stack(*, seen: dict[str, int], rows: dict[str, int], has_own_link: bool = True, integrity: str = "ok") -> Any:
    answers = {"outcome": rows, "check_integrity": integrity}
    mail = SimpleNamespace(to="anna@example.com", has_own_link=has_own_link)
    world = SimpleNamespace(state=lambda: seen, newest=lambda: [mail])
    return SimpleNamespace(sandbox=world, ask=answers.__getitem__, arrived_before=2, name="SQLite")


def test_what_is_right_is_taken() -> None:
    right = stack(seen=SEEN, rows=ROWS)
    everybody_arrived(right, 3)
    assert right.arrived_before == 5


@pytest.mark.parametrize("name", SEEN)
def test_one_more_or_less_at_the_platform_or_in_the_mailbox_is_wrong(name: str) -> None:
    with pytest.raises(WrongOutcome):
        everybody_arrived(stack(seen=SEEN | {name: SEEN[name] + 1}, rows=ROWS), 3)


@pytest.mark.parametrize("name", ROWS)
def test_one_row_more_is_wrong(name: str) -> None:
    with pytest.raises(WrongOutcome):
        everybody_arrived(stack(seen=SEEN, rows=ROWS | {name: ROWS[name] + 1}), 3)


def test_a_mail_without_the_link_and_a_broken_database_are_wrong() -> None:
    with pytest.raises(WrongOutcome, match="own link"):
        everybody_arrived(stack(seen=SEEN, rows=ROWS, has_own_link=False), 3)
    with pytest.raises(WrongOutcome, match="integrity"):
        everybody_arrived(stack(seen=SEEN, rows=ROWS, integrity="row 7 missing from index"), 3)


def test_waiting_in_vain_says_for_what() -> None:
    with pytest.raises(WrongOutcome, match="the moon"):
        wait(lambda: False, "the moon", seconds=0.05, every=0.01)
