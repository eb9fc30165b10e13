"""Times and time zones as the platform writes and reads them. Inside, every time is unix seconds in UTC.

Sources: MTS Link articles 19685 (`startsAt[date][year]` …), 19680 (`from`, `to`), 19626 (`2026-03-01T12:00:00+0300`).
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from registrations.sandbox.platform import forms
from registrations.sandbox.platform.answers import bad_field
from registrations.sandbox.platform.forms import Params

DAY = 86_400


@dataclass(frozen=True, slots=True)
class Zone:
    """One time zone of `GET /timezones`. Only id 1 is known from the real platform; the other ids are the stand-in's own."""

    id: int
    name: str

    def at(self, moment: int) -> datetime:
        """The wall clock of this zone."""
        return datetime.fromtimestamp(moment, ZoneInfo(self.name))

    def as_json(self) -> dict[str, object]:
        """As the platform lists it; `offset` is in seconds and of today."""
        offset = self.at(int(time.time())).utcoffset()
        seconds = int(offset.total_seconds()) if offset is not None else 0
        hours, minutes = divmod(abs(seconds) // 60, 60)
        description = f"(GMT{'-' if seconds < 0 else '+'}{hours:02}:{minutes:02}) {self.name.rpartition('/')[2]}"
        return {"id": self.id, "name": self.name, "description": description, "offset": seconds}


_NAMES = (
    "Europe/Moscow",
    "Europe/Kaliningrad",
    "Europe/Samara",
    "Asia/Yekaterinburg",
    "Asia/Omsk",
    "Asia/Krasnoyarsk",
    "Asia/Irkutsk",
    "Asia/Yakutsk",
    "Asia/Vladivostok",
    "Asia/Magadan",
    "Asia/Kamchatka",
    "UTC",
    "Europe/London",
    "Europe/Berlin",
    "Europe/Minsk",
    "Asia/Almaty",
    "Asia/Tashkent",
    "Asia/Tbilisi",
    "Asia/Yerevan",
    "America/New_York",
)
ZONES: dict[int, Zone] = {number: Zone(number, name) for number, name in enumerate(_NAMES, 1)}


def write(moment: int, zone_id: int) -> str:
    """`2026-03-01T12:00:00+0300`: the offset has no colon."""
    return ZONES[zone_id].at(moment).strftime("%Y-%m-%dT%H:%M:%S%z")


def read_zone(params: Params, default: int) -> int:
    """The `timezone` parameter, an id. Raises ApiError for an unknown one."""
    if forms.text(params, "timezone") == "":
        return default
    zone_id = forms.number(params, "timezone")
    if zone_id not in ZONES:
        raise bad_field("timezone", "ERROR_INVALID")
    return zone_id


def read_moment(params: Params, name: str, zone_id: int) -> int | None:
    """`startsAt[date][…]`/`startsAt[time][…]` on the wall clock of the zone, or `startsAtTimestamp`; None when neither is sent.

    Missing parts are those of now. Raises ApiError when it cannot be read.
    """
    stamp = forms.text(params, f"{name}Timestamp") or forms.text(params, name)
    if stamp:
        return _read_stamp(stamp, zone_id, name)
    parts = forms.mapping(params, name)
    if not parts:
        return None
    now = ZONES[zone_id].at(int(time.time()))
    date, clock = forms.mapping(parts, "date"), forms.mapping(parts, "time")
    try:
        moment = now.replace(
            year=_part(date, "year", now.year),
            month=_part(date, "month", now.month),
            day=_part(date, "day", now.day),
            hour=_part(clock, "hour", now.hour),
            minute=_part(clock, "minute", 0 if clock else now.minute),
            second=0,
            microsecond=0,
        )
        return int(moment.timestamp())
    except (ValueError, OverflowError, OSError) as problem:
        raise bad_field(name, "ERROR_INVALID") from problem


def _part(parts: Params, name: str, default: int) -> int:
    if forms.text(parts, name) == "":
        return default
    value = forms.number(parts, name)
    if value is None:
        raise ValueError(name)
    return value


def _read_stamp(stamp: str, zone_id: int, name: str) -> int:
    try:
        if re.fullmatch(r"[0-9]{9,11}", stamp):
            return int(stamp)
        moment = datetime.fromisoformat(stamp)
        return int((moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(ZONES[zone_id].name))).timestamp())
    except (ValueError, OverflowError) as problem:
        raise bad_field(name, "ERROR_INVALID") from problem


def read_query(params: Params, name: str, zone_id: int, *, liberal: bool) -> int | None:
    """`from` or `to` of a list; None when missing. Raises ApiError for a spelling that is not taken.

    The documented spelling is `yyyy-mm-dd hh:mm:ss`; liberal also takes a bare date, a `T` and a literal plus between the two.
    """
    word = forms.text(params, name)
    if not word:
        return None
    documented = re.fullmatch(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2} [0-9]{1,2}:[0-9]{2}:[0-9]{2}", word)
    if not documented and not liberal:
        raise bad_field(name, "ERROR_INVALID")
    return _read_stamp(re.sub(r"^(\d{4}-\d\d-\d\d)\+", r"\1 ", word), zone_id, name)


def read_duration(params: Params) -> int | None:
    """`duration` such as `PT1H30M0S`, in seconds; None when missing. Raises ApiError when it cannot be read."""
    word = forms.text(params, "duration")
    if not word:
        return None
    match = re.fullmatch(r"P(?:(\d{1,3})D)?(?:T(?:(\d{1,4})H)?(?:(\d{1,5})M)?(?:(\d{1,6})S)?)?", word)
    if match is None:
        raise bad_field("duration", "ERROR_INVALID")
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return days * DAY + hours * 3600 + minutes * 60 + seconds


def utc_text(moment: float) -> str:
    """ISO 8601 in UTC, for the control API and the pages."""
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="seconds")
