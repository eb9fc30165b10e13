"""What people want, turned into what seats are wanted. Callers hold a transaction and the lock on the registration.

Rows are always locked in this order, so that no two transactions wait for each other: registrations, then seats.
"""

from __future__ import annotations

from registrations.models import (
    Enrollment,
    EnrollmentWish,
    Fact,
    Registration,
    Seat,
    StepState,
    Wish,
    db_now,
)
from registrations.services.due import NOTHING, Due, seats_due

HARMS_WORKERS = ("lost_leases", "inner_fault")
"""Why a seat is parked that only staff may put back: anybody can post anybody's address again and again."""


def want_in(registration: Registration) -> Due:
    """Enroll a registration in its campaign's target."""
    campaign = registration.campaign
    seat, _ = Seat.objects.select_for_update(of=("self",)).get_or_create(
        event=campaign.event,
        session=campaign.session,
        address=registration.email,
        defaults={"account": campaign.event.account},
    )
    Enrollment.objects.update_or_create(
        registration=registration, seat=seat, defaults={"wish": EnrollmentWish.IN, "changed_at": db_now()}
    )
    if not seat.want(Wish.IN):
        _run_once_more(seat)
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
            seat.save()
            due |= seats_due(seat.account_id)
    return due


def _run_once_more(seat: Seat) -> None:
    """Put a seat at rest back into the queue; one that is at work or waiting for its next try is only made due."""
    if seat.state == StepState.PARKED and seat.reason in HARMS_WORKERS:
        return
    if seat.state in (StepState.SETTLED, StepState.PARKED, StepState.CANCELLED):
        seat.requeue()
    elif seat.state == StepState.QUEUED and seat.fact != Fact.IN and seat.in_doubt_since is None:
        seat.run_at = min(seat.run_at, db_now())
