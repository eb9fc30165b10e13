"""The pace that a platform allows: every call by anyone first reserves a slot on the account's row."""

from __future__ import annotations

import time
from collections import deque
from datetime import datetime, timedelta

from registrations.models import Account, db_now
from registrations.webinar.errors import Throttled

PATIENCE_SECONDS = 10.0
MARGIN = 1.02
"""Calls exactly 1/rate apart fall three into one second of the platform's counting as soon as one is a moment late."""
AHEAD_SECONDS = 0.1
"""For how long a drain reserves ahead: one slot at usual rates, so that whoever is urgent is next."""


def reserve(*, account_id: int, patience: float = PATIENCE_SECONDS, slots: int = 1) -> float:
    """Take the account's next free slots and return how many seconds away the first is. Raises Throttled beyond `patience`.

    The reservation is one conditional UPDATE, so that any number of processes share one pace without a lock.
    """
    while True:
        account = Account.objects.only("next_call_at", "calls_per_second").get(pk=account_id)
        now = db_now()
        slot = max(account.next_call_at, now)
        wait = (slot - now).total_seconds()
        if wait > patience:
            raise Throttled("own_pace", retry_after=wait)
        # Whoever asks for many went by a rate that may have been lowered since: never far ahead.
        each = interval(account.calls_per_second)
        following = slot + timedelta(seconds=min(slots * each, max(each, AHEAD_SECONDS)))
        if Account.objects.filter(pk=account_id, next_call_at=account.next_call_at).update(next_call_at=following):
            return wait


def interval(calls_per_second: float) -> float:
    """Seconds between two calls."""
    return MARGIN / calls_per_second


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


class Slots:
    """The slots that one drain has in hand, reserved only shortly before they come. Used by one thread."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._interval = interval(account.calls_per_second)
        self._at_once = max(int(AHEAD_SECONDS / self._interval), 1)
        self._in_hand: deque[float] = deque()

    def count(self) -> int:
        """How many calls may start now or in a moment; reserves more if there is none left and the next is near."""
        # A slot that nobody used is lost: used later, it would come on top of the pace.
        while self._in_hand and self._in_hand[0] < time.monotonic() - self._interval - AHEAD_SECONDS:
            self._in_hand.popleft()
        if not self._in_hand:
            try:
                wait = reserve(account_id=self._account.pk, patience=self._interval, slots=self._at_once)
            except Throttled:
                return 0
            first = time.monotonic() + wait
            self._in_hand.extend(first + number * self._interval for number in range(self._at_once))
        return len(self._in_hand)

    def take(self) -> float:
        """The next slot in hand, by the monotonic clock."""
        return self._in_hand.popleft()
