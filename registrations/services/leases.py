"""Who works off an account's or a sender's steps right now: one drain at a time."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet

from registrations.models import Account, Sender, db_now
from registrations.services import steps

SHORTEST, LONGEST = timedelta(seconds=1), timedelta(seconds=10)


def length() -> timedelta:
    """How long nobody is at it after a drain died: much shorter than a step's lease, for nothing is in doubt by it.

    If two drains are at one account after all, each step is still fenced by its own lease.
    """
    return min(max(steps.lease_length() / 4, SHORTEST), LONGEST)


@dataclass
class Hold:
    """A lease that is held; `renew` extends it once half of it is over."""

    model: type[Account] | type[Sender]
    pk: int
    token: uuid.UUID
    until: datetime

    def renew(self) -> bool:
        """Keep the lease. False if it ran out and somebody else has it: then stop working."""
        now = db_now()
        if self.until - now > length() / 2:
            return True
        until = now + length()
        if not self._mine().update(lease_until=until):
            return False
        self.until = until
        return True

    def _mine(self) -> QuerySet[Any]:
        return self.model._default_manager.filter(pk=self.pk, lease_token=self.token)

    def release(self) -> None:
        self._mine().update(lease_token=None, lease_until=None)


@contextmanager
def hold(model: type[Account] | type[Sender], pk: int) -> Iterator[Hold | None]:
    """Take the lease of one row for the length of the block; None if somebody else has it."""
    now = db_now()
    taken = Hold(model, pk, uuid.uuid4(), now + length())
    free = Q(lease_until=None) | Q(lease_until__lt=now)
    if not model._default_manager.filter(free, pk=pk).update(lease_token=taken.token, lease_until=taken.until):
        yield None
        return
    try:
        yield taken
    finally:
        taken.release()
