"""What many people of a list want, turned into what seats are wanted, in a few statements. Callers hold a transaction.

Rows are locked in the order that `wishes` keeps to.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db.models import Exists, OuterRef

from registrations.models import Campaign, Enrollment, EnrollmentWish, Priority, Seat, StepState, Wish, db_now
from registrations.models.inserting import insert_alike
from registrations.services import dates, wishes


class Overtaken(Exception):
    """Somebody of a list left its target in this very instant: look again whom it may bring in."""


def want_in_together(campaign: Campaign, people: Mapping[str, int]) -> list[int]:
    """Enroll a list's new registrations (address → id) in their campaign's target, or in all open sessions where it is for
    these; returns those who have their seats already.

    Their seats wait behind those of people who ask for themselves. A seat that another campaign's registration shares keeps
    its place and is not asked for again. Raises Overtaken if the owner of an address wants out: a list brings nobody back.
    """
    now = db_now()
    if not campaign.by_session:
        return _want_in_together(campaign, campaign.session_id, people, now=now)
    offered = dates.open_sessions(campaign.event_id, now=now).order_by("pk").values_list("pk", flat=True)
    taken = [set(_want_in_together(campaign, session_id, people, now=now)) for session_id in offered]
    return sorted(set.intersection(*taken)) if taken else []


def _want_in_together(campaign: Campaign, session_id: int | None, people: Mapping[str, int], *, now: datetime) -> list[int]:
    seats = _seats_together(campaign, session_id, people, now=now)
    if len(seats) < len(people) or left_before(campaign, [seat.address for seat in seats.values() if seat.wish == Wish.OUT]):
        raise Overtaken
    _want_held(seats.values())
    _enroll_together(people, seats, now=now)
    return [people[address] for address, seat in seats.items() if _is_taken(seat)]


def add_session_together(campaign: Campaign, session_id: int, people: Mapping[str, int], *, now: datetime) -> None:
    """Enroll registrations (address → id) in a session that was added later, because they want all dates.

    Nobody waits at a form for these seats. The registrations are locked, and none of them has ever been in the session.
    """
    seats = _seats_together(campaign, session_id, people, now=now)
    _enroll_together(people, seats, now=now)
    for seat in seats.values():
        if seat.want(Wish.IN):
            seat.save()
        else:
            _is_taken(seat)


def _seats_together(campaign: Campaign, session_id: int | None, addresses: Iterable[str], *, now: datetime) -> dict[str, Seat]:
    """The seats of addresses in one target, locked; those that are new wait behind what somebody waits for."""
    target = {"event_id": campaign.event_id, "session_id": session_id}
    common = {"account_id": campaign.event.account_id, "priority": Priority.BULK, "run_at": now, "created_at": now}
    addresses = sorted(addresses)
    insert_alike(
        Seat, common=target | common, names=["address"], rows=((address,) for address in addresses), ignore_conflicts=True
    )
    locked = Seat.objects.select_for_update().filter(**target, address__in=addresses).order_by("pk")
    return {seat.address: seat for seat in locked.only("address", "wish", "fact", "state", "link_hash")}


def _enroll_together(people: Mapping[str, int], seats: Mapping[str, Seat], *, now: datetime) -> None:
    enrolled = [(people[address], seat.pk) for address, seat in seats.items()]
    insert_alike(Enrollment, common={"changed_at": now}, names=["registration_id", "seat_id"], rows=enrolled)


def _is_taken(seat: Seat) -> bool:
    """Whether a shared seat has what was wanted; one that stands still without it is tried once more."""
    taken = seat.state == StepState.SETTLED and seat.is_fulfilled
    if not taken and not seat.is_open:
        wishes.run_once_more(seat)
        seat.save()
    return taken


def left_before(campaign: Campaign, addresses: Iterable[str]) -> set[str]:
    """The addresses whose owners had a seat in a campaign's target and want out, by whatever campaign they came."""
    asked = list(addresses)
    if not asked:
        return set()
    place = {"session__isnull": False} if campaign.by_session else {"session": campaign.session}
    out = Enrollment.objects.filter(seat=OuterRef("pk"), wish=EnrollmentWish.OUT)
    left = Seat.objects.filter(Exists(out), event=campaign.event, wish=Wish.OUT, address__in=asked, **place)
    return set(left.values_list("address", flat=True))


def _want_held(seats: Iterable[Seat]) -> None:
    """Want the seats of people who only wait for something in another campaign: nobody of them has left."""
    for seat in seats:
        if seat.wish == Wish.OUT:
            seat.want(Wish.IN)
            seat.priority = Priority.BULK
            seat.save()
