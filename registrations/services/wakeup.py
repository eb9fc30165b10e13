"""What the clock makes due: asked every two seconds by the schedule, or by `drain --watch`."""

from __future__ import annotations

from registrations.services import (
    answering,
    emailing,
    guarding,
    lost_links,
    privacy,
    seating,
    standing_choices,
    waiting_list,
    witness,
)
from registrations.services.due import NOTHING, Due


def look() -> Due:
    """Everything that is due now and that nobody has rung for; nothing while everything is paused.

    Looks first whether the database was restored, so that whoever works off what this returns has been kept from it.
    """
    if witness.stands_still():
        return NOTHING
    guarding.prune()
    waiting = standing_choices.look() | answering.follow_up() | seating.give_up_over() | waiting_list.move_up()
    return waiting | seating.due_accounts() | emailing.due_senders() | privacy.go_on() | lost_links.waiting()
