"""How many posts were held back, counted per campaign, day and reason: for the marketer, in numbers alone.

Each process adds up and writes once a second, so that a flood costs no more writing than a trickle.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from datetime import date, timedelta

from django.db import IntegrityError
from django.db.models import Sum
from django.utils import timezone

from registrations.models import BlockedTries

BETWEEN_WRITES_SECONDS = 1.0
KEPT = timedelta(days=90)
SHOWN = timedelta(days=7)

logger = logging.getLogger(__name__)


class Ledger:
    """What one process has counted and not written yet."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[tuple[int, date, str]] = Counter()
        self._written_at = float("-inf")

    def forget(self) -> None:
        """Drop what is not written yet."""
        with self._lock:
            self._counts.clear()
            self._written_at = float("-inf")

    def note(self, *, campaign_id: int, reason: BlockedTries.Reason) -> None:
        """Count one post that is held back, and write if it is time."""
        with self._lock:
            self._counts[campaign_id, timezone.now().date(), reason.value] += 1
        self.write_if_due()

    def write_if_due(self) -> None:
        """Write what was counted, once a second at most. Cheap if there is nothing."""
        if self._counts and time.monotonic() - self._written_at >= BETWEEN_WRITES_SECONDS:
            self.write()

    def write(self) -> None:
        """Write what was counted. Raises what the database raises when it is away; the counts are kept then."""
        with self._lock:
            counts, self._counts = self._counts, Counter()
            self._written_at = time.monotonic()
        try:
            BlockedTries.add([(*key, count) for key, count in counts.items()])
        except IntegrityError:  # a campaign was deleted in this very moment
            logger.warning("tries held back could not be counted")
        except Exception:
            with self._lock:
                self._counts += counts
            raise


ledger = Ledger()


def last_week(*, campaign_id: int) -> dict[BlockedTries.Reason, int]:
    """How many posts to a campaign were held back in the last seven days, by reason; only reasons that there were."""
    recent = BlockedTries.objects.filter(campaign=campaign_id, day__gt=timezone.now().date() - SHOWN)
    sums = dict(recent.values_list("reason").annotate(total=Sum("count")))
    return {reason: sums[reason.value] for reason in BlockedTries.Reason if reason.value in sums}


def prune() -> None:
    """Forget days that are long past."""
    old = BlockedTries.objects.filter(day__lt=timezone.now().date() - KEPT)
    if old.exists():
        old.delete()
