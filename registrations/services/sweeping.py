"""Looking before repeating: one read of a target's participants decides all seats in doubt there, each by itself."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Generator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

from registrations.models import OPEN_STATES, Fact, Seat, StepState, Wish, db_now
from registrations.services import healing, outcomes, steps
from registrations.services.admission import may_be_let_in
from registrations.services.due import NOTHING, Due, seats_due
from registrations.services.errands import Ask, Errand, Fork, LetIn, at_once
from registrations.services.looks import LOOKS, Found, Look
from registrations.webinar.errors import Uncertain
from registrations.webinar.provider import Participation, Provider

SECOND_LOOK = timedelta(seconds=30)
ROWS_A_PAGE = 500
FLAG_ROWS = 500
TOO_MANY_TO_ASK = 3
"""Of so many whom a look finds without their link, only the first is asked for: the others' links follow from it."""
AFTER_THE_SAMPLE_SECONDS = 3
LATE_LOOKS = 6
"""After so many looks, minutes later, whom the platform does not list is not there, whatever it answered before."""


def look(seats: list[Seat]) -> Generator[Ask, Any, Look]:
    """Read the whole list of the seats' one target; returns what it says of everybody who waits there. One call a page.

    Raises what reading raises; then nothing is known of anybody.
    """
    target, place, began_at = seats[0].target, seats[0].place, db_now()
    waiting = seats[0].of_target().filter(state__in=OPEN_STATES).values_list("address", flat=True)
    addresses = {*waiting, *(seat.address for seat in seats)}

    def read(provider: Provider) -> Found:
        found: Found = defaultdict(list)
        for participation in provider.participations(target):
            if participation.email in addresses:
                found[participation.email].append(participation)
        return found

    seen = Look(began_at, (yield Ask(read)))
    LOOKS.keep(seats[0], seen)
    type(place)._default_manager.filter(pk=place.pk).update(looked_at=began_at)
    place.looked_at = began_at
    return seen


def is_unseen(seat: Seat) -> bool:
    """Nobody has ever looked who is there already. After that the first answer tells: whoever it leaves out is looked for."""
    return seat.place.looked_at is None


def who_is_there(seats: list[Seat]) -> Generator[Ask, Any, list[Seat]]:
    """Look once for everybody who waits for the target; returns those of the seats who are there, and has the others swept."""
    seen = yield from look(seats)
    known = [seat for seat in seats if seat.address in seen.found]
    for seat in known:
        seat.in_doubt_since = seen.began_at
    addresses = list(seen.found)
    for start in range(0, len(addresses), FLAG_ROWS):
        waiting = seats[0].of_target().filter(address__in=addresses[start : start + FLAG_ROWS])
        waiting = waiting.filter(state=StepState.QUEUED, in_doubt_since=None, attempts=0, wish=Wish.IN)
        waiting.exclude(fact=Fact.IN).update(in_doubt_since=seen.began_at, reason="known_before")
    return known


def is_better_than_singly(left_out: list[Seat]) -> bool:
    """Whether a look at the list is cheaper than a call for each, or the only safe way."""
    if not left_out:
        return False
    if not left_out[0].account.unique_by_email:
        return True
    there = left_out[0].of_target().filter(fact=Fact.IN).count()
    return len(left_out) > 1 + there // ROWS_A_PAGE


def sweep(provider: Provider, seats: list[Seat]) -> Errand:
    """Settle seats in doubt of one target by one look at its list, a fresh one or one that serves; then each by itself."""
    seen = LOOKS.for_all(seats) or (yield from look(seats))
    yield from _decide(provider, seats, seen.found)
    return NOTHING


def _decide(provider: Provider, seats: list[Seat], found: Found) -> Generator[Fork, Any, None]:
    """What each seat needs by what was found; those who wait to be let in go together, in one moderation call."""
    waiting: list[tuple[Seat, Participation]] = []
    without_link = 0
    for seat in seats:
        present = _own(seat, found.get(seat.address, []))
        if seat.wish == Wish.OUT:
            yield Fork([seat], _out(provider, seat, present))
        elif present is None:
            yield Fork([seat], at_once(partial(_not_there, provider, seat)))
        elif present.admitted is not False:
            without_link += not seat.link_hash
            yield Fork([seat], _there(provider, seat, present, others_asked=without_link > TOO_MANY_TO_ASK))
        elif may_be_let_in(seat, present):
            waiting.append((seat, present))
        else:
            yield Fork([seat], at_once(partial(outcomes.parked, seat, reason="not_admitted")))
    if waiting:
        yield Fork([seat for seat, _ in waiting], _let_in(provider, waiting))


def _own(seat: Seat, candidates: list[Participation]) -> Participation | None:
    """The participation that the seat already holds, else one that may enter, else any."""
    ranked = sorted(candidates, key=lambda item: (item.participation_id != seat.participation_id, item.admitted is False))
    return ranked[0] if ranked else None


def _let_in(provider: Provider, waiting: list[tuple[Seat, Participation]]) -> Errand:
    ids, target = [present.participation_id for _, present in waiting], waiting[0][0].target
    if (yield Ask(lambda platform: platform.moderate(target, ids, admit=True))) < len(ids):
        raise Uncertain("nothing_moderated")
    for seat, present in waiting:
        yield Fork([seat], _there(provider, seat, replace(present, admitted=True)))
    return NOTHING


def _there(provider: Provider, seat: Seat, present: Participation, *, others_asked: bool = False) -> Errand:
    """The person is in. Where the link is not known yet, it is asked for again if that is safe, else put together."""
    if seat.link_hash and seat.participation_id == present.participation_id:
        due: Due = yield LetIn(seat, replace(present, link=seat.link, inferred=seat.link_inferred))
        return due
    holder = healing.who_holds(seat, present)
    if holder is not None:
        return (yield from healing.heal(seat, holder, present))
    if _never_twice(provider, seat) and not others_asked:
        # Who is in is kept: the person may leave before the answer comes.
        return _ask_again(seat, reason="found_asking_for_link", participation_id=present.participation_id)
    inferred = outcomes.infer_link(provider, seat, present)
    if inferred is not None:
        due = yield LetIn(seat, inferred)
        return due
    if _never_twice(provider, seat):
        steps.doubt(seat, reason="found_asking_for_link", delay=AFTER_THE_SAMPLE_SECONDS)
        return NOTHING
    if may_be_let_in(seat, present):
        return (yield from outcomes.register_anew(seat, present))
    return outcomes.known_without_link(seat, present)


def _not_there(provider: Provider, seat: Seat) -> Due:
    """Not in the list: repeat, on a platform that might register twice only after a second look."""
    if seat.link_hash and seat.fact != Fact.IN and seat.attempts < LATE_LOOKS:
        # The platform just gave us this link: its list is late, not the person.
        steps.doubt(seat, reason="not_listed_yet", attempts=seat.attempts + 1)
        return NOTHING
    if _look_twice(provider, seat):
        return NOTHING
    return _ask_again(seat, reason="not_there", fact=Fact.OUT if seat.fact == Fact.IN else seat.fact, **outcomes.NOT_THERE)


def _out(provider: Provider, seat: Seat, present: Participation | None) -> Errand:
    if present is None:
        return NOTHING if _look_twice(provider, seat) else outcomes.removed(seat)
    if not (yield outcomes.ask_to_delete(present.participation_id)):
        raise Uncertain("nothing_deleted")
    return outcomes.removed(seat)


def _never_twice(provider: Provider, seat: Seat) -> bool:
    """Registering a known address again is safe: the platform says so, and so does the account's setting."""
    return provider.capabilities.unique_by_email and seat.account.unique_by_email


def _look_twice(provider: Provider, seat: Seat) -> bool:
    """Whether one miss proves too little, because the former call may still make a registration; then look again later."""
    if _never_twice(provider, seat):
        return False
    now = db_now()
    if seat.missed_at is not None and now - seat.missed_at >= SECOND_LOOK:
        return False
    first = seat.missed_at or now
    steps.doubt(seat, reason="looking_twice", delay=SECOND_LOOK.total_seconds(), missed_at=first)
    return True


def _ask_again(seat: Seat, *, reason: str, **values: object) -> Due:
    steps.postpone(seat, reason=reason, delay=0, **{"in_doubt_since": None, "missed_at": None, **values})  # type: ignore[arg-type]
    return seats_due(seat.account_id)
