"""One turn at an account: the calls that seats need, and what each kind of failure means for the rest of the turn."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

from django.db import DatabaseError

from registrations.models import Account, Fact, Seat, StepState, TimelineEntry, Verb, Wish, db_now
from registrations.services import catalog, coalescing, leases, outcomes, pace, pauses, people, steps, sweeping
from registrations.services.due import NOTHING, Due, seats_due
from registrations.webinar.errors import Misconfigured, NotFound, PlatformError, Scope, Throttled, Unavailable
from registrations.webinar.provider import Person, Provider

logger = logging.getLogger(__name__)

SLICE_SECONDS = 5.0
SLICE_CALLS = 10
CLAIM_ROWS = 50
LATELY = timedelta(minutes=1)
REPEATS_WAIT_TRIES = 6


@dataclass
class Turn:
    """A slice of work for one account: its connection, what it may still do, and what became due on the way."""

    account: Account
    provider: Provider
    hold: leases.Hold
    due: Due = NOTHING
    calls: int = 0
    quiet: bool = False
    """The platform asked for quiet, or refuses everything: take no more."""
    refused: bool = False
    """A pause began in this turn: what was claimed before it may stand still now."""
    deadline: float = field(default_factory=lambda: time.monotonic() + SLICE_SECONDS)

    @property
    def is_over(self) -> bool:
        return self.quiet or self.calls >= SLICE_CALLS or time.monotonic() >= self.deadline or not self.hold.renew()

    def work(self, seats: list[Seat]) -> None:
        """Do what each claimed seat needs, in their order; seats in doubt of one target together, when the first comes.

        Whatever is left when the turn is over, or a new pause holds it, goes back as it was.
        """
        self.refused = False
        for seat in seats:
            if seat.lost_too_often:
                self._guard([seat], partial(outcomes.parked, seat, reason="lost_leases"))
        for batch in self._batches([seat for seat in seats if not seat.lost_too_often]):
            if self.is_over or (self.refused and pauses.holds(batch[0])):
                for waiting in batch:
                    steps.release(waiting)
            elif batch[0].in_doubt_since is not None:
                self.sweep(batch)
            elif len(batch) > 1:
                self.invite(batch)
            else:
                self.serve(batch[0])

    def _batches(self, seats: list[Seat]) -> Iterator[list[Seat]]:
        """The seats in their order, each with all that share its call; repeats after those who show how registering goes."""
        limit = self.provider.capabilities.bulk_limit
        in_doubt = sweeping.by_target(seat for seat in seats if seat.in_doubt_since is not None)
        shared = {batch[0].pk: batch for batch in (*in_doubt, *coalescing.batches(seats, limit=limit))}
        led = {seat.pk for batch in shared.values() for seat in batch}
        for seat in sorted(seats, key=lambda seat: seat.is_fulfilled):
            if seat.pk in shared:
                yield shared[seat.pk]
            elif seat.pk not in led:
                yield [seat]

    def serve(self, seat: Seat) -> bool:
        """One call, or none where none is needed. True if nothing failed."""
        self.calls += 1
        if seat.is_fulfilled:
            return self._guard([seat], lambda: self._look_instead(seat))
        if seat.wish == Wish.OUT and seat.participation_id is None:
            return self._guard([seat], lambda: outcomes.removed(seat))
        if seat.verb is Verb.DELETE:
            return self._guard([seat], lambda: outcomes.delete(self.provider, seat))
        return self._guard([seat], lambda: self._register(seat))

    def invite(self, seats: list[Seat]) -> None:
        """Register people of one target in one call; then each by what the answer says of them."""
        self.calls += 1
        invited: list[coalescing.Invited] = []
        begun: list[tuple[Seat, Person]] = []

        def call() -> Due:
            catalog.refresh_place(self.provider, seats[0].place)
            for seat in seats[1:]:
                seat.place.extra_fields = seats[0].place.extra_fields
            begun.extend(coalescing.begin(coalescing.people_of(seats, refuse=self._refuse)))
            if begun:
                invited.extend(coalescing.invite(self.provider, begun))
            return NOTHING

        if self._guard(seats, call):
            for item in invited:
                self._guard([item.seat], partial(coalescing.settle, self.provider, item))

    def _refuse(self, seat: Seat, error: PlatformError) -> None:
        def fail() -> Due:
            raise error

        self._guard([seat], fail)

    def sweep(self, seats: list[Seat]) -> None:
        """Settle seats in doubt of one target by one look at its list; then each by itself."""
        self.calls += 1
        found: sweeping.Found = {}

        def look() -> Due:
            found.update(sweeping.look(self.provider, seats, keep_alive=self.hold.renew))
            return NOTHING

        if self._guard(seats, look):
            for decision in sweeping.decide(self.provider, seats, found):
                if self.quiet:
                    for seat in decision.seats:
                        steps.release(seat)
                else:
                    self._guard(decision.seats, decision.carry_out)

    def _look_instead(self, seat: Seat) -> Due:
        """A known person's second form: nothing to register, but it must meet the queue, pace and outages of anybody's first
        form, or it would tell that the address is known. So the target is read in place of the registration, a moderated
        one's list is looked at too, and while others wait because registering fails, so does this."""
        if seat.attempts < REPEATS_WAIT_TRIES and _registering_fails(seat):
            raise Unavailable(seat.reason or "registering_fails")
        catalog.refresh_place(self.provider, seat.place)
        catalog.read_again(self.provider, seat.place)
        if seat.place.moderated:
            sweeping.look(self.provider, [seat], keep_alive=self.hold.renew)
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
                self.due |= outcomes.stumbled(seat)
        else:
            return True
        return False

    def _refused(self, seats: list[Seat], error: Misconfigured) -> None:
        if isinstance(error, NotFound):
            catalog.suspect_missing(seats[0].place)
        for seat in seats:
            outcomes.keep_place(seat, error)
        verb = Verb(error.verb or seats[0].verb)
        self.due |= pauses.begin(account=self.account, error=error, seat=seats[0], verb=verb)
        self.refused = True
        self.quiet = self.quiet or error.scope is Scope.ACCOUNT


def _registering_fails(seat: Seat) -> bool:
    """Others of the same target wait after a failed try, and nobody got in within the last minute."""
    others = Seat.objects.filter(event=seat.event, session=seat.session, wish=Wish.IN).exclude(pk=seat.pk)
    waiting = others.filter(state=StepState.QUEUED, attempts__gt=0).exclude(fact=Fact.IN)
    arrived = TimelineEntry.objects.filter(
        code=TimelineEntry.Code.REGISTERED, at__gt=db_now() - LATELY, registration__enrollments__seat__in=others
    )
    return waiting.exists() and not arrived.exists()
