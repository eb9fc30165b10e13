from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import translation

from registrations.mailing.times import city_label, date_label, meeting_time, time_for_person, zone_label
from tests.mailing.letters import a_meeting

MOMENT = datetime(2026, 11, 26, 16, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


@pytest.mark.parametrize(
    ("zone", "label"),
    [
        ("Europe/Moscow", "Moscow, UTC+3"),
        ("America/New_York", "New York, UTC−5"),
        ("Asia/Kolkata", "Kolkata, UTC+5:30"),
        ("America/Argentina/Buenos_Aires", "Buenos Aires, UTC−3"),
        ("Europe/London", "London, UTC"),
        ("UTC", "UTC"),
        ("Etc/GMT-3", "UTC+3"),
        ("", "UTC"),
        ("Nowhere/Else", "UTC"),
        ("../../etc/passwd", "UTC"),
        ("Europe", "UTC"),
        ("\0", "UTC"),
    ],
)
def test_a_zone_is_its_city_and_offset(zone: str, label: str):
    assert zone_label(zone, MOMENT) == label


def test_the_offset_is_that_of_the_moment():
    assert zone_label("Europe/Berlin", datetime(2026, 7, 1, tzinfo=UTC)) == "Berlin, UTC+2"
    assert zone_label("Europe/Berlin", datetime(2026, 12, 1, tzinfo=UTC)) == "Berlin, UTC+1"


def test_a_meeting_shows_date_begin_end_and_zone():
    assert meeting_time(a_meeting(), "Europe/Moscow") == "26 November 2026, 19:00–20:30 (Moscow, UTC+3)"


@pytest.mark.parametrize("ends_at", [None, MOMENT, MOMENT - timedelta(hours=1)])
def test_an_unknown_or_impossible_end_is_left_out(ends_at: datetime | None):
    assert meeting_time(a_meeting(ends_at=ends_at), "Europe/Moscow") == "26 November 2026, 19:00 (Moscow, UTC+3)"


def test_an_end_past_midnight_has_its_own_date():
    assert meeting_time(a_meeting(), "Asia/Novosibirsk").startswith("26 November 2026, 23:00 – 27 November 2026, 00:30 (")


def test_the_date_is_that_of_the_zone():
    assert date_label(MOMENT, "Asia/Vladivostok") == "27 November 2026"


def test_a_persons_time_is_shown_where_the_clock_differs():
    assert time_for_person(a_meeting(), "Europe/Moscow", "Asia/Yekaterinburg") == (
        "26 November 2026, 21:00–22:30 (Yekaterinburg, UTC+5)"
    )


@pytest.mark.parametrize("person_zone", ["", "Mars/Base", "Europe/Moscow", "Europe/Minsk"])
def test_the_same_clock_is_not_shown_twice(person_zone: str):
    assert time_for_person(a_meeting(), "Europe/Moscow", person_zone) == ""


def test_whether_the_clock_differs_depends_on_the_season():
    winter, summer = a_meeting(), a_meeting(starts_at=datetime(2026, 7, 1, 16, tzinfo=UTC), ends_at=None)
    assert time_for_person(summer, "Europe/Moscow", "Europe/Helsinki") == ""
    assert "18:00" in time_for_person(winter, "Europe/Moscow", "Europe/Helsinki")


def test_russian_dates_read_as_russian():
    with translation.override("ru"):
        assert date_label(MOMENT, "Europe/Moscow") == "26 ноября 2026 г."
        assert meeting_time(a_meeting(), "Asia/Kolkata").startswith("26 ноября 2026 г., 21:30–23:00 (")


def test_a_city_without_a_usual_name_reads_as_the_database_spells_it():
    assert city_label("America/Port_of_Spain") == "Port of Spain"
