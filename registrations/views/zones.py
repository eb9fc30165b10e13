"""The world's time zones as choices of a form, and in words."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils.translation import gettext, pgettext

from registrations.mailing.times import city_label, known_zone, zone_label, zone_names

_PLACE = re.compile(r"(Africa|America|Antarctica|Arctic|Asia|Atlantic|Australia|Europe|Indian|Pacific)/[\w/+-]+")

Group = tuple[str, list[tuple[str, str]]]


def zone_words(zone: str) -> str:
    """A zone as people say it, now: "Yekaterinburg, UTC+5"; "" for none."""
    return zone_label(zone, datetime.now(UTC)) if known_zone(zone) else ""


def zone_choices(*, own: str, event: str) -> list[Group]:
    """Groups of (name, label): the person's own zone, the event's, and then every place, from east to west of each area.

    Call it while the page's language is active.
    """
    first: list[tuple[str, str]] = [(own, zone_words(own))] if own else []
    as_event = gettext("As the event: %(zone)s") % {"zone": zone_words(event) or "UTC"}
    areas: dict[str, list[tuple[str, str]]] = {}
    for name in _places():
        if name != own:
            areas.setdefault(name.partition("/")[0], []).append((name, _label(name)))
    return [(pgettext("time zone", "Yours"), [*first, ("", as_event)]), *areas.items()]


def _label(name: str) -> str:
    return f"{city_label(name)}, {zone_words(name).rpartition(', ')[2]}"


def _places() -> list[str]:
    now = datetime.now(UTC)

    def place(name: str) -> tuple[str, timedelta, str]:
        return name.partition("/")[0], -(ZoneInfo(name).utcoffset(now) or timedelta()), name

    return sorted(filter(_PLACE.fullmatch, zone_names()), key=place)
