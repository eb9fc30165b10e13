"""Whether the database was restored from a backup: then what it takes for undone may have been done, and nothing may leave.

Work that is taken up is counted in the database, and witnesses outside of it remember the count by installation. A database
that is behind its witness stands still until an operator resumes it; one without a witness is new, or on a new machine.

What is remembered is always read before the count: whatever is remembered was committed before, so that with any number of
processes and hosts the count that is read afterwards is not below it, unless the database was put back.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F

from registrations.models import Delivery, db_now
from registrations.services import testimony

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Behind:
    """A restored database that waits for an operator: since when, and how far it is behind."""

    since: datetime
    ticks: int
    witnessed_ticks: int

    @property
    def missing(self) -> int:
        return self.witnessed_ticks - self.ticks

    @property
    def missing_slices(self) -> int:
        """How many slices of work it does not know of, or not the end of: each is counted twice."""
        return (self.missing + 1) // 2


def tick() -> bool:
    """Count a slice of work, when it is taken up and once more when it is done. False if delivery must stand still.

    Call it outside of any transaction: the count has to be committed before anything leaves.
    """
    switch = _switch()
    seen = testimony.seen(switch.installation)
    with transaction.atomic(durable=True):
        mine = Delivery.objects.filter(pk=switch.pk, installation=switch.installation, behind_since=None, ticks__gte=seen)
        counted = mine.update(ticks=F("ticks") + 1)
        now = Delivery.objects.get(pk=switch.pk)
    if not counted:
        _stand_still(switch.installation, seen)
        return False
    testimony.remember(now.installation, now.ticks)
    return now.paused_at is None


def stands_still() -> bool:
    """Whether nothing may leave: everything is paused, or the database is behind its witness. Counts nothing."""
    switch = _switch()
    seen = testimony.seen(switch.installation)
    if switch.ticks < seen or switch.behind_since is not None:
        _stand_still(switch.installation, seen)
        switch = _switch()
    return switch.paused_at is not None or switch.behind_since is not None


def behind() -> Behind | None:
    """What an operator has to know while the database is behind its witness; None if it is not."""
    switch = Delivery.objects.filter(pk=1, behind_since__isnull=False).first()
    if switch is None or switch.behind_since is None:
        return None
    return Behind(since=switch.behind_since, ticks=switch.ticks, witnessed_ticks=switch.witnessed_ticks)


def _switch() -> Delivery:
    """The one row, as it is now; a new installation's is made here."""
    return Delivery.objects.get_or_create(pk=1)[0]


def _stand_still(installation: UUID, seen: int) -> None:
    """Mark the database as behind if it is, by its count as it stands now; what other hosts have seen raises the mark."""
    row = Delivery.objects.filter(pk=1, installation=installation, ticks__lt=seen)
    if row.filter(behind_since=None).update(behind_since=db_now(), witnessed_ticks=seen):
        logger.error("the database is behind its witness: delivery stands still", extra={"witnessed": seen})
    else:
        row.filter(behind_since__isnull=False, witnessed_ticks__lt=seen).update(witnessed_ticks=seen)
