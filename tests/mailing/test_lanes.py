"""Several connections side by side: each does its jobs, asks before a text leaves, and holds none of the others up."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from registrations.mailing import lanes as module
from registrations.mailing.errors import MailDeferred, MailUnavailable
from registrations.mailing.lanes import Asking, Ended, Event, Lanes, Opened, Withdrawn

LONGEST_SECONDS = 5.0


@dataclass
class Server:
    """Which connections there are, and whether new ones are let in."""

    refused: bool = False
    open: int = 0
    closed: int = 0


@dataclass(eq=False)
class Job:
    """A text, or one that its connection fails on; `go_on` holds it up until it is set."""

    failure: BaseException | None = None
    silent: bool = False
    go_on: threading.Event = field(default_factory=threading.Event)
    left: bool = False

    def send(self, connection: object, on_data: Callable[[], None]) -> str:
        if self.failure is not None:
            raise self.failure
        if not self.silent:
            on_data()
        assert self.go_on.wait(LONGEST_SECONDS)
        self.left = True
        return "queued"


def free(**values: object) -> Job:
    job = Job(**values)  # type: ignore[arg-type]
    job.go_on.set()
    return job


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    server = Server()

    class Connection:
        def open(self) -> None:
            if server.refused:
                raise MailUnavailable("greeting_421")
            server.open += 1

        def close(self) -> None:
            server.closed += 1

    monkeypatch.setattr(module, "Connection", Connection)
    return server


@pytest.fixture
def lanes(server: Server) -> Iterator[Lanes[Job]]:
    with Lanes[Job](4) as opened:
        yield opened
    assert server.closed == server.open


def heard(lanes: Lanes[Job], count: int) -> list[Event[Job]]:
    """So many reports, in whatever pieces they come."""
    events: list[Event[Job]] = []
    deadline = time.monotonic() + LONGEST_SECONDS
    while len(events) < count and time.monotonic() < deadline:
        events += lanes.hear(0.05, gather=0.0)
    assert len(events) == count, events
    return events


def opened(lanes: Lanes[Job], count: int = 1) -> None:
    for _ in range(count):
        lanes.open_one()
    assert all(isinstance(event, Opened) and event.error is None for event in heard(lanes, count))


def asking(lanes: Lanes[Job], count: int = 1) -> list[Asking[Job]]:
    events = heard(lanes, count)
    assert all(isinstance(event, Asking) for event in events)
    return events  # type: ignore[return-value]


def ended(lanes: Lanes[Job], count: int = 1) -> list[Ended[Job]]:
    events = heard(lanes, count)
    assert all(isinstance(event, Ended) for event in events)
    return events  # type: ignore[return-value]


def test_a_text_leaves_only_when_it_may(lanes: Lanes[Job]) -> None:
    opened(lanes)
    first, second = free(), free()
    lanes.give(first)
    lanes.give(second)
    [question] = asking(lanes)
    assert question.job is first
    assert not first.left
    lanes.answer(question, may_leave=True)
    done, question = heard(lanes, 2)
    assert isinstance(done, Ended)
    assert (done.job, done.reply, done.error) == (first, "queued", None)
    assert isinstance(question, Asking)
    lanes.answer(question, may_leave=False)
    [done] = ended(lanes)
    assert isinstance(done.error, Withdrawn)
    assert not second.left


def test_one_connection_that_is_stuck_holds_no_other_up(lanes: Lanes[Job]) -> None:
    opened(lanes, 2)
    stuck, others = Job(), [free() for _ in range(3)]
    lanes.give(stuck)
    [question] = asking(lanes)
    lanes.answer(question, may_leave=True)
    for job in others:
        lanes.give(job)
        [question] = asking(lanes)
        lanes.answer(question, may_leave=True)
        assert ended(lanes)[0].job is job
    stuck.go_on.set()
    assert ended(lanes)[0].job is stuck


def test_what_no_connection_has_taken_can_be_taken_back(lanes: Lanes[Job]) -> None:
    opened(lanes)
    taken, waiting = free(), [free(), free()]
    lanes.give(taken)
    [question] = asking(lanes)
    for job in waiting:
        lanes.give(job)
    assert lanes.take_back() == waiting
    lanes.answer(question, may_leave=True)
    ended(lanes)
    assert not any(job.left for job in waiting)


def test_a_failure_of_one_mail_ends_no_connection(lanes: Lanes[Job]) -> None:
    opened(lanes)
    error = MailDeferred("rcpt_450")
    lanes.give(free(failure=error))
    [done] = ended(lanes)
    assert (done.error, done.is_first) == (error, True)
    lanes.give(free(silent=True))
    [done] = ended(lanes)
    assert (done.error, done.is_first) == (None, False)
    assert lanes.open == 1


def test_a_connection_that_the_server_takes_nothing_from_is_closed(lanes: Lanes[Job], server: Server) -> None:
    opened(lanes, 2)
    lanes.give(free(failure=MailUnavailable("mail_421")))
    ended(lanes)
    assert lanes.open == 1
    lanes.give(free(silent=True))
    ended(lanes)


def test_a_connection_that_does_not_come_about_is_told(lanes: Lanes[Job], server: Server) -> None:
    server.refused = True
    lanes.open_one()
    assert lanes.opening == 1
    [event] = heard(lanes, 1)
    assert isinstance(event, Opened)
    assert isinstance(event.error, MailUnavailable)
    assert (lanes.open, lanes.opening) == (0, 0)


def test_at_the_end_nothing_leaves_that_was_not_allowed_to(server: Server) -> None:
    job = free()
    with Lanes[Job](4) as lanes:
        opened(lanes)
        lanes.give(job)
        asking(lanes)
    assert not job.left
    assert server.closed == 1


def test_when_the_work_breaks_off_nobody_waits_for_a_stuck_connection(server: Server) -> None:
    job = Job()

    def break_off() -> None:
        with Lanes[Job](4) as lanes:
            opened(lanes)
            lanes.give(job)
            [question] = asking(lanes)
            lanes.answer(question, may_leave=True)
            raise LookupError

    began = time.monotonic()
    with pytest.raises(LookupError):
        break_off()
    assert time.monotonic() - began < LONGEST_SECONDS / 2
    assert server.closed == 0
    job.go_on.set()


def test_what_is_about_to_happen_elsewhere_is_heard_together(lanes: Lanes[Job]) -> None:
    opened(lanes, 3)
    for _ in range(3):
        lanes.give(free())
    questions = lanes.hear(1, gather=1)
    assert [type(event) for event in questions] == [Asking] * 3
    for question in questions:
        assert isinstance(question, Asking)
        lanes.answer(question, may_leave=True)
    assert [type(event) for event in lanes.hear(1, gather=1)] == [Ended] * 3


def test_what_has_ended_waits_for_others_no_longer_than_it_is_told(lanes: Lanes[Job]) -> None:
    opened(lanes, 2)
    stuck, quick = Job(), free()
    for job in (stuck, quick):
        lanes.give(job)
    for question in asking(lanes, 2):
        lanes.answer(question, may_leave=True)
    began = time.monotonic()
    [event] = lanes.hear(1, gather=0.05)
    assert isinstance(event, Ended)
    assert event.job is quick
    assert time.monotonic() - began < 0.5
    stuck.go_on.set()
    ended(lanes)


def test_even_an_end_of_the_world_in_a_thread_is_told(lanes: Lanes[Job]) -> None:
    opened(lanes)
    lanes.give(free(failure=KeyboardInterrupt()))
    assert isinstance(ended(lanes)[0].error, KeyboardInterrupt)
