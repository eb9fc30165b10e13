"""Single values as the platform writes them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from registrations.webinar.providers.webinar_ru import values


@pytest.mark.parametrize("written", [51001, "51001", " 51001 ", "051001"])
def test_an_id_is_a_canonical_decimal_string(written: object) -> None:
    assert values.canonical_id(written) == "51001"


@pytest.mark.parametrize("written", [None, "", "abc", True, -1, "-1", 1.5, "1.0", [], {}, "1" * 21, "٣"])
def test_what_is_no_id_is_refused(written: object) -> None:
    with pytest.raises(ValueError, match="not an id"):
        values.canonical_id(written)
    assert values.optional_id(written) is None


def test_a_zero_is_no_optional_id_but_a_number() -> None:
    assert values.optional_id(0) is None
    assert values.number("0") == 0


@pytest.mark.parametrize(
    "written",
    [
        "2026-03-01T12:00:00+0300",
        "2026-03-01T12:00:00+03:00",
        "2026-03-01T12:00+03:00",
        "2026-03-01T09:00:00Z",
        "2026-03-01 12:00:00",
        1772355600,
        "1772355600",
    ],
)
def test_a_time_is_read_in_every_spelling(written: object) -> None:
    assert values.moment(written) == datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
    assert values.moment(written).utcoffset().total_seconds() == 0


@pytest.mark.parametrize("written", [None, "", "0", 0, "tomorrow", [], "0001-01-01T00:00:00+1400", 10**18, "9" * 5000])
def test_what_is_no_time_is_none(written: object) -> None:
    assert values.moment(written) is None


@pytest.mark.parametrize(
    ("written", "read"),
    [
        *((yes, True) for yes in (True, 1, "1", "true", "TRUE")),
        *((no, False) for no in (False, 0, "0", "false", "")),
        *((neither, None) for neither in (None, "maybe", 2, [], {})),
    ],
)
def test_a_flag_is_read_in_every_spelling(written: object, read: bool | None) -> None:
    assert values.flag(written) is read


def test_text_is_what_any_database_can_store() -> None:
    assert values.text(" a\x00b\ud800 ") == "ab"
    assert values.text(5) == "5"
    assert values.text(None) == values.text([]) == values.text(True) == ""


def test_php_spellings_of_empty_maps_and_lists_with_gaps() -> None:
    assert values.mapping([]) == {}
    assert values.mapping(None) == {}
    assert values.sequence({"0": "a", "2": "b"}) == ["a", "b"]
    assert values.sequence("a") == []


@pytest.mark.parametrize(
    ("written", "read"),
    [("Europe/Moscow", "Europe/Moscow"), ("Moon/Base", ""), ("Europe", ""), ("../../etc/passwd", ""), (None, "")],
)
def test_a_time_zone_is_one_that_this_machine_knows(written: object, read: str) -> None:
    assert values.zone_name(written) == read
