"""What looks at participants lists said, kept for a minute, so that many in doubt share one."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta

from registrations.models import Seat, db_now
from registrations.webinar.provider import Participation

FRESH = timedelta(minutes=1)
KEPT = 8

Found = dict[str, list[Participation]]
Target = tuple[int, int | None]


@dataclass(frozen=True, slots=True)
class Look:
    """One read of a target's whole list: who of those that waited when it began is there, by address."""

    began_at: datetime
    found: Found

    def tells(self, seat: Seat) -> bool:
        """Whether it began when the doubt was there and its wait was over: an earlier look says nothing of a later call."""
        if seat.lost_leases or seat.in_doubt_since is None:
            return False  # when whoever died made the call, nobody knows
        return max(seat.in_doubt_since, seat.run_at) <= self.began_at


class Looks:
    """The last few looks of this process; any thread may ask."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Target, Look] = OrderedDict()
        self._lock = threading.Lock()

    def keep(self, seat: Seat, look: Look) -> None:
        """Remember a look at a seat's target."""
        with self._lock:
            self._kept.pop((seat.event_id, seat.session_id), None)
            self._kept[seat.event_id, seat.session_id] = look
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)

    def for_all(self, seats: list[Seat]) -> Look | None:
        """A look that decides all these seats of one target; None if there is none that serves."""
        with self._lock:
            look = self._kept.get((seats[0].event_id, seats[0].session_id))
        if look is None or db_now() - look.began_at > FRESH:
            return None
        return look if all(look.tells(seat) for seat in seats) else None


LOOKS = Looks()
