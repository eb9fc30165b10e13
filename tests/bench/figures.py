"""What the benchmark says: one figure a row, each a ratio of two things measured side by side."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

Direction = Literal[">=", "<="]


@dataclass(frozen=True)
class Spread:
    """An absolute figure beside a ratio: the median of its rounds, the least and the most."""

    middle: float
    least: float
    most: float

    def __str__(self) -> str:
        return f"{short(self.middle)} ({short(self.least)}–{short(self.most)})"


@dataclass(frozen=True)
class Figure:
    """One row: `value` is held against `target`.

    `unit` is what the value counts: "×" for a ratio, "s", "MB"; `detail` says in a line what was measured beside what, with
    the absolute figures and their spread. `value` is None when it could not be measured; `detail` says why.
    """

    name: str
    value: float | None
    target: float
    direction: Direction = ">="
    unit: str = "×"
    detail: str = ""

    @property
    def ok(self) -> bool:
        """Whether the target is met; never for what was not measured."""
        if self.value is None:
            return False
        return self.value >= self.target if self.direction == ">=" else self.value <= self.target

    def as_json(self) -> dict[str, Any]:
        """The row for `bench.json`: name, value, target, ok, and then what helps to read them."""
        value = None if self.value is None else round(self.value, 4)
        return {
            "name": self.name,
            "value": value,
            "target": self.target,
            "ok": self.ok,
            "direction": self.direction,
            "unit": self.unit,
            "detail": self.detail,
        }


def spread(values: Sequence[float]) -> Spread:
    """The median and both ends. Raises ValueError for nothing."""
    if not values:
        raise ValueError("nothing was measured")
    return Spread(statistics.median(values), min(values), max(values))


def paired(ours: Sequence[float], theirs: Sequence[float]) -> Spread:
    """The per-round ratios of two things measured in the same rounds: their median and both ends."""
    return spread([one / other for one, other in zip(ours, theirs, strict=True)])


def percentile(values: Sequence[float], share: float) -> float:
    """The nearest-rank percentile, `share` between 0 and 1. Raises ValueError for nothing."""
    if not values:
        raise ValueError("nothing was measured")
    ranked = sorted(values)
    return ranked[min(int(len(ranked) * share), len(ranked) - 1)]


def short(number: float) -> str:
    """Three digits that count."""
    return f"{number:,.0f}" if abs(number) >= 100 else f"{number:.3g}"
