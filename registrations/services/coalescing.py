"""Many people of one target in one call, as soon as a queue forms. The answer is believed only for whom it names."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from registrations.models import Bulk, Enrollment, EnrollmentWish, Fact, Seat, Wish, db_now
from registrations.services import outcomes, people, steps
from registrations.services.due import Due, seats_due
from registrations.webinar.errors import PlatformError
from registrations.webinar.provider import Participation, Person, Provider

QUEUE_FORMS_AT = 3
"""Fewer people waiting for a target than this are registered singly: each gets the clearest answer."""


@dataclass(frozen=True, slots=True)
class Invited:
    """A seat that was named in a bulk call, and what its answer says of it (None: left out)."""

    seat: Seat
    answer: Participation | None


def batches(seats: Iterable[Seat], *, limit: int) -> list[list[Seat]]:
    """The seats that may go together, in groups of one target and at most `limit`.

    Only first tries: whoever was left out of a bulk answer, failed or is in doubt goes singly and gets a verdict of their own.
    """
    fresh = [seat for seat in seats if _is_fresh(seat)]
    if limit < QUEUE_FORMS_AT or len(fresh) < QUEUE_FORMS_AT:
        return []
    alone = _singly_only(fresh)
    groups: dict[tuple[int, int | None], list[Seat]] = defaultdict(list)
    for seat in fresh:
        if seat.pk not in alone:
            groups[(seat.event_id, seat.session_id)].append(seat)
    cut = [group[start : start + limit] for group in groups.values() for start in range(0, len(group), limit)]
    return [batch for batch in cut if len(batch) >= QUEUE_FORMS_AT]


def _is_fresh(seat: Seat) -> bool:
    first_try = seat.attempts == 0 and seat.in_doubt_since is None
    return first_try and seat.wish == Wish.IN and seat.fact != Fact.IN


def _singly_only(seats: list[Seat]) -> set[int]:
    """Seats that a campaign wants in which nobody is registered in bulk."""
    wishes = Enrollment.objects.filter(seat__in=seats, wish=EnrollmentWish.IN, registration__campaign__bulk=Bulk.NEVER)
    return set(wishes.values_list("seat_id", flat=True))


def people_of(seats: list[Seat], *, refuse: Callable[[Seat, PlatformError], None]) -> list[tuple[Seat, Person]]:
    """Whom to name; a seat whose person cannot be told is handed to `refuse` with the reason and left out."""
    named = []
    for seat in seats:
        try:
            named.append((seat, people.person_for(seat)))
        except PlatformError as error:
            refuse(seat, error)
    return named


def begin(named: list[tuple[Seat, Person]]) -> list[tuple[Seat, Person]]:
    """Commit that the call starts now, for each; returns those that are still ours and still wanted."""
    now = db_now()
    return [(seat, person) for seat, person in named if steps.begin(seat, first_call_at=seat.first_call_at or now)]


def invite(provider: Provider, begun: list[tuple[Seat, Person]]) -> list[Invited]:
    """Make the one call. Raises what the platform raises; then all are in the same boat."""
    answers = {item.email: item for item in provider.invite(begun[0][0].target, [person for _, person in begun])}
    return [Invited(seat, answers.get(seat.address)) for seat, _ in begun]


def settle(provider: Provider, invited: Invited) -> Due:
    """What follows for one person: in, or, where the answer left them out, singly and at once."""
    if invited.answer is not None:
        return outcomes.registered(provider, invited.seat, invited.answer)
    steps.postpone(invited.seat, reason="left_out_of_bulk", delay=0)
    return seats_due(invited.seat.account_id)
