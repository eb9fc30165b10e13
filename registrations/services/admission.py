"""Whom our side may let into a moderated event."""

from __future__ import annotations

from datetime import timedelta

from registrations.models import Seat
from registrations.webinar.provider import Participation

CLOCK_TOLERANCE = timedelta(minutes=2)


def may_be_let_in(seat: Seat, answer: Participation) -> bool:
    """Whether this participation came from our own call and was never let in before.

    A participation that waits looks at the platform just like one that a moderator refused or put out (MTS Link article
    19666: `isAccepted` 0). One that our own call made is new and may be let in; any other was somebody's decision.
    """
    if answer.registered_at is None or seat.first_call_at is None:
        return False
    if seat.admitted_at is not None and seat.participation_id == answer.participation_id:
        return False
    return answer.registered_at >= seat.first_call_at - CLOCK_TOLERANCE
