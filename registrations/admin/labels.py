"""How moments and states look in the staff screens: one place for formats, signs and colours."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils import formats, translation
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import pgettext_lazy

from registrations.mailing.times import known_zone
from registrations.models import StepState
from registrations.services.campaigns import Availability
from registrations.services.standing import Standing

Look = tuple[str, str]
"""A tone of static/registrations/staff.css and a sign: colour never speaks alone."""

QUIET, OK, WAIT, STOP = "quiet", "ok", "wait", "stop"

STANDINGS: Mapping[str, Look] = {
    Standing.RECEIVED: (QUIET, "inbox"),
    Standing.REGISTERING: (QUIET, "sync"),
    Standing.HELD: (WAIT, "hourglass_empty"),
    Standing.UNCONFIRMED: (QUIET, "mark_email_unread"),
    Standing.WAITING: (QUIET, "group"),
    Standing.NO_PLACE: (QUIET, "block"),
    Standing.DECLINED: (QUIET, "thumb_down"),
    Standing.REGISTERED: (QUIET, "how_to_reg"),
    Standing.HANDED_OVER: (OK, "check"),
    Standing.SECOND_COPY: (QUIET, "content_copy"),
    Standing.ATTENTION: (STOP, "priority_high"),
    Standing.PAUSED: (WAIT, "pause"),
    Standing.ENTERED: (OK, "login"),
    Standing.CANCELLED: (QUIET, "close"),
    Standing.ERASED: (QUIET, "person_off"),
}
STATES: Mapping[str, Look] = {
    StepState.QUEUED: (QUIET, "schedule"),
    StepState.LEASED: (QUIET, "sync"),
    StepState.SETTLED: (OK, "check"),
    StepState.PARKED: (STOP, "priority_high"),
    StepState.HELD: (WAIT, "hourglass_empty"),
    StepState.CANCELLED: (QUIET, "close"),
}
AVAILABILITIES: Mapping[str, tuple[str, str, str | Promise]] = {
    Availability.OPEN: (OK, "check", pgettext_lazy("campaign", "Open")),
    Availability.NOT_YET: (QUIET, "schedule", pgettext_lazy("campaign", "Not open yet")),
    Availability.CLOSED: (QUIET, "lock", pgettext_lazy("campaign", "Closed")),
    Availability.CANCELLED: (STOP, "close", pgettext_lazy("campaign", "Event cancelled")),
    Availability.OVER: (QUIET, "history", pgettext_lazy("campaign", "Over")),
}
FULL: tuple[str, str, str | Promise] = (WAIT, "group", pgettext_lazy("campaign", "Full"))
"""What only staff are told of a campaign that is open."""


def badge(tone: str, sign: str, words: str | Promise) -> SafeString:
    """A word with its sign on a tinted ground."""
    return format_html(
        '<span class="rs-badge rs-{}"><span class="material-symbols-outlined" aria-hidden="true">{}</span>{}</span>',
        tone,
        sign,
        capfirst(str(words)),
    )


def standing_badge(standing: str) -> SafeString:
    """Where a person stands."""
    tone, sign = STANDINGS[standing]
    return badge(tone, sign, Standing(standing).label)


def state_badge(state: str) -> SafeString:
    """How far a step is."""
    tone, sign = STATES[state]
    return badge(tone, sign, StepState(state).label)


def moment(at: datetime | None, zone: str, *, seconds: bool = False) -> str:
    """Date and clock in a zone, without its name: "21 Nov 2026, 19:05"; a dash for nothing."""
    if at is None:
        return "–"
    english = (translation.get_language() or "en").startswith("en")
    local = at.astimezone(known_zone(zone) or ZoneInfo("UTC"))
    clock = "H:i:s" if seconds else "H:i"
    return formats.date_format(local, f"j M Y, {clock}" if english else f"j E Y, {clock}")


def wall_clock(at: datetime, zone: str) -> datetime:
    """The clock on the wall in a zone at a moment: a datetime without a zone."""
    return at.astimezone(known_zone(zone) or ZoneInfo("UTC")).replace(tzinfo=None)
