"""A soak is good when every promise and bound is kept, enough went wrong, and every missing guard was noticed."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from tests.soak.checker import Verdict
from tests.soak.judging import Bound, Part
from tests.soak.report import RECOVERY, STORM, Report
from tests.soak.toll import Toll


def part(name: str = STORM, *, kills: int = 10, recoveries: tuple[float, ...] = (), **changed: Any) -> Part:
    values = {
        "name": name,
        "about": {"seed": 1},
        "verdict": Verdict(figures=Counter(attempted=5, lost=0), recoveries=list(recoveries)),
        "toll": Toll(kills=Counter(seats=kills), faults=Counter({"register:html": 3})),
        "left_open": {"seats": 0},
        "given_up": 0,
        "answers": {303: 5},
        "seconds": {"storm": 1.0},
        "codes": {},
        "calls": {},
    }
    return Part(**(values | changed))


def report(*parts: Part, **least: int) -> Report:
    return Report(seed=7, least=least, parts=list(parts))


def test_figures_are_added_up_over_all_parts() -> None:
    found = json.loads(report(part(), part()).as_json())
    assert (found["attempted"], found["kills"], found["totals"]["kills"]) == (10, {"seats": 20}, 20)
    assert (found["kept"], found["seed"]) == (True, 7)


def test_too_little_is_no_success() -> None:
    assert report(part(kills=10), kills=10).is_kept
    small = report(part(kills=9), kills=10)
    assert not small.is_kept
    assert "TOO LITTLE" in small.as_table()


def test_only_storms_count_as_enough() -> None:
    assert not report(part(kills=9), part(RECOVERY, kills=5), kills=10).is_kept


@pytest.mark.parametrize(("value", "is_kept"), [(5.0, True), (5.1, False), (None, False)])
def test_a_bound_must_be_measured_and_kept(value: float | None, is_kept: bool) -> None:
    bounded = report(part(bounds=[Bound("seconds", value, 5.0)]))
    assert bounded.is_kept is is_kept
    assert ("BROKEN" in bounded.as_table()) is not is_kept


def test_slack_is_given_to_what_takes_time_and_to_nothing_else() -> None:
    slack = Report(seed=7, least={}, slack=3.0)
    slack.add(part(bounds=[Bound("seconds", 14.0, 5.0, is_time=True)]))
    assert slack.is_kept
    slack.add(part(bounds=[Bound("people", 6, 5)]))
    assert not slack.is_kept


def test_what_is_left_open_is_no_success() -> None:
    assert not report(part(left_open={"seats": 1})).is_kept


def test_a_broken_promise_is_no_success_and_names_whom() -> None:
    verdict = Verdict()
    verdict.blame("lost", ("campaign", "ann@example.com"), "no participation")
    broken = report(part(verdict=verdict))
    assert not broken.is_kept
    assert "lost: campaign/ann@example.com: no participation" in broken.as_table()


def test_recoveries_are_those_of_the_part_that_times_them() -> None:
    found = report(part(recoveries=(90.0,)), part(RECOVERY, recoveries=(2.0, 3.0))).figures()
    assert (found["recovery_p50"], found["recovery_p99"]) == (2.0, 3.0)
    assert report(part(recoveries=(90.0,))).figures()["recovery_p99"] == 90.0


def test_a_guard_whose_absence_nobody_notices_is_no_success() -> None:
    controlled = report(part())
    controlled.controls = {"lookup": 3, "fencing": 1}
    assert controlled.is_kept
    controlled.controls["settle"] = 0
    assert not controlled.is_kept
    assert "GREEN" in controlled.as_table()
