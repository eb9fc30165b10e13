"""The seats that a turn has claimed and not begun: which go next, and which go together."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from registrations.models import Account, Priority, Seat
from registrations.services import catalog, coalescing, pauses, people, registering, sweeping
from registrations.services.coalescing import same_target
from registrations.services.errands import Errand
from registrations.webinar.provider import Provider

CLAIM_ROWS = 50
AGAIN_SECONDS = 0.1
URGENT_SECONDS = 0.3


@dataclass(frozen=True, slots=True)
class Batch:
    """Seats that share an errand."""

    seats: list[Seat]
    errand: Errand


def _nothing() -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Reading:
    """Whether an errand still has to read something of its target: what all others of it wait for, and what only those wait
    for who are registered in bulk."""

    for_all: Callable[[], bool] = _nothing
    for_many: Callable[[], bool] = _nothing


@dataclass
class Waiting:
    """Claimed seats in their order. `claim` takes more of those that are due, only the urgent ones if it is told so."""

    account: Account
    claim: Callable[..., list[Seat]]
    seats: list[Seat] = field(default_factory=list)
    _under_way: dict[Errand, Seat] = field(default_factory=dict)
    _reading: dict[Errand, Reading] = field(default_factory=dict)
    _before: dict[int, set[Errand]] = field(default_factory=dict)
    """What a repeated form waits for: the errands of its target that were under way when its turn came."""
    _next_claim: float = 0.0
    _next_urgent: float = 0.0

    def __bool__(self) -> bool:
        return bool(self.seats)

    def fill(self, *, at_once: bool = False) -> bool:
        """Claim what is due, if there is room and it is time to (or `at_once`); False if nothing came."""
        now = time.monotonic()
        if len(self.seats) < CLAIM_ROWS / 2 and (at_once or now >= self._next_claim):
            came = self.claim(limit=CLAIM_ROWS - len(self.seats))
            self._next_claim = now if came else now + AGAIN_SECONDS
        elif now >= self._next_urgent and any(seat.priority != Priority.NOW for seat in self.seats):
            # Whoever waits at a form goes before an imported list that we have in hand already.
            came = self.claim(limit=CLAIM_ROWS, urgent=True)
            self._next_urgent = now + URGENT_SECONDS
        else:
            return False
        self.seats.extend(self.at_one_place(came))
        self.seats.sort(key=lambda seat: (seat.is_fulfilled, seat.priority))
        return bool(came)

    def at_one_place(self, came: list[Seat]) -> list[Seat]:
        """Seats of one target share its mirror, so that what one reads the others know."""
        places = {(seat.event_id, seat.session_id): seat for seat in [*came, *self.seats]}
        for seat in people.with_people(came):
            seat.event, seat.session = (first := places[seat.event_id, seat.session_id]).event, first.session
            seat.account = seat.event.account = self.account
        return came

    def next_batch(self, provider: Provider) -> Batch | None:
        """The next seats to begin with, and how; None if nobody may begin now."""
        for seat in self.seats:
            if self._may_begin(seat):
                batch, reading = self._batch(provider, seat)
                self._under_way[batch.errand] = seat
                self._reading[batch.errand] = reading
                self.seats = [other for other in self.seats if other not in batch.seats]
                return batch
        return None

    def _may_begin(self, seat: Seat) -> bool:
        here = {errand for errand, other in self._under_way.items() if same_target(seat, other)}
        if any(self._reading[errand].for_all() for errand in here):
            return False
        looking = {errand for errand in here if self._reading[errand].for_many()}
        # A long list takes many calls, and whoever waits at a form gains nothing by it.
        if looking and seat.priority != Priority.NOW:
            return False
        # A repeat comes after those who show how registering goes, or it would tell that its address is known.
        return not seat.is_fulfilled or not (here & self._before.setdefault(seat.pk, here - looking))

    def _batch(self, provider: Provider, seat: Seat) -> tuple[Batch, Reading]:
        """What begins with a seat, and until when others of its target had better wait for it."""
        if seat.in_doubt_since is not None:
            doubtful = [other for other in self.seats if other.in_doubt_since is not None and same_target(other, seat)]
            return Batch(doubtful, sweeping.sweep(provider, doubtful)), Reading(for_all=lambda: True)
        place, detailed_at, looked_at = seat.place, seat.place.detailed_at, seat.place.looked_at
        together = coalescing.companions(seat, self.seats, limit=provider.capabilities.bulk_limit)
        is_stale = catalog.is_stale(place)

        def details() -> bool:
            return is_stale and place.detailed_at == detailed_at

        if len(together) == 1:
            return Batch(together, registering.errand_for(provider, seat)), Reading(details)
        look = registering.looks_first(together)
        many = registering.register_many(provider, together, look=look)
        return Batch(together, many), Reading(details, lambda: look and place.looked_at == looked_at)

    def is_over(self, errand: Errand) -> None:
        """An errand has ended: whoever waited for it may begin."""
        self._under_way.pop(errand, None)
        self._reading.pop(errand, None)

    def take_all(self) -> list[Seat]:
        """Give up all that waits."""
        taken, self.seats = self.seats, []
        return taken

    def take_held(self) -> list[Seat]:
        """Give up whoever a pause keeps waiting now."""
        held = {seat.pk for seat in self.seats if pauses.holds(seat)}
        taken = [seat for seat in self.seats if seat.pk in held]
        self.seats = [seat for seat in self.seats if seat.pk not in held]
        return taken
