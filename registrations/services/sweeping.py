"""Looking before repeating: one read of a target's participants decides all seats in doubt there, each by itself."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial

from registrations.models import Fact, Seat, Wish, db_now
from registrations.services import outcomes, steps
from registrations.services.admission import may_be_let_in
from registrations.services.due import NOTHING, Due, seats_due
from registrations.webinar.errors import Uncertain
from registrations.webinar.provider import Participation, Provider

SECOND_LOOK = timedelta(seconds=30)
ROWS_BETWEEN_RENEWALS = 500

Found = dict[str, list[Participation]]


@dataclass(frozen=True, slots=True)
class Decision:
    """What follows from a look for some seats; a failure of `carry_out` concerns only them."""

    seats: list[Seat]
    carry_out: Callable[[], Due]


def by_target(seats: Iterable[Seat]) -> list[list[Seat]]:
    """The seats in groups of one target each, in the order in which the targets come."""
    groups: dict[tuple[int, int | None], list[Seat]] = defaultdict(list)
    for seat in seats:
        groups[(seat.event_id, seat.session_id)].append(seat)
    return list(groups.values())


def look(provider: Provider, seats: list[Seat], *, keep_alive: Callable[[], object]) -> Found:
    """Read the whole list of the seats' one target; returns what it says of them, by address. One call a page.

    Raises what reading raises; then nothing is known of anybody.
    """
    addresses = {seat.address for seat in seats}
    found: Found = defaultdict(list)
    for number, participation in enumerate(provider.participations(seats[0].target), start=1):
        if participation.email in addresses:
            found[participation.email].append(participation)
        if number % ROWS_BETWEEN_RENEWALS == 0:
            steps.renew(seats)
            keep_alive()
    return found


def decide(provider: Provider, seats: list[Seat], found: Found) -> Iterator[Decision]:
    """What each seat needs by what was found; those who wait to be let in go together, in one moderation call."""
    waiting: list[tuple[Seat, Participation]] = []
    for seat in seats:
        present = _own(seat, found.get(seat.address, []))
        if seat.wish == Wish.OUT:
            yield Decision([seat], partial(_out, provider, seat, present))
        elif present is None:
            yield Decision([seat], partial(_not_there, provider, seat))
        elif present.admitted is not False:
            yield Decision([seat], partial(_there, provider, seat, present))
        elif may_be_let_in(seat, present):
            waiting.append((seat, present))
        else:
            yield Decision([seat], partial(outcomes.parked, seat, reason="not_admitted"))
    if waiting:
        yield Decision([seat for seat, _ in waiting], partial(_let_in, provider, waiting))


def _own(seat: Seat, candidates: list[Participation]) -> Participation | None:
    """The participation that the seat already holds, else one that may enter, else any."""
    ranked = sorted(candidates, key=lambda item: (item.participation_id != seat.participation_id, item.admitted is False))
    return ranked[0] if ranked else None


def _let_in(provider: Provider, waiting: list[tuple[Seat, Participation]]) -> Due:
    ids = [present.participation_id for _, present in waiting]
    if provider.moderate(waiting[0][0].target, ids, admit=True) < len(ids):
        raise Uncertain("nothing_moderated")
    due = NOTHING
    for seat, present in waiting:
        due |= _there(provider, seat, replace(present, admitted=True))
    return due


def _there(provider: Provider, seat: Seat, present: Participation) -> Due:
    """The person is in. Where the link is not known yet, it is asked for again if that is safe, else put together."""
    if seat.link_hash and seat.participation_id == present.participation_id:
        return outcomes.let_in(seat, replace(present, link=seat.link, inferred=seat.link_inferred))
    if _never_twice(provider, seat):
        return _ask_again(seat, reason="found_asking_for_link")
    inferred = outcomes.infer_link(provider, seat, present)
    if inferred is not None:
        return outcomes.let_in(seat, inferred)
    if may_be_let_in(seat, present):
        return outcomes.register_anew(provider, seat, present)
    return outcomes.known_without_link(seat, present)


def _not_there(provider: Provider, seat: Seat) -> Due:
    """Not in the list: repeat, on a platform that might register twice only after a second look."""
    if seat.link_hash and seat.fact != Fact.IN:
        # The platform just gave us this link: its list is late, not the person.
        steps.doubt(seat, reason="not_listed_yet", attempts=seat.attempts + 1)
        return NOTHING
    if _look_twice(provider, seat):
        return NOTHING
    return _ask_again(seat, reason="not_there", fact=Fact.OUT if seat.fact == Fact.IN else seat.fact, **outcomes.NOT_THERE)


def _out(provider: Provider, seat: Seat, present: Participation | None) -> Due:
    if present is None:
        return NOTHING if _look_twice(provider, seat) else outcomes.removed(seat)
    if not outcomes.delete_at_platform(provider, present.participation_id):
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
