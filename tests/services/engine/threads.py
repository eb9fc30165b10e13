"""Stands in for the threads of a drain: its calls go on one at a time, in the same order in every run."""

from __future__ import annotations

from collections.abc import Callable, Collection
from concurrent.futures import Future
from types import SimpleNamespace
from typing import Any

from registrations.services import crew, sweeping, turns
from registrations.services.looks import Looks


class Call(Future[Any]):
    """A call that was sent; it comes to its end when somebody listens."""

    def __init__(self, work: Callable[[], Any]) -> None:
        super().__init__()
        self._work = work

    def go_on(self) -> None:
        try:
            self.set_result(self._work())
        except BaseException as error:
            self.set_exception(error)


class OneByOne:
    """What a drain uses of a thread pool. Calls that are under way when the drain breaks off come to their end all the same."""

    def __init__(self, *_: object, **__: object) -> None:
        self._sent: list[Call] = []

    def submit(self, work: Callable[..., Any], *arguments: Any) -> Call:
        call = Call(lambda: work(*arguments))
        self._sent.append(call)
        return call

    def shutdown(self, **_: object) -> None:
        for call in self._sent:
            if not call.done():
                call.go_on()


def listen(calls: Collection[Call], **_: object) -> tuple[set[Call], set[Call]]:
    """What `concurrent.futures.wait` does: the call that was sent first comes to its end."""
    first = next(iter(calls))
    if not first.done():
        first.go_on()
    return {first}, set(calls) - {first}


def patch(monkeypatch: Any) -> None:
    """Drains have no threads while this lasts."""
    monkeypatch.setattr(crew, "ThreadPoolExecutor", OneByOne)
    monkeypatch.setattr(crew, "connection", SimpleNamespace(close=lambda: None))
    monkeypatch.setattr(turns, "wait", listen)


def forget_looks() -> Looks:
    """A new process has seen nothing yet; returns what the former one had seen."""
    seen, sweeping.LOOKS = sweeping.LOOKS, Looks()
    return seen


def remember_looks(seen: Looks) -> None:
    sweeping.LOOKS = seen
