"""What is coming, for whoever looks for something to sign up for: listed campaigns by words and dates.

Letters are compared in Python, because SQLite knows the case of ASCII letters only; titles are few beside people.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet

from registrations.mailing.times import known_zone
from registrations.models import Campaign, db_now
from registrations.services.campaigns import (
    Availability,
    PublicCampaign,
    PublicSession,
    as_visitors_see_it,
    published,
)

MOST = 500
"""So many campaigns are looked at, the soonest first: more than a company announces at a time."""

_GONE = (Availability.CANCELLED, Availability.OVER)


@dataclass(frozen=True, slots=True)
class Coming:
    """A campaign with those of its meetings that are not over, the soonest first; there is always one."""

    campaign: PublicCampaign
    sessions: tuple[PublicSession, ...]


def upcoming(*, words: str = "", since: date | None = None, until: date | None = None) -> list[Coming]:
    """Listed campaigns that are not over, the soonest first; those that take nobody just now are among them.

    Each of the words must stand in the title or the organiser's name, whatever the case. `since` and `until` are days as
    the event's own zone counts them, both included.
    """
    now = db_now()
    found = list(published().filter(pk__in=_ids(now, words)))
    shown = (as_visitors_see_it(campaign) for campaign in found)
    coming = (
        Coming(campaign, _between(campaign, now, since, until)) for campaign in shown if campaign.availability not in _GONE
    )
    return sorted((one for one in coming if one.sessions), key=lambda one: (one.sessions[0].starts_at, one.campaign.id))


def _ids(now: datetime, words: str) -> list[int]:
    wanted = _folded(words).split()
    rows = _listed(now).order_by("event__starts_at", "pk").values_list("pk", "title", "organizer")
    fitting = (pk for pk, *names in rows if all(word in _folded(" ".join(names)) for word in wanted))
    return list(fitting)[:MOST]


def _listed(now: datetime) -> QuerySet[Campaign]:
    return Campaign.objects.filter(Q(event__ends_at=None) | Q(event__ends_at__gt=now), published=True, listed=True)


def _folded(text: str) -> str:
    """Text as people compare it: without case, and ё as е, which many type instead."""
    return unicodedata.normalize("NFKC", text).casefold().replace("ё", "е")


def _between(campaign: PublicCampaign, now: datetime, since: date | None, until: date | None) -> tuple[PublicSession, ...]:
    zone = known_zone(campaign.time_zone) or ZoneInfo("UTC")
    return tuple(
        session
        for session in campaign.sessions
        if (session.ends_at or session.starts_at) > now
        and (since is None or session.starts_at.astimezone(zone).date() >= since)
        and (until is None or session.starts_at.astimezone(zone).date() <= until)
    )
