"""A campaign's places: who has one, and who stands in line for the next. Exact under the campaign's row lock.

Whoever has to confirm their address and whoever waits for a place stand in one line, in the order in which they came: as many
of them as places are left have one in hand, for two hours where it is for a confirmation. Time alone ends that, nothing has to
be written for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, Min, OuterRef, Q, QuerySet

from registrations.models import Campaign, Enrollment, EnrollmentWish, Fact, HeldFor, Registration, Wish, db_now
from registrations.services.campaigns import Availability, availability

KEPT_UNCONFIRMED = timedelta(hours=2)
"""So long a place is kept for somebody who has not confirmed their address."""

_WAITING = Q(wish=EnrollmentWish.HELD, held_for=HeldFor.PLACE)
_TO_APPROVE = Q(wish=EnrollmentWish.HELD, held_for=HeldFor.APPROVAL)
_UNCONFIRMED = Q(wish=EnrollmentWish.HELD, held_for=HeldFor.CONFIRMATION)

# Out at the platform for certain: nothing is under way there that could bring them in, or that must still take them out.
_IS_OUT = Q(seat__fact=Fact.OUT, seat__in_doubt_since=None, seat__begun_at=None)
_LEAVING = ~Q(wish=EnrollmentWish.IN) & Q(seat__wish=Wish.OUT) & ~_IS_OUT
_HAS_A_PLACE = Q(wish=EnrollmentWish.IN) | _TO_APPROVE | _LEAVING


@dataclass(frozen=True, slots=True)
class Places:
    """How many people of a campaign have a place, and how many wait for what; `places` is None without a limit."""

    places: int | None
    taken: int
    waiting: int
    to_approve: int
    unconfirmed: int


def lapsed(now: datetime) -> Q:
    """Enrollments that were to be confirmed, and for which no place is kept any more."""
    return _UNCONFIRMED & Q(changed_at__lte=now - KEPT_UNCONFIRMED)


def moves_up(campaign: Campaign, now: datetime) -> bool:
    """Whether people still get places of a campaign's waiting list: not once it is closed."""
    return availability(campaign, now=now) is Availability.OPEN


def is_one_left(
    campaign: Campaign, *, now: datetime, besides: Registration | None = None, since: datetime | None = None
) -> bool:
    """Whether a place is left for somebody who comes now, or has stood in line `since` then; `besides` is they themselves."""
    if campaign.places is None:
        return True
    # Only where all who ever signed up would fill the places does it matter who has one: that costs more.
    if campaign.registrations.order_by().values("pk")[: campaign.places].count() < campaign.places:
        return True
    ahead = _in_line(campaign, now)
    if since is not None:
        ahead &= Q(changed_at__lt=since) | Q(changed_at=since, registration__lt=besides)
    people = campaign.registrations.exclude(pk=besides.pk) if besides is not None else campaign.registrations.all()
    return _of(people, _HAS_A_PLACE | ahead).count() < campaign.places


def taken_places(campaign: Campaign) -> int:
    """How many of a campaign's places are taken: by people who are in or may only have to be approved, who are not out at the
    platform yet, or who have a place in hand and are to confirm their address."""
    return _taken(campaign, _unconfirmed(campaign, db_now()))


def places_left(campaign: Campaign) -> int:
    """How many more people a limited campaign may take at once, with all who stand in line before them."""
    spoken_for = _of(campaign.registrations.all(), _HAS_A_PLACE | _in_line(campaign, db_now())).count()
    return max((campaign.places or 0) - spoken_for, 0)


def count(campaign: Campaign) -> Places:
    """The numbers of a campaign, for staff."""
    people, unconfirmed = campaign.registrations.all(), _unconfirmed(campaign, db_now())
    return Places(
        places=campaign.places,
        taken=_taken(campaign, unconfirmed),
        waiting=_of(people, _WAITING).count(),
        to_approve=_of(people, _TO_APPROVE).count(),
        unconfirmed=unconfirmed,
    )


def whose_turn(campaign: Campaign, *, now: datetime, limit: int) -> list[int]:
    """Ids of up to `limit` registrations that wait for a place and can have one, the longest waiting first."""
    free = None if campaign.places is None else campaign.places - _of(campaign.registrations.all(), _HAS_A_PLACE).count()
    if free is not None and free <= 0:
        return []
    standing = Enrollment.objects.filter(_in_line(campaign, now), registration__campaign=campaign)
    line = standing.values("registration_id", "held_for").annotate(since=Min("changed_at")).order_by("since", "registration_id")
    line = line.filter(held_for=HeldFor.PLACE)[:limit] if free is None else line[:free]
    return [item["registration_id"] for item in line if item["held_for"] == HeldFor.PLACE][:limit]


def number_in_line(registration: Registration) -> int:
    """How many wait for a place of this campaign as long as this registration or longer, itself included; 0 if it does not."""
    mine = registration.enrollments.filter(_WAITING).aggregate(since=Min("changed_at"))["since"]
    if mine is None:
        return 0
    sooner = Q(changed_at__lt=mine) | Q(changed_at=mine, registration__lte=registration)
    return _of(registration.campaign.registrations.all(), _WAITING & sooner).count()


def _in_line(campaign: Campaign, now: datetime) -> Q:
    fresh = _UNCONFIRMED & Q(changed_at__gt=now - KEPT_UNCONFIRMED)
    return fresh | _WAITING if moves_up(campaign, now) else fresh


def _taken(campaign: Campaign, unconfirmed: int) -> int:
    taken = _of(campaign.registrations.all(), _HAS_A_PLACE).count()
    return taken + (unconfirmed if campaign.places is None else min(unconfirmed, max(campaign.places - taken, 0)))


def _unconfirmed(campaign: Campaign, now: datetime) -> int:
    fresh = _UNCONFIRMED & Q(changed_at__gt=now - KEPT_UNCONFIRMED)
    return _of(campaign.registrations.all(), fresh).count()


def _of(people: QuerySet[Registration], enrolled: Q) -> QuerySet[Registration]:
    """The people with an enrollment that fits; each once, however many they have."""
    return people.filter(Exists(Enrollment.objects.filter(enrolled, registration=OuterRef("pk"))))
