"""Moments and time zones in words, in the language that is active."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from django.utils import formats, translation
from django.utils.translation import gettext_lazy as _

# Django's own English dates are American ("Nov. 26, 2026"); a date without a comma also reads well before a time.
_ENGLISH_DATE = "j F Y"
_CLOCK = "H:i"

# Cities people know by another name than the time zone database has, or in another language.
_CITIES = {
    "America/Chicago": _("Chicago"),
    "America/Denver": _("Denver"),
    "America/Los_Angeles": _("Los Angeles"),
    "America/New_York": _("New York"),
    "Asia/Almaty": _("Almaty"),
    "Asia/Baku": _("Baku"),
    "Asia/Bishkek": _("Bishkek"),
    "Asia/Dubai": _("Dubai"),
    "Asia/Irkutsk": _("Irkutsk"),
    "Asia/Jerusalem": _("Jerusalem"),
    "Asia/Kamchatka": _("Kamchatka"),
    "Asia/Krasnoyarsk": _("Krasnoyarsk"),
    "Asia/Magadan": _("Magadan"),
    "Asia/Novosibirsk": _("Novosibirsk"),
    "Asia/Omsk": _("Omsk"),
    "Asia/Sakhalin": _("Sakhalin"),
    "Asia/Tashkent": _("Tashkent"),
    "Asia/Tbilisi": _("Tbilisi"),
    "Asia/Tomsk": _("Tomsk"),
    "Asia/Vladivostok": _("Vladivostok"),
    "Asia/Yakutsk": _("Yakutsk"),
    "Asia/Yekaterinburg": _("Yekaterinburg"),
    "Asia/Yerevan": _("Yerevan"),
    "Europe/Amsterdam": _("Amsterdam"),
    "Europe/Belgrade": _("Belgrade"),
    "Europe/Berlin": _("Berlin"),
    "Europe/Helsinki": _("Helsinki"),
    "Europe/Istanbul": _("Istanbul"),
    "Europe/Kaliningrad": _("Kaliningrad"),
    "Europe/Kiev": _("Kyiv"),
    "Europe/Kyiv": _("Kyiv"),
    "Europe/Lisbon": _("Lisbon"),
    "Europe/London": _("London"),
    "Europe/Madrid": _("Madrid"),
    "Europe/Minsk": _("Minsk"),
    "Europe/Moscow": _("Moscow"),
    "Europe/Paris": _("Paris"),
    "Europe/Prague": _("Prague"),
    "Europe/Riga": _("Riga"),
    "Europe/Rome": _("Rome"),
    "Europe/Samara": _("Samara"),
    "Europe/Saratov": _("Saratov"),
    "Europe/Tallinn": _("Tallinn"),
    "Europe/Vienna": _("Vienna"),
    "Europe/Vilnius": _("Vilnius"),
    "Europe/Volgograd": _("Volgograd"),
    "Europe/Warsaw": _("Warsaw"),
}


class Timed(Protocol):
    """Anything with a beginning and, perhaps, an end; both aware."""

    @property
    def starts_at(self) -> datetime:
        """Return when it begins."""

    @property
    def ends_at(self) -> datetime | None:
        """Return when it ends, if that is known."""


def known_zone(name: str) -> ZoneInfo | None:
    """Return the IANA zone called `name`, or None if there is none: a browser may have sent anything."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


@lru_cache(maxsize=1)
def zone_names() -> frozenset[str]:
    """Every zone that somebody may name. Old spellings are among them: browsers say Asia/Calcutta to this day."""
    return frozenset(available_timezones())


def zone_label(zone: str, at: datetime) -> str:
    """Return the zone's city and its offset at the moment `at`: "Moscow, UTC+3". An unknown zone counts as UTC."""
    known = known_zone(zone) or ZoneInfo("UTC")
    offset = _offset_label(at.astimezone(known).utcoffset() or timedelta())
    city = city_label(zone) if known.key == zone else ""
    return f"{city}, {offset}" if city else offset


def city_label(zone: str) -> str:
    """Return the zone's city: a usual one in the active language, else as the database spells it; "" for UTC."""
    if zone in _CITIES:
        return str(_CITIES[zone])
    area, separator, city = zone.rpartition("/")
    return city.replace("_", " ") if separator and area != "Etc" else ""


def date_label(at: datetime, zone: str) -> str:
    """Return the date of the moment `at` in `zone`: "26 November 2026", «26 ноября 2026 г.»."""
    english = (translation.get_language() or "en").startswith("en")
    return formats.date_format(_local(at, zone), _ENGLISH_DATE if english else "DATE_FORMAT")


def moment_label(at: datetime, zone: str) -> str:
    """Return date, time and zone of one moment: "26 November 2026, 19:00 (Moscow, UTC+3)"."""
    return f"{_date_and_clock(at, zone)} ({zone_label(zone, at)})"


def meeting_time(meeting: Timed, zone: str) -> str:
    """Return when `meeting` is, in `zone`: "26 November 2026, 19:00–20:30 (Moscow, UTC+3)".

    The end is left out where it is unknown, and carries its own date where that differs.
    """
    starts_at, ends_at = meeting.starts_at, meeting.ends_at
    if ends_at is None or ends_at <= starts_at:
        return moment_label(starts_at, zone)
    begin = _date_and_clock(starts_at, zone)
    if _local(starts_at, zone).date() == _local(ends_at, zone).date():
        span = f"{begin}–{_clock(ends_at, zone)}"
    else:
        span = f"{begin} – {_date_and_clock(ends_at, zone)}"
    return f"{span} ({zone_label(zone, starts_at)})"


def time_for_person(meeting: Timed, event_zone: str, person_zone: str) -> str:
    """Return when `meeting` is where the person lives, or "" if that is unknown or the clock there shows the same."""
    theirs = known_zone(person_zone)
    if theirs is None:
        return ""
    local = meeting.starts_at.astimezone(theirs)
    if local.utcoffset() == _local(meeting.starts_at, event_zone).utcoffset():
        return ""
    return meeting_time(meeting, person_zone)


def _local(at: datetime, zone: str) -> datetime:
    return at.astimezone(known_zone(zone) or UTC)


def _clock(at: datetime, zone: str) -> str:
    return formats.date_format(_local(at, zone), _CLOCK)


def _date_and_clock(at: datetime, zone: str) -> str:
    return f"{date_label(at, zone)}, {_clock(at, zone)}"


def _offset_label(offset: timedelta) -> str:
    minutes = round(offset.total_seconds() / 60)
    if minutes == 0:
        return "UTC"
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'+' if minutes > 0 else '−'}{hours}" + (f":{rest:02}" if rest else "")
