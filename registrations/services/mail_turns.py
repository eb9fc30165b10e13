"""One drain's turn at a sender's mails: which go next, over how many connections, and what is written down together.

A mail waits here from its claim on, and is in the air from when a connection may take it to the server's last word. The
connections' threads know nothing of the database: before a text leaves they ask, and what they report together is
committed together; nothing waits for more than a few milliseconds to be written down in company.
"""

from __future__ import annotations

import time
from collections import deque
from contextlib import suppress

from django.db import Error, connection
from django.db.models import Q, QuerySet

from registrations.mailing.errors import MailUnavailable
from registrations.mailing.lanes import Asking, Ended, Event, Lanes, Opened, Withdrawn
from registrations.models import Delivery, OutgoingEmail, Priority, Sender, StepState, db_now
from registrations.services import leases, mail_outcomes, mail_trouble, steps
from registrations.services.handing_over import Done, Ready, write_down
from registrations.services.letters import Desk
from registrations.services.mail_pace import MailPace

SLICE_SECONDS = 5.0
LANES = 12
WAITING_PER_LANE = 4
"""So many must wait for each connection before another is opened."""
CLAIM_ROWS = 50
FIRST_CLAIM_ROWS = 20
AHEAD_SECONDS = 1.0
"""No more is claimed than leaves within that time, so that whatever is urgent is soon next."""
LOOK_SECONDS = 0.25
GATHER_SECONDS = 0.005
STUCK_SECONDS = 1.0

HARMFUL = Q(state=StepState.LEASED) | Q(lost_leases__gt=0)
"""A due mail like that was held by a worker that died, or our code failed on it."""


class MailTurn:
    """A slice of work for one sender.

    A mail begins with the mark that its text leaves. What may be harmful begins as soon as it is claimed, and goes alone,
    with nothing else claimed: if a worker dies of it, nobody else is held up or counts a lost lease.
    """

    def __init__(self, sender: Sender, held: leases.Hold, lanes: Lanes[Ready]) -> None:
        self.pace = MailPace(sender)
        self.in_trouble = False
        self._sender = sender
        self._held = held
        self._lanes = lanes
        self._waiting: list[Ready] = []
        self._in_the_air: set[Ready] = set()
        self._news: deque[Event[Ready]] = deque()
        self._done: list[Done] = []
        self._asking: list[Asking[Ready]] = []
        self._ended = 0
        self._began = self._heard_at = self._looked_at = time.monotonic()
        self._empty_until = self._harmless_until = 0.0
        self._over = False

    @property
    def is_over(self) -> bool:
        """No more mails are to begin: the time is up, the hold is lost, the server is in trouble, everything is paused."""
        now = time.monotonic()
        if now >= self._looked_at + LOOK_SECONDS and not self._is_stuck:
            self._looked_at = now
            self._over = self._over or not self._held.renew() or Delivery.is_paused()
        # Whether the server can be reached at all must be known before others try the same.
        is_late = now >= self._began + SLICE_SECONDS and bool(self._lanes.open or not self._lanes.opening)
        return self._over or self.in_trouble or is_late

    def go_on(self) -> bool:
        """Claim if little is left, give the connections work, and write down what they say; False if there is nothing."""
        self._fill()
        if not self._waiting and not self._in_the_air and not self._done:
            return self._waits_for_slot()
        self._give()
        self._listen()
        return True

    def give_back(self) -> None:
        """Let others have what no connection has taken yet."""
        untaken = self._lanes.take_back()
        self._in_the_air.difference_update(untaken)
        for ready in [*untaken, *self._waiting]:
            mail_outcomes.give_back(ready)
        self._waiting = []

    def finish(self) -> None:
        """Wait for what is in the air, and write down how it ended."""
        while self._in_the_air or self._done:
            self._listen()

    def rescue(self) -> None:
        """Something failed in the midst of it, most likely the database. Let nothing more leave, hear what the server says of
        what has left, and write down what it took as soon as that can be, while its leases last; or it would leave twice."""
        until = time.monotonic() + steps.lease_length().total_seconds()
        withdrawn = self._lanes.take_back()
        self._in_the_air.difference_update(withdrawn)
        while time.monotonic() < until and (self._done or self._in_the_air):
            if self._in_the_air:
                self._news.extend(self._lanes.hear(LOOK_SECONDS, gather=GATHER_SECONDS))
            withdrawn += self._hear_the_last()
            try:
                _, self._done = write_down(done=self._done, leaving=[])
            except Error:
                connection.close_if_unusable_or_obsolete()
            if self._done:
                time.sleep(LOOK_SECONDS)
        with suppress(Error):
            for ready in [*withdrawn, *self._waiting]:
                mail_outcomes.give_back(ready)

    def _hear_the_last(self) -> list[Ready]:
        """Keep what the server took, and let nothing else leave; returns what did not."""
        asked, withdrawn = self._asking, []
        self._asking = []
        while self._news:
            match event := self._news.popleft():
                case Asking():
                    asked.append(event)
                case Ended():
                    self._in_the_air.discard(event.job)
                    self._done += [Done(event.job, event.reply)] if event.error is None else []
                    withdrawn += [event.job] if isinstance(event.error, Withdrawn) else []
        for each in asked:
            self._lanes.answer(each, may_leave=False)
        return withdrawn

    @property
    def _is_stuck(self) -> bool:
        """No connection has said a word for a while. The hold is not renewed then, so that another drain takes over."""
        return bool(self._in_the_air) and time.monotonic() - self._heard_at > STUCK_SECONDS

    def _fill(self) -> None:
        now = time.monotonic()
        if len(self._waiting) >= LANES or now < self._empty_until or self._is_stuck:
            return
        if any(ready.alone for ready in (*self._waiting, *self._in_the_air)) or self.pace.wait(Priority.NOW) > 0:
            return
        mails = OutgoingEmail.objects.filter(sender=self._sender).select_related("registration")
        if self._harm_is_near(mails):
            if not self._waiting and not self._in_the_air:
                self._claim(mails.filter(HARMFUL), limit=1, alone=True)
            return
        if self.pace.wait(Priority.BULK) > 0:
            mails = mails.filter(priority=Priority.NOW)
        leaving_soon = int(self._ended / max(now - self._began, LOOK_SECONDS) * AHEAD_SECONDS)
        limit = min(max(leaving_soon, FIRST_CLAIM_ROWS), CLAIM_ROWS, self.pace.ahead(LOOK_SECONDS))
        if not self._claim(mails.exclude(HARMFUL), limit=limit, alone=False):
            self._empty_until = now + LOOK_SECONDS / 2

    def _waits_for_slot(self) -> bool:
        """Nothing could be claimed, only because no slot is free; wait for it if it comes in this slice."""
        wait = max(self.pace.wait(Priority.NOW), 0.0) or self.pace.wait(Priority.BULK)
        if wait <= 0 or time.monotonic() + wait > self._began + SLICE_SECONDS:
            return False
        if not OutgoingEmail.objects.filter(steps.due(db_now()), sender=self._sender).exists():
            return False
        time.sleep(min(wait, LOOK_SECONDS / 2))
        self._empty_until = 0.0
        return True

    def _harm_is_near(self, mails: QuerySet[OutgoingEmail]) -> bool:
        now = time.monotonic()
        if now < self._harmless_until:
            return False
        is_near = mails.filter(HARMFUL, steps.due(db_now())).exists()
        self._harmless_until = 0.0 if is_near else now + LOOK_SECONDS
        return is_near

    def _claim(self, mails: QuerySet[OutgoingEmail], *, limit: int, alone: bool) -> bool:
        claimed = steps.claim(rows=mails, limit=limit)
        mine = [mail for mail in claimed if not alone or mail.lost_too_often or steps.begin(mail)]
        if mine:
            desk = Desk(mine, sender=self._sender)
            ready = [item for mail in mine if (item := mail_outcomes.prepare(mail, desk, alone=alone)) is not None]
            self._waiting = sorted([*self._waiting, *ready], key=lambda item: item.mail.priority)
        return bool(claimed)

    def _give(self) -> None:
        """Give the connections what they can take now, and one mail more each; with a pace, one mail for each slot."""
        room = self._lanes.open * (2 if self.pace.is_free else 1) - len(self._in_the_air)
        while room > 0 and (ready := self._next()) is not None:
            if self.pace.wait(ready.mail.priority) > 0 or not self.pace.take():
                break
            if not self._in_the_air:
                self._heard_at = time.monotonic()
            self._waiting.remove(ready)
            self._in_the_air.add(ready)
            self._lanes.give(ready)
            room -= 1
        self._open_lanes()

    def _next(self) -> Ready | None:
        """The most urgent. Mails to one person leave one after another, or the later one might arrive first."""
        spoken_to = {ready.mail.registration_id for ready in self._in_the_air} - {None}
        return next((ready for ready in self._waiting if ready.mail.registration_id not in spoken_to), None)

    def _open_lanes(self) -> None:
        """The first at once; more when that one works and many wait, a slot finds none free, or nothing is heard."""
        waiting = len(self._waiting) + max(len(self._in_the_air) - self._lanes.open, 0)
        if not waiting or self._lanes.opening:
            return
        wanted = 1
        if self._lanes.open and self.pace.is_free:
            wanted += waiting // WAITING_PER_LANE
        none_is_free = len(self._in_the_air) >= self._lanes.open > 0
        if self._is_stuck or (none_is_free and not self.pace.is_free and self.pace.wait(Priority.BULK) <= 0):
            wanted = self._lanes.open + 1
        while self._lanes.open + self._lanes.opening < min(wanted, self._lanes.most):
            self._lanes.open_one()

    def _listen(self) -> None:
        """Wait for what the connections have to say, and act on it."""
        patience = LOOK_SECONDS
        if len(self._in_the_air) < self._lanes.open and (ready := self._next()) is not None:
            patience = min(max(self.pace.wait(ready.mail.priority), 0.001), LOOK_SECONDS)
        if not self._in_the_air and not self._lanes.opening:
            time.sleep(patience)
            self._write_down()
            return
        events = self._lanes.hear(patience, gather=GATHER_SECONDS)
        if events:
            self._heard_at = time.monotonic()
        self._news.extend(events)
        while self._news:
            self._note(self._news.popleft())
        self._write_down()
        if self._is_stuck and self._lanes.open == self._lanes.most:
            self.give_back()

    def _write_down(self) -> None:
        if not self._done and not self._asking:
            return
        before = len(self._done)
        leaving, self._done = write_down(done=self._done, leaving=[each.job for each in self._asking])
        asking, self._asking = self._asking, []
        for each in asking:
            self._lanes.answer(each, may_leave=each.job in leaving)
        if before > len(self._done) and not self.in_trouble:
            mail_trouble.end(self._sender)

    def _note(self, event: Event[Ready]) -> None:
        match event:
            case Asking():
                self._asking.append(event)
            case Ended():
                self._ended += 1
                self._in_the_air.discard(event.job)
                self._note_end(event)
            case Opened(error=MailUnavailable() as error):
                self._lanes.most = max(self._lanes.open, 1)
                if not self._lanes.open:
                    self._begin_trouble(error)
            case Opened(error=BaseException() as error):
                raise error

    def _note_end(self, ended: Ended[Ready]) -> None:
        ready = ended.job
        match ended.error:
            case None:
                self._done.append(Done(ready, ended.reply))
            case Withdrawn():
                mail_outcomes.give_back(ready)
                self._empty_until = 0.0
            case MailUnavailable() as error:
                mail_outcomes.give_back(ready)
                if ended.is_first and self._lanes.open:
                    self._lanes.most = self._lanes.open  # no more connections than those that work
                else:
                    self._begin_trouble(error)
            case Exception() as error:
                mail_outcomes.failed(ready, error)
            case error:
                raise error

    def _begin_trouble(self, error: MailUnavailable) -> None:
        if not self.in_trouble:
            self.in_trouble = True
            mail_trouble.begin(self._sender, error)
