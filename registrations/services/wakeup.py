"""What the clock makes due: asked every two seconds by the schedule, or by `drain --watch`."""

from __future__ import annotations

from registrations.models import Delivery
from registrations.services import answering, emailing, seating
from registrations.services.due import NOTHING, Due


def look() -> Due:
    """Everything that is due now and that nobody has rung for."""
    if Delivery.is_paused():
        return NOTHING
    waiting = answering.follow_up() | seating.give_up_over()
    return waiting | seating.due_accounts() | emailing.due_senders()
