"""Looking before repeating: one read of a target's participants settles all seats in doubt there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import timedelta

from registrations.models import Seat, Wish, db_now
from registrations.services import outcomes, steps
from registrations.services.admission import may_be_let_in
from registrations.services.due import NOTHING, Due, seats_due
from registrations.webinar.errors import Uncertain
from registrations.webinar.provider import Participation, Provider

SECOND_LOOK = timedelta(seconds=30)
ROWS_BETWEEN_RENEWALS = 500

Found = dict[str, list[Participation]]


def by_target(seats: Iterable[Seat]) -> list[list[Seat]]:
    """The seats in groups of one target each."""
    groups: dict[tuple[int, int | None], list[Seat]] = defaultdict(list)
    for seat in seats:
        groups[(seat.event_id, seat.session_id)].append(seat)
    return list(groups.values())


def resolve(provider: Provider, seats: list[Seat], *, keep_alive: Callable[[], object]) -> Due:
    """Read the target's whole list once and decide every given seat by it. All seats have the same target.

    Raises what reading the list raises; then nothing was decided. Costs one call a page, one moderation, one deletion.
    """
    found = _look(provider, seats, keep_alive)
    due = NOTHING
    waiting: list[tuple[Seat, Participation]] = []
    for seat in seats:
        present = _own(seat, found.get(seat.address, []))
        if seat.wish == Wish.OUT:
            due |= _out(provider, seat, present)
        elif present is None:
            due |= _not_there(seat)
        elif present.admitted is False:
            if may_be_let_in(seat, present):
                waiting.append((seat, present))
            else:
                due |= outcomes.parked(seat, reason="not_admitted")
        else:
            due |= _there(provider, seat, present)
    return due | _let_in(provider, waiting)


def _look(provider: Provider, seats: list[Seat], keep_alive: Callable[[], object]) -> Found:
    addresses = {seat.address for seat in seats}
    found: Found = defaultdict(list)
    for number, participation in enumerate(provider.participations(seats[0].target), start=1):
        if participation.email in addresses:
            found[participation.email].append(participation)
        if number % ROWS_BETWEEN_RENEWALS == 0:
            steps.renew(seats)
            keep_alive()
    return found


def _own(seat: Seat, candidates: list[Participation]) -> Participation | None:
    """The participation that the seat already holds, else one that may enter, else any."""
    ranked = sorted(candidates, key=lambda item: (item.participation_id != seat.participation_id, item.admitted is False))
    return ranked[0] if ranked else None


def _let_in(provider: Provider, waiting: list[tuple[Seat, Participation]]) -> Due:
    """One moderation call for everybody of our own who waits."""
    if not waiting:
        return NOTHING
    ids = [present.participation_id for _, present in waiting]
    provider.moderate(waiting[0][0].target, ids, admit=True)
    due = NOTHING
    for seat, present in waiting:
        due |= _there(provider, seat, replace(present, admitted=True))
    return due


def _there(provider: Provider, seat: Seat, present: Participation) -> Due:
    """The person is in. Where the link is not known yet, it is asked for again if that is safe, else put together."""
    if seat.link_hash and seat.participation_id == present.participation_id:
        return outcomes.let_in(seat, replace(present, link=seat.link, inferred=seat.link_inferred))
    if seat.account.unique_by_email:
        return _ask_again(seat, reason="found_asking_for_link")
    inferred = outcomes.infer_link(provider, seat, present)
    if inferred is not None:
        return outcomes.let_in(seat, inferred)
    if may_be_let_in(seat, present):
        return outcomes.register_anew(provider, seat, present)
    return outcomes.parked(seat, reason="known_without_link")


def _not_there(seat: Seat) -> Due:
    """Not in the list: repeat, on a platform that might register twice only after a second look."""
    if seat.link_hash:
        steps.doubt(seat, reason="not_listed_yet", attempts=seat.attempts + 1)
        return NOTHING
    now = db_now()
    if seat.account.unique_by_email or (seat.missed_at is not None and now - seat.missed_at >= SECOND_LOOK):
        return _ask_again(seat, reason="not_there")
    steps.doubt(seat, reason="looking_twice", delay=SECOND_LOOK.total_seconds(), missed_at=seat.missed_at or now)
    return NOTHING


def _ask_again(seat: Seat, *, reason: str) -> Due:
    steps.postpone(seat, reason=reason, delay=0, in_doubt_since=None, missed_at=None)
    return seats_due(seat.account_id)


def _out(provider: Provider, seat: Seat, present: Participation | None) -> Due:
    if present is None:
        return outcomes.removed(seat)
    if not provider.delete([present.participation_id]):
        raise Uncertain("nothing_deleted")
    return outcomes.removed(seat)
