"""Visitors who post forms: as fast as they get answers, or at a steady pace. Each post is a connection of its own."""

from __future__ import annotations

import itertools
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from urllib.parse import quote_from_bytes, urlencode, urlsplit

ACCEPTED = 303
PATIENCE_SECONDS = 60.0
STEADY_THREADS = 16

Form = dict[str, str]

PERSON: Form = {"first_name": "Maria", "last_name": "Sokolova"}
ANSWERS: Form = {"company": "Example Ltd", "role": "Engineer"}
"""What everybody answers to the campaign's questions."""


@dataclass
class Load:
    """What came of many posts: how many of each status, and the seconds each took."""

    statuses: Counter[int] = field(default_factory=Counter)
    took: list[float] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def accepted(self) -> int:
        return self.statuses[ACCEPTED]

    @property
    def refused(self) -> int:
        """Whatever was not accepted; 0 stands for no answer."""
        return self.statuses.total() - self.accepted

    @property
    def rate(self) -> float:
        """Accepted posts a second."""
        return self.accepted / self.seconds

    def note(self, status: int, took: float) -> None:
        self.statuses[status] += 1
        self.took.append(took)


class Visitors:
    """One new person after another posts the same form, filled in for them; any thread may ask.

    All but the person is put together beforehand: what a visitor costs is not the server's.
    """

    def __init__(self, url: str, form: Form, *, first: int) -> None:
        parts = urlsplit(url)
        self._server = (parts.hostname or "", parts.port or 80)
        fields = {name: value for name, value in form.items() if name != "email"}
        self._fields = urlencode(fields | {"email": ""}).encode()
        self._head = (
            f"POST {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nAccept-Language: en\r\nConnection: close\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: "
        ).encode()
        self._numbers = itertools.count(first)

    def next_address(self) -> str:
        """Somebody new."""
        return f"p{next(self._numbers)}@example.com"

    def post(self, address: str = "") -> int:
        """Somebody new (or with that address) posts; the status of the answer, 0 if there was none."""
        body = self._fields + quote_from_bytes((address or self.next_address()).encode()).encode()
        try:
            with socket.socket() as connection:
                connection.settimeout(PATIENCE_SECONDS)
                connection.connect(self._server)
                connection.sendall(b"%s%d\r\n\r\n%s" % (self._head, len(body), body))
                answer = connection.recv(65536)
                while connection.recv(65536):
                    pass
        except OSError:
            return 0
        return int(answer[9:12]) if answer.startswith(b"HTTP/1.1 ") else 0


def closed_loop(visitors: Visitors, *, threads: int, seconds: float) -> Load:
    """So many visitors post, each again as soon as the last answer is there, until the time is over."""
    load, lock = Load(), threading.Lock()
    began = time.monotonic()

    def visit() -> None:
        while time.monotonic() < began + seconds:
            started = time.monotonic()
            status = visitors.post()
            with lock:
                load.note(status, time.monotonic() - started)

    _run(visit, threads)
    load.seconds = time.monotonic() - began
    return load


def steady(visitors: Visitors, *, per_second: float, seconds: float) -> Load:
    """Posts at even distances, whatever the answers take; each is timed from when it was to begin."""
    load, lock = Load(), threading.Lock()
    began = time.monotonic()
    starts = _starts(began, per_second, seconds)

    def visit() -> None:
        while True:
            with lock:
                start = next(starts, None)
            if start is None:
                return
            time.sleep(max(start - time.monotonic(), 0.0))
            status = visitors.post()
            with lock:
                load.note(status, time.monotonic() - start)

    _run(visit, STEADY_THREADS)
    load.seconds = time.monotonic() - began
    return load


def _starts(began: float, per_second: float, seconds: float) -> Iterator[float]:
    return (began + number / per_second for number in range(int(per_second * seconds)))


def _run(visit: Callable[[], None], threads: int) -> None:
    started = [threading.Thread(target=visit, daemon=True) for _ in range(threads)]
    for thread in started:
        thread.start()
    for thread in started:
        thread.join()
