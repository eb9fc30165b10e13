"""What people want, turned into what seats are wanted. Callers hold a transaction and the lock on the registration.

Rows are always locked in this order, so that no two transactions wait for each other: registrations, then seats.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from registrations.models import (
    Campaign,
    Enrollment,
    EnrollmentWish,
    Fact,
    Priority,
    Registration,
    Seat,
    StepState,
    Wish,
    db_now,
)
from registrations.models.inserting import insert_alike
from registrations.services.due import NOTHING, Due, seats_due

HARMS_WORKERS = ("lost_leases", "inner_fault")
"""Why a seat is parked that only staff may put back: anybody can post anybody's address again and again."""


class Overtaken(Exception):
    """Somebody of a list left its target in this very instant: look again whom it may bring in."""


def want_in(registration: Registration, *, now: datetime, is_first: bool = False) -> Due:
    """Enroll a registration in its campaign's target.

    `is_first` if nobody had a seat of this address there a moment ago. Raises IntegrityError if somebody takes it meanwhile.
    """
    campaign = registration.campaign
    target = {"event": campaign.event, "session": campaign.session, "address": registration.email}
    seat = None if is_first else Seat.objects.select_for_update(of=("self",)).filter(**target).first()
    if seat is None:
        seat = Seat.objects.create(**target, account=campaign.event.account, run_at=now, created_at=now)
        Enrollment.objects.create(registration=registration, seat=seat, changed_at=now)
        return seats_due(seat.account_id)
    Enrollment.objects.update_or_create(
        registration=registration, seat=seat, defaults={"wish": EnrollmentWish.IN, "changed_at": now}
    )
    if not seat.want(Wish.IN):
        _run_once_more(seat)
    seat.priority = Priority.NOW
    seat.save()
    return seats_due(seat.account_id)


def ask_again(registration: Registration) -> Due:
    """A known person's second form: their seats pass through the queue once more, so that it is answered at the same pace."""
    due = NOTHING
    seats = Seat.objects.select_for_update(of=("self",)).filter(
        enrollments__registration=registration, enrollments__wish=EnrollmentWish.IN
    )
    for seat in seats.order_by("pk"):
        _run_once_more(seat)
        seat.priority = Priority.NOW
        seat.save()
        due |= seats_due(seat.account_id)
    return due


def want_out(registration: Registration) -> Due:
    """Withdraw a registration from all its seats; a seat that another campaign's registration wants stays."""
    due = NOTHING
    seats = Seat.objects.select_for_update(of=("self",)).filter(enrollments__registration=registration)
    for seat in list(seats.order_by("pk")):
        seat.enrollments.filter(registration=registration).update(wish=EnrollmentWish.OUT, changed_at=db_now())
        if not seat.enrollments.filter(wish=EnrollmentWish.IN).exists() and seat.want(Wish.OUT):
            seat.priority = Priority.NOW
            seat.save()
            due |= seats_due(seat.account_id)
    return due


def want_in_together(campaign: Campaign, people: Mapping[str, int]) -> list[int]:
    """Enroll a list's new registrations (address → id) in their campaign's target; returns those who have their seat already.

    Their seats wait behind those of people who ask for themselves. A seat that another campaign's registration shares keeps
    its place and is not asked for again. Raises Overtaken if the owner of an address wants out: a list brings nobody back.
    """
    now = db_now()
    target = {"event_id": campaign.event_id, "session_id": campaign.session_id}
    common = {"account_id": campaign.event.account_id, "priority": Priority.BULK, "run_at": now, "created_at": now}
    addresses = sorted(people)
    insert_alike(
        Seat, common=target | common, names=["address"], rows=((address,) for address in addresses), ignore_conflicts=True
    )
    locked = Seat.objects.select_for_update().filter(**target, address__in=addresses).order_by("pk")
    seats = {seat.address: seat for seat in locked.only("address", "wish", "fact", "state", "link_hash")}
    if len(seats) < len(people) or any(seat.wish == Wish.OUT for seat in seats.values()):
        raise Overtaken
    enrolled = [(people[address], seat.pk) for address, seat in seats.items()]
    insert_alike(Enrollment, common={"changed_at": now}, names=["registration_id", "seat_id"], rows=enrolled)
    return [people[address] for address, seat in seats.items() if _is_taken(seat)]


def _is_taken(seat: Seat) -> bool:
    """Whether a shared seat has what was wanted; one that stands still without it is tried once more."""
    taken = seat.state == StepState.SETTLED and seat.is_fulfilled
    if not taken and not seat.is_open:
        _run_once_more(seat)
        seat.save()
    return taken


def left_before(campaign: Campaign, addresses: Iterable[str]) -> set[str]:
    """The addresses whose owners had a seat in a campaign's target and want out, by whatever campaign they came."""
    left = Seat.objects.filter(event=campaign.event, session=campaign.session, wish=Wish.OUT, address__in=list(addresses))
    return set(left.values_list("address", flat=True))


def _run_once_more(seat: Seat) -> None:
    """Put a seat at rest back into the queue; one that is at work or waiting for its next try is only made due."""
    if seat.state == StepState.PARKED and seat.reason in HARMS_WORKERS:
        return
    if seat.state in (StepState.SETTLED, StepState.PARKED, StepState.CANCELLED):
        seat.requeue()
    elif seat.state == StepState.QUEUED and seat.fact != Fact.IN and seat.in_doubt_since is None:
        seat.run_at = min(seat.run_at, db_now())
