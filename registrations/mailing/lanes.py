"""Several connections to the mail server side by side, each with a thread that keeps it open.

The threads take one job after another by themselves. Before a text leaves they ask whoever gave them the job, and wait for
the answer; they know nothing of any database.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Generic, Protocol, Self, TypeVar

from registrations.mailing.delivery import Connection
from registrations.mailing.errors import MailUnavailable


class Withdrawn(Exception):
    """The text was not to leave after all; nothing of it has."""


class Job(Protocol):
    """Something to hand over."""

    def send(self, connection: Connection, on_data: Callable[[], None]) -> str:
        """Hand it over and return the server's words; `on_data` is for `Connection.send`."""


JobT = TypeVar("JobT", bound=Job)


@dataclass(frozen=True, eq=False)
class Opened:
    """A connection is open, or could not be because of `error`."""

    error: BaseException | None = None


@dataclass(frozen=True, eq=False)
class Asking(Generic[JobT]):
    """A text is about to leave; its connection waits for the answer."""

    job: JobT
    answer: queue.SimpleQueue[bool]


@dataclass(frozen=True, eq=False)
class Ended(Generic[JobT]):
    """A job is done: the server's words, or what went wrong. `is_first` of its connection.

    A connection whose job ended with MailUnavailable is closed.
    """

    job: JobT
    reply: str = ""
    error: BaseException | None = None
    is_first: bool = False


Event = Opened | Asking[JobT] | Ended[JobT]


class Lanes(Generic[JobT]):
    """Up to `most` connections, for the length of a `with` block; used by the one thread that gives the jobs and hears of them.

    `open` is how many there are, `opening` how many may come. At the end of the block the connections are waited for, unless
    the block fails.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.open = self.opening = 0
        self._threads: list[threading.Thread] = []
        self._jobs: queue.SimpleQueue[JobT | None] = queue.SimpleQueue()
        self._reported = threading.Condition()
        self._events: list[Event[JobT]] = []
        self._asked: set[Asking[JobT]] = set()
        self._talking = self._leaving = self._idle = 0
        self._closing = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.close(wait=kind is None)

    def open_one(self) -> None:
        """Begin to open another connection; an `Opened` tells how that went."""
        self.opening += 1
        thread = threading.Thread(target=self._run, name="mail lane", daemon=True)
        self._threads.append(thread)
        thread.start()

    def give(self, job: JobT) -> None:
        """Have a job done by the next connection that is free."""
        with self._reported:
            woken = min(self._idle, 1)
            self._idle -= woken
            self._talking += woken
        self._jobs.put(job)

    def take_back(self) -> list[JobT]:
        """The jobs that no connection has taken yet, in their order."""
        jobs: list[JobT] = []
        with suppress(queue.Empty):
            while True:
                job = self._jobs.get_nowait()
                if job is not None:
                    jobs.append(job)
        return jobs

    def answer(self, asking: Asking[JobT], *, may_leave: bool) -> None:
        """Let a text leave that was asked for, or not: then its job ends with `Withdrawn`."""
        with self._reported:
            self._asked.discard(asking)
            self._talking += 1
            self._leaving += may_leave
        asking.answer.put(may_leave)

    def hear(self, timeout: float, *, gather: float) -> list[Event[JobT]]:
        """What happened since, or happens within so many seconds.

        What is about to happen on other connections belongs to it, for `gather` seconds at most: if a job has ended, until
        no text is on its way any more; else until no connection does anything but wait for us.
        """
        with self._reported:
            if self._events or self._reported.wait(timeout):
                self._reported.wait_for(self._is_quiet, gather)
            events, self._events = self._events, []
        for event in events:
            if isinstance(event, Opened):
                self.opening -= 1
                self.open += event.error is None
            elif isinstance(event, Ended) and isinstance(event.error, MailUnavailable):
                self.open -= 1
        return events

    def close(self, *, wait: bool) -> None:
        """Close all connections after their present jobs; a text that has not left will not. Without `wait`, whatever is
        under way is left to end by itself."""
        self._closing = True
        self.take_back()
        for _ in self._threads:
            self._jobs.put(None)
        with self._reported:
            asked = list(self._asked)
        for asking in asked:
            self.answer(asking, may_leave=False)
        for thread in self._threads if wait and not self.opening else ():
            thread.join()

    def _is_quiet(self) -> bool:
        if any(isinstance(event, Ended) for event in self._events):
            return not self._leaving
        return not self._talking

    def _report(self, event: Event[JobT], *, talking: int = 0, leaving: int = 0) -> None:
        with self._reported:
            self._talking += talking
            self._leaving += leaving
            self._events.append(event)
            if isinstance(event, Asking):
                self._asked.add(event)
            if len(self._events) == 1 or not self._talking or not self._leaving:
                self._reported.notify()

    def _run(self) -> None:
        connection = Connection()
        try:
            connection.open()
        except BaseException as error:
            self._report(Opened(error))
            return
        self._report(Opened(), talking=1)
        try:
            self._serve(connection)
        finally:
            connection.close()

    def _serve(self, connection: Connection) -> None:
        is_first = True
        while (job := self._next_job()) is not None:
            ask = _Question(job, self._ask)
            reply, failure = "", None
            try:
                reply = job.send(connection, ask)
            except BaseException as error:
                failure = error
            is_over = isinstance(failure, MailUnavailable)
            self._report(Ended(job, reply, failure, is_first), talking=-is_over, leaving=-ask.may_leave)
            if is_over:
                return
            is_first = False

    def _next_job(self) -> JobT | None:
        try:
            return self._jobs.get_nowait()
        except queue.Empty:
            with self._reported:
                self._idle += 1
                self._talking -= 1
                if not self._talking:
                    self._reported.notify()
        return self._jobs.get()

    def _ask(self, job: JobT) -> bool:
        asking = Asking(job, queue.SimpleQueue())
        self._report(asking, talking=-1)
        return not self._closing and asking.answer.get()


class _Question(Generic[JobT]):
    """Whether one text may leave, to be asked once."""

    def __init__(self, job: JobT, ask: Callable[[JobT], bool]) -> None:
        self.may_leave = False
        self._job, self._ask = job, ask

    def __call__(self) -> None:
        self.may_leave = self._ask(self._job)
        if not self.may_leave:
            raise Withdrawn
