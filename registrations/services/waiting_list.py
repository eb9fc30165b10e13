"""The waiting list moves up by itself: whenever a place is free for certain, to whoever has waited longest."""

from __future__ import annotations

import logging

from django.db import DatabaseError, transaction
from django.db.models import QuerySet

from registrations.models import Campaign, Enrollment, HeldFor, Registration, TimelineEntry, db_now
from registrations.models.conditions import literally
from registrations.services import holding, places
from registrations.services.due import NOTHING, Due

AT_ONCE = 100
"""So many people of a campaign move up in one transaction; the next look takes the next."""

logger = logging.getLogger(__name__)


def move_up() -> Due:
    """Give free places to those who wait for one; nobody moves up once a campaign is closed or its event over.

    Where nobody waits it is one look into an index; where all places are taken, a count for each campaign.
    """
    waiting = Enrollment.objects.filter(literally("held_for", HeldFor.PLACE)).order_by()
    due = NOTHING
    for campaign_id in sorted(waiting.values_list("registration__campaign", flat=True).distinct()):
        try:
            if _whose_turn(_campaigns().get(pk=campaign_id)):  # a look without the lock that sign-ups wait for
                with transaction.atomic():
                    due |= _move_up(campaign_id)
        except DatabaseError:
            raise
        except Exception:
            logger.exception("a waiting list could not move up", extra={"campaign": campaign_id})
    return due


def _campaigns() -> QuerySet[Campaign]:
    return Campaign.objects.select_related("event__account", "session", "sender")


def _whose_turn(campaign: Campaign) -> list[int]:
    now = db_now()
    return places.whose_turn(campaign, now=now, limit=AT_ONCE) if places.moves_up(campaign, now) else []


def _move_up(campaign_id: int) -> Due:
    """The campaign before its registrations: whoever signs up or moves up meanwhile counts after us. Whoever only refers to it
    need not wait: they may hold a registration that we wait for."""
    campaign = _campaigns().select_for_update(of=("self",), no_key=True).get(pk=campaign_id)
    people = Registration.objects.select_for_update(of=("self",)).filter(pk__in=_whose_turn(campaign))
    now, due = db_now(), NOTHING
    for registration in people.order_by("pk"):
        registration.campaign = campaign
        waiting = holding.held(registration)
        if waiting is None or waiting.held_for != HeldFor.PLACE:
            continue  # they have just cancelled
        TimelineEntry.write([registration.pk], TimelineEntry.Code.MOVED_UP, at=now)
        if campaign.approval:
            due |= holding.hold(registration, HeldFor.APPROVAL, now=now)
        else:
            due |= holding.let_in(registration, now=now)
    return due
