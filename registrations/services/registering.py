"""The errands of seats: one or many are registered, one is taken out, one is only looked at."""

from __future__ import annotations

from collections.abc import Generator
from datetime import timedelta
from typing import Any

from registrations.models import Fact, Seat, StepState, TimelineEntry, Wish, db_now
from registrations.services import catalog, outcomes, people, steps, sweeping
from registrations.services.due import NOTHING, Due, seats_due
from registrations.services.errands import Ask, Begin, Errand, Fork, at_once, failing
from registrations.webinar.errors import PlatformError, Unavailable
from registrations.webinar.provider import Participation, Person, Provider

LATELY = timedelta(minutes=1)
REPEATS_WAIT_TRIES = 6
FEW = 50
"""More people than this are not registered in bulk before a look has told who of them is there already."""


def errand_for(provider: Provider, seat: Seat) -> Errand:
    """What one claimed seat needs: one call, or none where none is needed. Seats in doubt go to `sweeping`."""
    if seat.is_fulfilled:
        return _look_instead(seat)
    if seat.wish == Wish.IN:
        return _register(provider, seat)
    if seat.participation_id is not None:
        return outcomes.delete(seat)
    return at_once(lambda: _look_before_leaving(seat) if _may_be_in(seat) else outcomes.removed(seat))


def _may_be_in(seat: Seat) -> bool:
    """A call was made for this person, and no answer said what became of it: a bulk answer may have left them out."""
    return seat.first_call_at is not None and seat.fact == Fact.UNKNOWN


def _look_before_leaving(seat: Seat) -> Due:
    steps.doubt(seat, reason="looking_before_leaving", delay=0)
    return seats_due(seat.account_id)


def _register(provider: Provider, seat: Seat) -> Errand:
    yield from _fresh_details(seat)
    target, person = seat.target, people.person_for(seat)
    if not (yield Begin([seat])):
        return seats_due(seat.account_id)
    answer = yield Ask(lambda platform: platform.register(target, person))
    return (yield from outcomes.registered(provider, seat, answer))


def looks_first(seats: list[Seat]) -> bool:
    """Whether so many are registered at once that a look had better tell before who of them is there already."""
    return len(seats) >= FEW and sweeping.is_unseen(seats[0])


def register_many(provider: Provider, seats: list[Seat], *, look: bool) -> Errand:
    """Register people of one target in one call; then each by what the answer says of them."""
    yield from _fresh_details(seats[0])
    if look:
        known = yield from sweeping.who_is_there(seats)
        if known:
            yield Fork(known, sweeping.sweep(provider, known))
            seats = [seat for seat in seats if seat not in known]
    named: list[tuple[Seat, Person]] = []
    for seat in seats:
        try:
            named.append((seat, people.person_for(seat)))
        except PlatformError as error:
            yield Fork([seat], failing(error))
    begun = yield Begin([seat for seat, _ in named])
    invited = [(seat, person) for seat, person in named if seat in begun]
    if not invited:
        return NOTHING
    answers = yield from _invite(invited)
    sweep = sweeping.is_better_than_singly([seat for seat, _ in invited if seat.address not in answers])
    for seat, _ in invited:
        answer = answers.get(seat.address)
        yield Fork([seat], outcomes.registered(provider, seat, answer) if answer else _left_out(seat, look=sweep))
    return NOTHING


def _invite(invited: list[tuple[Seat, Person]]) -> Generator[Ask, Any, dict[str, Participation]]:
    """The one call. The answer is believed only for whom it names."""
    target, persons = invited[0][0].target, [person for _, person in invited]
    taken = yield Ask(lambda platform: platform.invite(target, persons))
    return {item.email: item for item in taken}


def _left_out(seat: Seat, *, look: bool) -> Errand:
    """Bad data, or known before: a look at the list tells, or a call of their own."""

    def put_back() -> Due:
        again = steps.doubt if look else steps.postpone
        again(seat, reason="left_out_of_bulk", delay=0)
        return seats_due(seat.account_id)

    return at_once(put_back)


def _look_instead(seat: Seat) -> Errand:
    """A known person's second form: nothing to register, but it must meet the queue, pace and outages of anybody's first
    form, or it would tell that the address is known. So the target is read in place of the registration, a moderated
    one's list is looked at too, and while others wait because registering fails, so does this."""
    if seat.attempts < REPEATS_WAIT_TRIES and _registering_fails(seat):
        raise Unavailable(seat.reason or "registering_fails")
    if catalog.is_stale(seat.place):
        yield from _details(seat)
    yield from _details(seat)
    if seat.place.moderated:
        yield from sweeping.look([seat])
    return outcomes.still_in(seat)


def _fresh_details(seat: Seat) -> Generator[Ask, Any, None]:
    if catalog.is_stale(seat.place):
        yield from _details(seat)


def _details(seat: Seat) -> Generator[Ask, Any, None]:
    catalog.mirror_details(seat.place, (yield Ask(catalog.ask_details(seat.place))))


def _registering_fails(seat: Seat) -> bool:
    """Others of the same target wait after a failed try, and nobody got in within the last minute."""
    others = seat.of_target().filter(wish=Wish.IN).exclude(pk=seat.pk)
    waiting = others.filter(state=StepState.QUEUED, attempts__gt=0).exclude(fact=Fact.IN)
    arrived = TimelineEntry.objects.filter(
        code=TimelineEntry.Code.REGISTERED, at__gt=db_now() - LATELY, registration__enrollments__seat__in=others
    )
    return waiting.exists() and not arrived.exists()
