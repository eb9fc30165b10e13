"""The pace that a platform allows: every call by anyone first reserves a slot on the account's row."""

from __future__ import annotations

import time
from datetime import datetime, timedelta

from registrations.models import Account, db_now
from registrations.webinar.errors import Throttled

PATIENCE_SECONDS = 10.0
MARGIN = 1.02
"""Calls exactly 1/rate apart fall three into one second of the platform's counting as soon as one is a moment late."""


def reserve(*, account_id: int, patience: float = PATIENCE_SECONDS) -> float:
    """Take the account's next free slot and return how many seconds away it is. Raises Throttled beyond `patience`.

    The reservation is one conditional UPDATE, so that any number of processes share one pace without a lock.
    """
    while True:
        account = Account.objects.only("next_call_at", "calls_per_second").get(pk=account_id)
        now = db_now()
        slot = max(account.next_call_at, now)
        wait = (slot - now).total_seconds()
        if wait > patience:
            raise Throttled("own_pace", retry_after=wait)
        following = slot + timedelta(seconds=MARGIN / account.calls_per_second)
        if Account.objects.filter(pk=account_id, next_call_at=account.next_call_at).update(next_call_at=following):
            return wait


def wait_for_slot(*, account_id: int, patience: float = PATIENCE_SECONDS) -> None:
    """Reserve the next slot and sleep until it comes. Raises Throttled if it is further away than `patience` seconds."""
    wait = reserve(account_id=account_id, patience=patience)
    if wait > 0:
        time.sleep(wait)


def hold_off(*, account_id: int, seconds: float) -> datetime:
    """The platform asked for quiet: no call of this account starts before that, whoever makes it."""
    until = db_now() + timedelta(seconds=seconds)
    Account.objects.filter(pk=account_id, next_call_at__lt=until).update(next_call_at=until)
    return until
