from __future__ import annotations

import pytest

from registrations.sandbox.platform import when
from registrations.sandbox.platform.answers import ApiError

NOON_MOSCOW = 1772355600  # 2026-03-01T09:00:00Z


def test_times_are_written_with_an_offset_without_a_colon() -> None:
    assert when.write(NOON_MOSCOW, 1) == "2026-03-01T12:00:00+0300"


def test_date_and_time_parts_are_on_the_wall_clock_of_the_zone() -> None:
    params = {"startsAt": {"date": {"year": "2026", "month": "3", "day": "1"}, "time": {"hour": "12", "minute": "0"}}}
    assert when.read_moment(params, "startsAt", 1) == NOON_MOSCOW
    assert when.read_moment(params, "startsAt", 12) == NOON_MOSCOW + 3 * 3600


@pytest.mark.parametrize(
    "stamp",
    ["2026-03-01T12:00:00+03:00", "2026-03-01T12:00:00+0300", "2026-03-01T09:00:00Z", "2026-03-01T12:00", str(NOON_MOSCOW)],
)
def test_a_timestamp_has_several_spellings(stamp: str) -> None:
    assert when.read_moment({"startsAtTimestamp": stamp}, "startsAt", 1) == NOON_MOSCOW


@pytest.mark.parametrize(
    "params",
    [
        {"startsAtTimestamp": "soon"},
        {"startsAt": {"date": {"year": "2026", "month": "13"}}},
        {"startsAt": {"date": {"year": "x"}}},
    ],
)
def test_an_unreadable_time_is_a_field_error(params: dict[str, object]) -> None:
    with pytest.raises(ApiError) as caught:
        when.read_moment(params, "startsAt", 1)
    assert caught.value.answer.body["error"]["fieldErrors"] == {"startsAt": "ERROR_INVALID"}


@pytest.mark.parametrize("word", ["2026-03-01 12:00:00", "2026-03-01T12:00:00", "2026-03-01+12:00:00"])
def test_from_and_to_have_several_spellings(word: str) -> None:
    assert when.read_query({"from": word}, "from", 1, liberal=True) == NOON_MOSCOW


def test_a_bare_date_is_its_midnight() -> None:
    assert when.read_query({"from": "2026-03-01"}, "from", 1, liberal=True) == NOON_MOSCOW - 12 * 3600


def test_strict_spelling_takes_the_documented_one_alone() -> None:
    assert when.read_query({"from": "2026-03-01 12:00:00"}, "from", 1, liberal=False) == NOON_MOSCOW
    with pytest.raises(ApiError):
        when.read_query({"from": "2026-03-01T12:00:00"}, "from", 1, liberal=False)


def test_durations_are_iso_8601() -> None:
    assert when.read_duration({"duration": "PT1H30M0S"}) == 5400
    assert when.read_duration({}) is None
    with pytest.raises(ApiError):
        when.read_duration({"duration": "90 minutes"})
