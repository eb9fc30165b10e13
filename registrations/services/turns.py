"""One turn at an account: the calls that seats need, and what each kind of failure means for the rest of the turn."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from django.db import DatabaseError

from registrations.models import Account, Seat, Verb, Wish, db_now
from registrations.services import catalog, leases, outcomes, pace, pauses, people, steps, sweeping
from registrations.services.due import NOTHING, Due, seats_due
from registrations.webinar.errors import Misconfigured, NotFound, PlatformError, Scope, Throttled
from registrations.webinar.provider import Provider

logger = logging.getLogger(__name__)

SLICE_SECONDS = 5.0
SLICE_ROWS = 10


@dataclass
class Turn:
    """A slice of work for one account: its connection, what it may still do, and what became due on the way."""

    account: Account
    provider: Provider
    hold: leases.Hold
    due: Due = NOTHING
    rows: int = 0
    quiet: bool = False
    """The platform asked for quiet, or refuses everything: take no more."""
    deadline: float = field(default_factory=lambda: time.monotonic() + SLICE_SECONDS)

    @property
    def is_over(self) -> bool:
        return self.quiet or self.rows >= SLICE_ROWS or time.monotonic() >= self.deadline or not self.hold.renew()

    @property
    def rows_left(self) -> int:
        return SLICE_ROWS - self.rows

    def work(self, seats: list[Seat]) -> None:
        """Do what each claimed seat needs; whatever is left when the turn is over goes back as it was."""
        for seat in seats:
            if seat.in_doubt_since is None:
                if self.is_over:
                    steps.release(seat)
                else:
                    self.serve(seat)
        for batch in sweeping.by_target(seat for seat in seats if seat.in_doubt_since is not None and seat.lease_token):
            if self.is_over:
                for seat in batch:
                    steps.release(seat)
            else:
                self.sweep(batch)

    def serve(self, seat: Seat) -> bool:
        """One call, or none where none is needed. True if nothing failed."""
        self.rows += 1
        if seat.is_fulfilled:
            return self._guard([seat], lambda: self._look_instead(seat))
        if seat.wish == Wish.OUT and seat.participation_id is None:
            return self._guard([seat], lambda: outcomes.removed(seat))
        if seat.wish == Wish.IN and seat.place.is_over(db_now()):
            return self._guard([seat], lambda: outcomes.too_late(seat))
        if seat.verb is Verb.DELETE:
            return self._guard([seat], lambda: outcomes.delete(self.provider, seat))
        return self._guard([seat], lambda: self._register(seat))

    def sweep(self, seats: list[Seat]) -> bool:
        """Settle seats in doubt of one target by one look at its list. True if nothing failed."""
        self.rows += 1
        return self._guard(seats, lambda: sweeping.resolve(self.provider, seats, keep_alive=self.hold.renew))

    def _look_instead(self, seat: Seat) -> Due:
        """A known person's second form: nothing to register, but a read in its place, so that it meets the same queue,
        pace and outages as anybody's first form and tells nobody that the address is known."""
        catalog.read_again(self.provider, seat.place)
        return outcomes.still_in(seat)

    def _register(self, seat: Seat) -> Due:
        catalog.refresh_place(self.provider, seat.place)
        person = people.person_for(seat)
        if not steps.begin(seat, first_call_at=seat.first_call_at or db_now()):
            return seats_due(seat.account_id)
        return outcomes.registered(self.provider, seat, self.provider.register(seat.target, person))

    def _guard(self, seats: list[Seat], work: Callable[[], Due]) -> bool:
        try:
            self.due |= work()
        except Throttled as error:
            pace.hold_off(account_id=self.account.pk, seconds=error.retry_after)
            for seat in seats:
                outcomes.give_back(seat, delay=error.retry_after)
            self.quiet = True
        except Misconfigured as error:
            self._refused(seats, error)
        except PlatformError as error:
            settle_seconds = self.provider.capabilities.settle_seconds
            for seat in seats:
                self.due |= outcomes.failed(seat, error, settle_seconds=settle_seconds)
        except DatabaseError:
            raise  # nothing can be written down now; the leases run out, and whoever was begun is looked up then
        except Exception:
            logger.exception("a seat could not be worked on", extra={"seats": [seat.pk for seat in seats]})
            for seat in seats:
                steps.stumble(seat)
        else:
            return True
        return False

    def _refused(self, seats: list[Seat], error: Misconfigured) -> None:
        if isinstance(error, NotFound):
            catalog.suspect_missing(seats[0].place)
        for seat in seats:
            outcomes.keep_place(seat, error)
        self.due |= pauses.begin(account=self.account, error=error, event=seats[0].event, verb=seats[0].verb)
        self.quiet = error.scope is Scope.ACCOUNT
