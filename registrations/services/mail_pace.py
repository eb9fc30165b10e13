"""The pace that a sender's mail provider allows: every mail first takes a slot on the sender's row.

Slots are 1/rate apart, whoever takes them. What nobody waits for right now lets another half slot pass, so that all of it
together gets two thirds of the rate at most: a mail that somebody does wait for finds the next slot free, and overtakes
whatever is queued.
"""

from __future__ import annotations

from datetime import timedelta

from registrations.models import Priority, Sender, db_now
from registrations.services import pace

LET_PASS = 0.5


class MailPace:
    """The slots of one sender, for one drain."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender
        rate = sender.mails_per_second
        self._interval = 0.0 if rate is None else pace.interval(rate)

    @property
    def is_free(self) -> bool:
        """The provider takes mails as they come."""
        return self._interval == 0.0

    def wait(self, priority: int) -> float:
        """Seconds until a mail of that priority may leave; 0 or less: now."""
        if self.is_free:
            return 0.0
        early = (self._sender.next_mail_at - db_now()).total_seconds()
        return early if priority == Priority.NOW else early + LET_PASS * self._interval

    def take(self) -> bool:
        """Take the next slot; False if another drain was faster: then ask again how long to wait.

        One conditional UPDATE, so that any number of drains share one pace.
        """
        if self.is_free:
            return True
        seen = self._sender.next_mail_at
        following = max(seen, db_now()) + timedelta(seconds=self._interval)
        if Sender.objects.filter(pk=self._sender.pk, next_mail_at=seen).update(next_mail_at=following):
            self._sender.next_mail_at = following
            return True
        self._sender.refresh_from_db(fields=["next_mail_at"])
        return False

    def ahead(self, seconds: float) -> int:
        """How many mails may leave within that time, at least one."""
        return max(int(seconds / self._interval), 1) if self._interval else 1_000_000
