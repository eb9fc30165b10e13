"""Who may go together in one call: many people of one target, as soon as a queue forms."""

from __future__ import annotations

from registrations.models import Bulk, Fact, Priority, Seat, Wish
from registrations.services import people

QUEUE_FORMS_AT = 3
"""Fewer people waiting for a target than this are registered singly: each gets the clearest answer."""


def companions(seat: Seat, waiting: list[Seat], *, limit: int) -> list[Seat]:
    """All that go in one call with a seat, itself first: at most `limit`, and just itself while no queue forms.

    Only first tries: whoever was left out of a bulk answer, failed or is in doubt goes singly and gets a verdict of their own.
    """
    if not _may_be_in_bulk(seat):
        return [seat]
    others = [other for other in waiting if other is not seat and same_target(other, seat) and _may_be_in_bulk(other)]
    together = [seat, *others][:limit]
    return together if len(together) >= QUEUE_FORMS_AT else [seat]


def same_target(one: Seat, other: Seat) -> bool:
    """Both are seats of one session, or of one whole series."""
    return (one.event_id, one.session_id) == (other.event_id, other.session_id)


def is_first_try(seat: Seat) -> bool:
    """Nothing was ever called for this wish."""
    fresh = seat.attempts == 0 and seat.in_doubt_since is None
    return fresh and seat.wish == Wish.IN and seat.fact != Fact.IN


def _may_be_in_bulk(seat: Seat) -> bool:
    return is_first_try(seat) and all(
        _allows(registration.campaign.bulk, seat) for registration in people.registrations_of(seat)
    )


def _allows(bulk: str, seat: Seat) -> bool:
    """What a campaign says of people who want in by it; an imported seat is one that nobody waits for at a form."""
    return bulk == Bulk.QUEUE or (bulk == Bulk.IMPORTS and seat.priority == Priority.BULK)
