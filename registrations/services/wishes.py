"""What people want, turned into what seats are wanted. Callers hold a transaction and the lock on the registration.

Rows are always locked in this order, so that no two transactions wait for each other: registrations, then seats.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from registrations.models import (
    Enrollment,
    EnrollmentWish,
    Fact,
    HeldFor,
    Priority,
    Registration,
    Seat,
    StepState,
    Wish,
    db_now,
)
from registrations.models.inserting import insert_alike
from registrations.services import dates
from registrations.services.due import NOTHING, Due, seats_due

HARMS_WORKERS = ("lost_leases", "inner_fault")
"""Why a seat is parked that only staff may put back: anybody can post anybody's address again and again."""


def want_in(registration: Registration, *, now: datetime, is_first: bool = False, sessions: Iterable[int] = ()) -> Due:
    """Enroll a registration in its campaign's target, or in `sessions`; without any, in those that it had before a cancel.

    `is_first` if nobody had a seat of this address there a moment ago. Raises IntegrityError if somebody takes it meanwhile.
    """
    campaign = registration.campaign
    if campaign.by_session:
        _give_up_held(registration, besides=tuple(sessions), now=now)
        due = let_in(registration, now=now)
        return due | add_sessions(registration, tuple(sessions) or dates.had_before(registration, now=now), now=now)
    target = {"event": campaign.event, "session": campaign.session, "address": registration.email}
    seat = None if is_first else Seat.objects.select_for_update(of=("self",)).filter(**target).first()
    if seat is None:
        seat = Seat.objects.create(**target, account=campaign.event.account, run_at=now, created_at=now)
        Enrollment.objects.create(registration=registration, seat=seat, changed_at=now)
        return seats_due(seat.account_id)
    Enrollment.objects.update_or_create(
        registration=registration, seat=seat, defaults={"wish": EnrollmentWish.IN, "held_for": "", "changed_at": now}
    )
    if not seat.want(Wish.IN):
        run_once_more(seat)
    seat.priority = Priority.NOW
    seat.save()
    return seats_due(seat.account_id)


def add_sessions(registration: Registration, sessions: Iterable[int], *, now: datetime) -> Due:
    """Enroll a registration in those of these sessions of its campaign's event that it is not in yet."""
    return change_sessions(registration, into=sessions, out_of=(), now=now)


def change_sessions(
    registration: Registration, *, into: Iterable[int], out_of: Iterable[int], now: datetime, held_for: str = ""
) -> Due:
    """Enroll a registration in sessions of its campaign's event, and withdraw it from others.

    `held_for`: what the new ones wait for. A registration that is held already is held for them, too, for the same reason.
    """
    mine = {each.seat.session_id: each for each in registration.enrollments.select_related("seat").defer("seat__link")}
    kept = {session for session, each in mine.items() if each.wish != EnrollmentWish.OUT}
    fresh, left = sorted(set(into) - kept), set(out_of) & kept
    held_for = held_for or next((each.held_for for each in mine.values() if each.wish == EnrollmentWish.HELD), "")
    seats = _seats_of(registration, fresh, left, is_held=bool(held_for), now=now)
    due = _leave(registration, [seats[session] for session in seats if session in left], now=now)
    values = {"wish": EnrollmentWish.HELD if held_for else EnrollmentWish.IN, "held_for": held_for, "changed_at": now}
    back = [mine[session].pk for session in fresh if session in mine]
    registration.enrollments.filter(pk__in=back).update(**values)
    rows = [(seats[session].pk,) for session in fresh if session not in mine]
    insert_alike(Enrollment, common={"registration_id": registration.pk} | values, names=["seat_id"], rows=rows)
    if held_for or not fresh:
        return due
    for session in fresh:
        if seats[session].created_at != now:  # it was there before
            _want_seat(seats[session])
    return due | seats_due(registration.campaign.event.account_id)


def _seats_of(
    registration: Registration, fresh: Iterable[int], left: Iterable[int], *, is_held: bool, now: datetime
) -> dict[int | None, Seat]:
    """The seats of a registration's address in these sessions, locked in one go; what is `fresh` is made if need be."""
    event = registration.campaign.event
    target = {"event_id": event.pk, "account_id": event.account_id, "address": registration.email}
    resting = {"wish": Wish.OUT, "fact": Fact.OUT, "state": StepState.SETTLED} if is_held else {}
    common = target | resting | {"run_at": now, "created_at": now}
    insert_alike(Seat, common=common, names=["session_id"], rows=[(pk,) for pk in fresh], ignore_conflicts=True)
    locked = Seat.objects.select_for_update(of=("self",)).filter(**target, session_id__in=[*fresh, *left])
    return {seat.session_id: seat for seat in locked.order_by("pk")}


def _want_seat(seat: Seat) -> None:
    """Have a locked seat wanted in, by somebody who waits for it."""
    if not seat.want(Wish.IN):
        run_once_more(seat)
    seat.priority = Priority.NOW
    seat.save()


def ask_again(registration: Registration) -> Due:
    """A known person's second form: their seats pass through the queue once more, so that it is answered at the same pace."""
    due = NOTHING
    seats = Seat.objects.select_for_update(of=("self",)).filter(
        enrollments__registration=registration, enrollments__wish__in=[EnrollmentWish.IN, EnrollmentWish.HELD]
    )
    for seat in seats.order_by("pk"):
        run_once_more(seat)
        seat.priority = Priority.NOW
        seat.save()
        due |= seats_due(seat.account_id)
    return due


def _give_up_held(registration: Registration, *, besides: Collection[int], now: datetime) -> None:
    """Whoever waited for something and now chooses dates anew does not wait for the others any more."""
    if besides:
        held = registration.enrollments.filter(wish=EnrollmentWish.HELD).exclude(seat__session_id__in=besides)
        held.update(wish=EnrollmentWish.OUT, held_for="", changed_at=now)


def want_out(registration: Registration) -> Due:
    """Withdraw a registration from all its seats; a seat that another campaign's registration wants stays."""
    seats = Seat.objects.select_for_update(of=("self",)).filter(enrollments__registration=registration)
    return _leave(registration, list(seats.order_by("pk")), now=db_now())


def leave_whole_series(registrations: Iterable[Registration], *, now: datetime) -> Due:
    """Withdraw registrations from the seats that they had in a whole series: they have one in each session now."""
    due = NOTHING
    for registration in registrations:
        seats = Seat.objects.select_for_update(of=("self",)).filter(enrollments__registration=registration, session=None)
        due |= _leave(registration, list(seats.order_by("pk")), now=now)
    return due


def _leave(registration: Registration, seats: Iterable[Seat], *, now: datetime) -> Due:
    """Withdraw a registration from locked seats. What it had left before keeps its time: coming back does not bring it back."""
    due = NOTHING
    for seat in seats:
        mine = seat.enrollments.filter(registration=registration).exclude(wish=EnrollmentWish.OUT)
        mine.update(wish=EnrollmentWish.OUT, held_for="", changed_at=now)
        if not seat.enrollments.filter(wish=EnrollmentWish.IN).exists() and seat.want(Wish.OUT):
            seat.priority = Priority.NOW
            seat.save()
            due |= seats_due(seat.account_id)
    return due


def hold(registration: Registration, held_for: HeldFor, *, since: datetime) -> Due:
    """Have all that a registration is enrolled in wait. Its seats are not wanted for its sake; one that the platform was never
    asked for is known to be out, so that no call is made."""
    due = NOTHING
    mine = registration.enrollments.exclude(wish=EnrollmentWish.OUT)
    seats = Seat.objects.select_for_update(of=("self",)).filter(pk__in=mine.values("seat"))
    for seat in list(seats.order_by("pk")):
        mine.filter(seat=seat).update(wish=EnrollmentWish.HELD, held_for=held_for, changed_at=since)
        if not seat.enrollments.filter(wish=EnrollmentWish.IN).exists():
            seat.want(Wish.OUT)
            _settle_if_never_in(seat)
            seat.save()
        if seat.is_open:
            due |= seats_due(seat.account_id)
    return due


def let_in(registration: Registration, *, now: datetime) -> Due:
    """Want all that a registration was held for."""
    due = NOTHING
    held = registration.enrollments.filter(wish=EnrollmentWish.HELD)
    seats = Seat.objects.select_for_update(of=("self",)).filter(pk__in=held.values("seat"))
    for seat in list(seats.order_by("pk")):
        held.filter(seat=seat).update(wish=EnrollmentWish.IN, held_for="", changed_at=now)
        if not seat.want(Wish.IN):
            run_once_more(seat)
        seat.priority = Priority.NOW
        seat.save()
        due |= seats_due(seat.account_id)
    return due


def _settle_if_never_in(seat: Seat) -> None:
    """Note that somebody is out without asking, where nothing was ever called for them or their deleting is done."""
    never_called = seat.fact == Fact.UNKNOWN and seat.first_call_at is None and seat.participation_id is None
    at_rest = seat.state != StepState.LEASED and seat.in_doubt_since is None
    if at_rest and (never_called or seat.fact == Fact.OUT):
        seat.fact, seat.state, seat.settled_at = Fact.OUT, StepState.SETTLED, db_now()


def run_once_more(seat: Seat) -> None:
    """Put a seat at rest back into the queue; one that is at work or waiting for its next try is only made due."""
    if seat.state == StepState.PARKED and seat.reason in HARMS_WORKERS:
        return
    if seat.state in (StepState.SETTLED, StepState.PARKED, StepState.CANCELLED):
        seat.requeue()
    elif seat.state == StepState.QUEUED and seat.fact != Fact.IN and seat.in_doubt_since is None:
        seat.run_at = min(seat.run_at, db_now())
