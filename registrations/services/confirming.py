"""A person confirms that the address is theirs, by the button in a mail."""

from __future__ import annotations

from django.db import transaction

from registrations.models import Enrollment, HeldFor, Registration, TimelineEntry, db_now, fingerprint
from registrations.services import holding, places
from registrations.services.campaigns import Availability, availability
from registrations.services.due import NOTHING, Due
from registrations.services.signup import NotOpen
from registrations.services.tokens import find_registration


def confirm(*, token: str) -> Due:
    """Go on with a registration that waits for this: to its place, to the waiting list, to whoever approves.

    Doing it twice is the same as once, and whoever has cancelled stays so. Raises UnknownToken, NotOpen if the event is over or
    cancelled; a form that came in time may be confirmed after the closing time.
    """
    with transaction.atomic():
        holding.lock_campaign(token_hash=fingerprint(token))
        locked = Registration.objects.select_for_update(of=("self",)).select_related(
            "campaign__event__account", "campaign__session", "campaign__sender"
        )
        registration = find_registration(locked, token)
        waiting = holding.held(registration)
        if waiting is None or waiting.held_for != HeldFor.CONFIRMATION:
            return NOTHING
        state = availability(registration.campaign, may_be_closed=True)
        if state in (Availability.CANCELLED, Availability.OVER):
            raise NotOpen(state)
        now = db_now()
        TimelineEntry.write([registration.pk], TimelineEntry.Code.CONFIRMED, at=now)
        has_lapsed = Enrollment.objects.filter(places.lapsed(now), pk=waiting.pk).exists()
        return holding.go_on(registration, now=now, since=None if has_lapsed else waiting.changed_at)
