"""Times in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import translation

from registrations.views.schedule import when

EVENING = datetime(2026, 11, 26, 16, 0, tzinfo=UTC)


@dataclass
class Meeting:
    starts_at: datetime
    ends_at: datetime | None


@pytest.mark.parametrize(("language", "date"), [("en", "Thursday, 26 November 2026"), ("ru", "Четверг, 26 ноября 2026 г.")])
def test_a_meeting_is_told_in_the_events_zone(language: str, date: str) -> None:
    with translation.override(language):
        told = when(Meeting(EVENING, EVENING + timedelta(minutes=90)), zone="Europe/Moscow")
    assert (told.date, told.hours) == (date, "19:00–20:30")
    assert (told.starts, told.ends) == ("2026-11-26T16:00:00Z", "2026-11-26T17:30:00Z")
    assert told.own == ""


@pytest.mark.parametrize(
    ("lasts", "hours"),
    [
        (None, "19:00"),
        (timedelta(0), "19:00"),
        (timedelta(hours=-1), "19:00"),
        (timedelta(hours=7), "19:00–02:00"),
        (timedelta(hours=20), "19:00 – 27 November 2026, 15:00"),
        (timedelta(days=2), "19:00 – 28 November 2026, 19:00"),
    ],
)
def test_an_end_is_told_where_it_is_known_and_dated_where_it_must_be(lasts: timedelta | None, hours: str) -> None:
    ends_at = None if lasts is None else EVENING + lasts
    with translation.override("en"):
        told = when(Meeting(EVENING, ends_at), zone="Europe/Moscow")
    assert told.hours == hours
    assert bool(told.ends) == (lasts is not None and lasts > timedelta(0))


def test_a_known_person_is_told_their_own_time_where_it_differs() -> None:
    meeting = Meeting(EVENING, None)
    with translation.override("en"):
        assert when(meeting, zone="Europe/Moscow", person_zone="Asia/Tokyo").own == "27 November 2026, 01:00 (Tokyo, UTC+9)"
        assert when(meeting, zone="Europe/Moscow", person_zone="Europe/Istanbul").own == ""


def test_an_unknown_zone_is_told_as_utc() -> None:
    with translation.override("en"):
        told = when(Meeting(EVENING, None), zone="Mars/Olympus")
    assert (told.hours, told.zone) == ("16:00", "UTC")
