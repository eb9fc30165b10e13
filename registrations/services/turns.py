"""One turn at an account: carries out the errands of its seats, and knows what each kind of failure means for the rest.

All calls go to the crew's threads and several are under way at once, so that a slow answer costs no slot; everything that
touches the database happens here, in one thread, for as many seats at once as there are.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field
from itertools import groupby
from operator import attrgetter
from typing import Any

from django.db import DatabaseError
from django.db.models import Value
from django.db.models.functions import Coalesce

from registrations.models import Account, Seat, Verb, db_now
from registrations.services import arrivals, catalog, leases, outcomes, pace, pauses, registering, steps
from registrations.services.crew import SIZE, Crew
from registrations.services.due import NOTHING, Due
from registrations.services.errands import Ask, Begin, Errand, Fork, LetIn
from registrations.services.waiting import Batch, Waiting
from registrations.webinar.errors import Misconfigured, NotFound, PlatformError, Scope, Throttled
from registrations.webinar.provider import Provider

logger = logging.getLogger(__name__)

SLICE_SECONDS = 5.0
LISTEN_SECONDS = 0.05


@dataclass(eq=False)
class Job:
    """An errand under way, and the seats that fail if it fails. `called` once a call was made that may have had an effect."""

    seats: list[Seat]
    errand: Errand
    ask: Ask | None = None
    called: bool = False
    over: bool = False
    failed: bool = False


@dataclass
class Turn:
    """A slice of work for one account: its connections, what it may still do, and what became due on the way."""

    account: Account
    provider: Provider
    crew: Crew
    hold: leases.Hold
    waiting: Waiting
    due: Due = NOTHING
    quiet: bool = False
    """The platform asked for quiet, or refuses everything: take no more."""
    deadline: float = field(default_factory=lambda: time.monotonic() + SLICE_SECONDS)
    _slots: pace.Slots = field(init=False)
    _asking: deque[Job] = field(default_factory=deque)
    _beginning: list[tuple[Job, Begin]] = field(default_factory=list)
    _arriving: list[tuple[Job, LetIn]] = field(default_factory=list)
    _calls: dict[Future[Any], Job] = field(default_factory=dict)
    _renewed: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self._slots = pace.Slots(self.account)

    @property
    def is_over(self) -> bool:
        return self.quiet or time.monotonic() >= self.deadline or not self.hold.renew()

    @property
    def is_idle(self) -> bool:
        """Nothing waits and nothing is under way."""
        return not (self._calls or self._asking or self._beginning or self._arriving or self.waiting)

    def work(self) -> None:
        """Go on for a moment: start what may start, write down what arrived, and listen for answers."""
        self._start()
        self._write_down()
        self._start_asked()
        self._listen()

    def end(self) -> None:
        """Take no more; finish what is under way, and give back as it was whatever is not."""
        steps.release_all(self.waiting.take_all())
        self.hold.release()  # whoever comes next need not wait for our last answers
        patience = time.monotonic() + pace.PATIENCE_SECONDS
        while not self.is_idle:
            if self.quiet or time.monotonic() > patience:
                self._break_off()
            self._write_down()
            self._start_asked()
            self._listen()

    def probe(self, seat: Seat) -> bool:
        """Carry out one seat's errand now. True if nothing failed."""
        job = self._begin(Batch([seat], registering.errand_for(self.provider, seat)))
        while not job.over:
            self._write_down()
            self._start_asked()
            self._listen()
        return not job.failed

    def _start(self) -> None:
        """Begin as many errands as there are slots near, in the order in which seats wait."""
        while len(self._calls) < SIZE and self._slots.count() > len(self._asking) + len(self._beginning):
            batch = self.waiting.next_batch(self.provider)
            if batch is None:
                return
            self._begin(batch)

    def _begin(self, batch: Batch) -> Job:
        job = Job(batch.seats, batch.errand)
        self._go_on(job)
        return job

    def _start_asked(self) -> None:
        while self._asking and len(self._calls) < SIZE and self._slots.count():
            job = self._asking.popleft()
            assert job.ask is not None  # noqa: S101  (that is why it is in the list)
            job.called = job.called or any(seat.begun_at is not None for seat in job.seats)
            self._calls[self.crew.send(job.ask.call, at=self._slots.take())] = job

    def _listen(self) -> None:
        """Hear whoever answers within a moment, and keep the leases of all that is in our hands."""
        if self._calls:
            done, _ = wait(self._calls, timeout=LISTEN_SECONDS, return_when=FIRST_COMPLETED)
            for future in done:
                job = self._calls.pop(future)
                error = future.exception()
                self._go_on(job, throw=error) if error is not None else self._go_on(job, send=future.result())
        elif self._asking or self.waiting:
            time.sleep(LISTEN_SECONDS)
        self._keep_leases()

    def _keep_leases(self) -> None:
        if time.monotonic() - self._renewed < steps.lease_length().total_seconds() / 2:
            return
        self._renewed = time.monotonic()
        jobs = [*self._calls.values(), *self._asking]
        held = [*self.waiting.seats, *(seat for job in jobs for seat in job.seats)]
        ours = sorted((seat for seat in held if seat.lease_token is not None), key=attrgetter("lease_token"))
        for _, seats in groupby(ours, key=attrgetter("lease_token")):
            steps.renew(list(seats))

    def _write_down(self) -> None:
        """What errands asked for of the database, for all of them at once; they may ask for more at once."""
        while self._beginning or self._arriving:
            beginning, self._beginning = self._beginning, []
            arriving, self._arriving = self._arriving, []
            begun = self._begin_all([seat for _, asked in beginning for seat in asked.seats])
            for job, asked in beginning:
                self._go_on(job, send=[seat for seat in asked.seats if seat.pk in begun])
            results = arrivals.let_in_all([(asked.seat, asked.answer) for _, asked in arriving])
            for (job, _), came in zip(arriving, results, strict=True):
                self._go_on(job, throw=came) if isinstance(came, Exception) else self._go_on(job, send=came)

    def _begin_all(self, seats: list[Seat]) -> set[int]:
        begun: set[int] = set()
        now = db_now()
        ours = sorted((seat for seat in seats if seat.lease_token is not None), key=attrgetter("lease_token"))
        for _, of_one_claim in groupby(ours, key=attrgetter("lease_token")):
            for seat in steps.begin_all(list(of_one_claim), first_call_at=Coalesce("first_call_at", Value(now))):
                seat.first_call_at = seat.first_call_at or now
                begun.add(seat.pk)
        return begun

    def _go_on(self, job: Job, *, send: Any = None, throw: BaseException | None = None) -> None:
        """Let an errand run until it asks for something that takes time, or is over."""
        try:
            while True:
                asked = job.errand.throw(throw) if throw is not None else job.errand.send(send)
                send = throw = None
                if not isinstance(asked, Fork):
                    break
                job.seats = [seat for seat in job.seats if seat not in asked.seats]
                self._go_on(Job(asked.seats, asked.errand, called=job.called))
        except StopIteration as end:
            self.due |= end.value
            self._finish(job)
        except DatabaseError:
            raise  # nothing can be written down now; the leases run out, and whoever was begun is looked up then
        except Exception as error:
            job.failed = True
            self._failed(job, error)
            self._finish(job)
        else:
            self._note(job, asked)

    def _note(self, job: Job, asked: Ask | Begin | LetIn) -> None:
        if isinstance(asked, Ask):
            job.ask = asked
            self._asking.append(job)
        elif isinstance(asked, Begin):
            self._beginning.append((job, asked))
        else:
            self._arriving.append((job, asked))

    def _finish(self, job: Job) -> None:
        job.over = True
        self.waiting.is_over(job.errand)

    def _failed(self, job: Job, error: Exception) -> None:
        if isinstance(error, Throttled):
            pace.hold_off(account_id=self.account.pk, seconds=error.retry_after)
            for seat in job.seats:
                outcomes.give_back(seat, delay=error.retry_after)
            self.quiet = True
        elif isinstance(error, Misconfigured):
            self._refused(job.seats, error)
        elif isinstance(error, PlatformError):
            settle_seconds = self.provider.capabilities.settle_seconds
            for seat in job.seats:
                self.due |= outcomes.failed(seat, error, settle_seconds=settle_seconds)
        else:
            logger.error("a seat could not be worked on", exc_info=error, extra={"seats": [seat.pk for seat in job.seats]})
            for seat in job.seats:
                self.due |= outcomes.stumbled(seat)

    def _refused(self, seats: list[Seat], error: Misconfigured) -> None:
        if not seats:
            return
        if isinstance(error, NotFound):
            catalog.suspect_missing(seats[0].place)
        for seat in seats:
            outcomes.keep_place(seat, error)
        verb = Verb(error.verb or seats[0].verb)
        self.due |= pauses.begin(account=self.account, error=error, seat=seats[0], verb=verb)
        self.quiet = self.quiet or error.scope is Scope.ACCOUNT
        steps.release_all(self.waiting.take_held())

    def _break_off(self) -> None:
        """Whatever still wants to ask something must not: the platform wants quiet, by our own ears or by somebody else's."""
        while self._asking:
            job = self._asking.popleft()
            job.errand.close()
            for seat in job.seats:
                outcomes.broken_off(seat, called=job.called)
            self._finish(job)
