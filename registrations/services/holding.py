"""What a registration has to wait for before the platform is asked, in this order: a confirmed address, a place, approval."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Q

from registrations.models import (
    Campaign,
    Enrollment,
    EnrollmentWish,
    HeldFor,
    Registration,
    TimelineEntry,
)
from registrations.services import answering, places, restating, wishes
from registrations.services.due import Due


def next_stop(
    campaign: Campaign,
    *,
    now: datetime,
    besides: Registration | None = None,
    confirmed: bool = False,
    approved: bool = False,
    since: datetime | None = None,
) -> HeldFor | None:
    """What somebody has to wait for now; None for nothing. Hold the campaign's lock where its places are limited.

    `besides` is whoever it is about, if they are there already, and `since` when they joined the line.
    """
    if campaign.confirm_address and not confirmed:
        return HeldFor.CONFIRMATION
    if not places.is_one_left(campaign, now=now, besides=besides, since=since):
        return HeldFor.PLACE if campaign.waiting_list and places.moves_up(campaign, now) else HeldFor.NO_PLACE
    if campaign.approval and not approved:
        return HeldFor.APPROVAL
    return None


def held(registration: Registration) -> Enrollment | None:
    """One of the enrollments by which a registration waits; None if it does not."""
    return registration.enrollments.filter(wish=EnrollmentWish.HELD).order_by("pk").first()


def is_known(registration: Registration, *, newcomers_wait: bool, now: datetime) -> bool:
    """Whether another form of this person changes nothing by itself.

    It is a new sign-up of somebody who left or found no place, who let the time to confirm pass, or who waits where nobody
    would have to any more.
    """
    known = Q(wish=EnrollmentWish.IN) | Q(wish=EnrollmentWish.HELD, held_for=HeldFor.DECLINED)
    if newcomers_wait:
        known |= Q(wish=EnrollmentWish.HELD) & ~Q(held_for=HeldFor.NO_PLACE) & ~places.lapsed(now)
    return registration.enrollments.filter(known).exists()


def hold(
    registration: Registration, held_for: HeldFor, *, now: datetime, since: datetime | None = None, silent: bool = False
) -> Due:
    """Have a registration wait, with all that it is enrolled in, and say so by mail. It must be locked.

    `since` is when it joined the line, if that was not now.
    """
    due = wishes.hold(registration, held_for, since=since or now)
    TimelineEntry.write([registration.pk], TimelineEntry.Code.HELD, at=now, data={"held_for": held_for})
    return due | answering.say_what_it_waits_for(registration, held_for, silent=silent)


def let_in(registration: Registration, *, now: datetime) -> Due:
    """A registration need not wait any more: the platform is asked, and a mail brings the link. It must be locked."""
    due = wishes.let_in(registration, now=now)
    restating.restate([registration], cause="return", now=now)
    return due


def go_on(registration: Registration, *, now: datetime, approved: bool = False, since: datetime | None = None) -> Due:
    """Whoever has confirmed their address, or a place, goes on to what they have to wait for next, or in."""
    campaign = registration.campaign
    stop = next_stop(campaign, now=now, besides=registration, confirmed=True, approved=approved, since=since)
    if stop is None:
        return let_in(registration, now=now)
    keeps_turn = since if stop is HeldFor.PLACE else None
    return hold(registration, stop, now=now, since=keeps_turn)


def lock_campaign(**registrations: Any) -> None:
    """Lock the campaign of the registration that these look-ups find, if its places are limited: before the registration is
    locked, so that places are counted by one at a time. Whoever only refers to the campaign need not wait."""
    mine = Registration.objects.filter(**registrations).values("campaign")
    Campaign.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=mine, places__isnull=False).first()
