"""Staff decide about the people of a campaign that wants approval."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.db import transaction

from registrations.models import HeldFor, Registration, TimelineEntry, db_now
from registrations.services import holding
from registrations.services.campaigns import Availability, availability
from registrations.services.due import NOTHING, Due

Code = TimelineEntry.Code

MAY_BE_APPROVED = (HeldFor.APPROVAL, HeldFor.DECLINED)


@dataclass(frozen=True, slots=True)
class Decided:
    """About how many people something was decided, and how many had nothing to be decided."""

    done: int
    others: int
    due: Due


def approve(*, registration_ids: Iterable[int], user_id: int) -> Decided:
    """Let people in who wait for it. Whoever was declined before may be let in all the same, if there is a place."""
    return _decide(registration_ids, lambda registration_id: _approve(registration_id, user_id))


def decline(*, registration_ids: Iterable[int], user_id: int) -> Decided:
    """Leave out people who wait for approval, and tell them."""
    return _decide(registration_ids, lambda registration_id: _decline(registration_id, user_id))


def _decide(registration_ids: Iterable[int], decide: Callable[[int], Due | None]) -> Decided:
    """Each by itself, so that one whom somebody else has decided about keeps nobody up."""
    done, others, due = 0, 0, NOTHING
    for registration_id in registration_ids:
        with transaction.atomic():
            more = decide(registration_id)
        if more is None:
            others += 1
        else:
            done += 1
            due |= more
    return Decided(done, others, due)


def _approve(registration_id: int, user_id: int) -> Due | None:
    holding.lock_campaign(pk=registration_id)
    registration = _locked(registration_id)
    waiting = holding.held(registration)
    if waiting is None or waiting.held_for not in MAY_BE_APPROVED or _is_gone(registration):
        return None
    now = db_now()
    TimelineEntry.write([registration_id], Code.APPROVED, at=now, actor_id=user_id)
    if waiting.held_for == HeldFor.APPROVAL:  # they have their place
        return holding.let_in(registration, now=now)
    return holding.go_on(registration, now=now, approved=True)


def _decline(registration_id: int, user_id: int) -> Due | None:
    registration = _locked(registration_id)
    waiting = holding.held(registration)
    if waiting is None or waiting.held_for != HeldFor.APPROVAL:
        return None
    now = db_now()
    TimelineEntry.write([registration_id], Code.DECLINED, at=now, actor_id=user_id)
    return holding.hold(registration, HeldFor.DECLINED, now=now)


def _locked(registration_id: int) -> Registration:
    locked = Registration.objects.select_for_update(of=("self",)).select_related(
        "campaign__event__account", "campaign__session", "campaign__sender"
    )
    return locked.get(pk=registration_id)


def _is_gone(registration: Registration) -> bool:
    state = availability(registration.campaign, may_be_closed=True)
    return state in (Availability.CANCELLED, Availability.OVER)
