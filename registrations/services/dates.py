"""The sessions of a series that people are registered for one by one: which are open, and which somebody chooses."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max, Q, QuerySet

from registrations.models import Campaign, Choosing, EnrollmentWish, EventStatus, Registration, Session


@dataclass(frozen=True, slots=True)
class Choice:
    """What a form wants of a series: a seat in each of these `sessions` now, and with `all_dates` in later ones too."""

    sessions: tuple[int, ...] = ()
    all_dates: bool = False

    @property
    def named(self) -> list[int]:
        """The sessions that were chosen by name; none where all were."""
        return [] if self.all_dates else list(self.sessions)


NO_CHOICE = Choice()


class NotOffered(Exception):
    """A session was chosen that is not open, or not any more, or none at all."""


def is_open(now: datetime) -> Q:
    """Sessions that have a date, and are neither cancelled nor over."""
    gone = Q(status__in=[EventStatus.CANCELLED, EventStatus.FINISHED])
    return Q(starts_at__isnull=False) & ~gone & (Q(ends_at=None) | Q(ends_at__gt=now))


def open_sessions(event_id: int, *, now: datetime) -> QuerySet[Session]:
    """The sessions of an event that somebody may be registered for, the soonest first."""
    return Session.objects.filter(is_open(now), event_id=event_id).order_by("starts_at", "pk")


def choose(campaign: Campaign, *, sessions: Iterable[int], all_dates: bool, now: datetime) -> Choice:
    """What a form wants in a campaign: nothing to choose but for a series by its sessions. Raises NotOffered.

    Whoever names no date wants all: a form elsewhere may have no boxes for them.
    """
    if not campaign.by_session:
        return NO_CHOICE
    offered = tuple(open_sessions(campaign.event_id, now=now).values_list("pk", flat=True))
    named = set(sessions)
    if all_dates or not named or campaign.choosing == Choosing.EACH:
        return Choice(offered, all_dates=True)
    if not named <= set(offered):
        raise NotOffered
    return Choice(tuple(sorted(named)))


def had_before(registration: Registration, *, now: datetime) -> list[int]:
    """The open sessions that a registration gave up when it was cancelled; not those that the person had left before.

    With the standing choice also what was added since.
    """
    given_up = registration.enrollments.filter(wish=EnrollmentWish.OUT)
    last = given_up.aggregate(last=Max("changed_at"))["last"]
    had = set(given_up.filter(changed_at=last).values_list("seat__session_id", flat=True))
    known = set(registration.enrollments.values_list("seat__session_id", flat=True))
    offered = open_sessions(registration.campaign.event_id, now=now).values_list("pk", flat=True)
    return [pk for pk in offered if pk in had or (registration.all_dates and pk not in known)]
