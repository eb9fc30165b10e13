"""The page of guarantees names its tests, and every one of them is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "docs" / "guarantees.md").read_text()
ROWS = [line for line in PAGE.splitlines() if re.match(r"\| F\d\d \|", line)]
NOT_BUILT = {"F31"}


def all_tests() -> set[str]:
    return {name for path in ROOT.glob("tests/**/test_*.py") for name in re.findall(r"^def (test_\w+)", path.read_text(), re.M)}


def test_every_row_from_f01_to_f43_is_told_of() -> None:
    assert [line[2:5] for line in ROWS] == [f"F{number:02}" for number in range(1, 44)]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[2:5])
def test_every_row_names_a_test_that_exists(row: str) -> None:
    names = re.findall(r"`(test_\w+)`", row)
    files = re.findall(r"`(tests/[\w/.]+)`", row)
    assert set(names) <= all_tests()
    assert all((ROOT / name).exists() for name in files)
    assert names or files or "soak" in row or "make bench" in row or row[2:5] in NOT_BUILT
