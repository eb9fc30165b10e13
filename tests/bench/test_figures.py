from __future__ import annotations

import json

import pytest

from tests.bench import report
from tests.bench.figures import Figure, paired, percentile, spread


@pytest.mark.parametrize(
    ("value", "direction", "ok"),
    [(0.8, ">=", True), (0.79, ">=", False), (1.1, "<=", True), (1.11, "<=", False), (None, ">=", False), (None, "<=", False)],
)
def test_a_target_is_met_or_missed_and_never_met_by_what_was_not_measured(
    value: float | None, direction: str, ok: bool
) -> None:
    target = 0.8 if direction == ">=" else 1.1
    assert Figure(name="x", value=value, target=target, direction=direction).ok is ok


def test_the_json_begins_with_what_everybody_reads() -> None:
    [row] = json.loads(report.as_json([Figure(name="posts", value=0.91234, target=0.8)]))
    assert list(row)[:4] == ["name", "value", "target", "ok"]
    assert (row["name"], row["value"], row["target"], row["ok"]) == ("posts", 0.9123, 0.8, True)


def test_tables_say_what_was_missed_and_what_was_not_measured() -> None:
    figures = [
        Figure(name="fast", value=2.0, target=1.0),
        Figure(name="slow", value=0.5, target=1.0),
        Figure(name="unknown", value=None, target=1.0, detail="it fell over"),
    ]
    lines = report.as_table(figures).splitlines()
    assert "ok" in lines[0]
    assert "MISSED" in lines[1]
    assert "not measured" in lines[2]
    assert "it fell over" in lines[3]
    assert "| slow | 0.5 × | ≥ 1 × |  |" in report.as_markdown(figures, "a machine")


def test_a_ratio_is_the_median_of_the_rounds_and_not_of_each_side() -> None:
    assert paired([10, 20, 90], [10, 10, 30]).middle == 2
    assert (spread([3, 1, 2]).least, spread([3, 1, 2]).most) == (1, 3)
    with pytest.raises(ValueError, match="zip"):
        paired([1, 2], [1])


def test_a_percentile_is_a_value_that_was_measured() -> None:
    values = [float(number) for number in range(1, 101)]
    assert percentile(values, 0.95) == 96
    assert percentile([7.0], 0.95) == 7
    with pytest.raises(ValueError, match="nothing"):
        percentile([], 0.95)
