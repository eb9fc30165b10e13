"""HTTP connections with one deadline for a whole call, however slowly the other side answers.

`requests` and `urllib3` bound each single read: a server that sends a byte now and then, in its headers or its body,
holds a caller for ever. Here every read and write gets as its time-out what is left of the call. Only the look-up of a
host's name is left to the system's resolver and its own limits.
"""

from __future__ import annotations

import http.client
import io
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, cast

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.util.retry import Retry

Clock = Callable[[], float]


class Exchange:
    """One call on the wire: how long it may still take, and whether any of the request was handed to the network."""

    def __init__(self, seconds: float, *, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._ends_at = clock() + seconds
        self.sent = False

    def left(self) -> float:
        """Seconds left. Raises TimeoutError when there are none."""
        left = self._ends_at - self._clock()
        if left <= 0:
            raise TimeoutError("deadline exceeded")
        return left


# The pool between adapter and connection passes nothing of ours through, so the connection asks the context.
_current: ContextVar[Exchange] = ContextVar("exchange")


@contextmanager
def bounded(exchange: Exchange) -> Iterator[Exchange]:
    """Every connection used inside the block, by this thread, keeps to this exchange's deadline."""
    token = _current.set(exchange)
    try:
        yield exchange
    finally:
        _current.reset(token)


class _BoundedReader(io.RawIOBase):
    """Reads a socket and gives each read only what is left of the call."""

    def __init__(self, sock: socket.socket, exchange: Exchange) -> None:
        self._sock = sock
        self._raw = cast(io.RawIOBase, sock.makefile("rb", buffering=0))
        self._exchange = exchange

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(self._exchange.left())
        return cast("int | None", self._raw.readinto(buffer))

    def close(self) -> None:
        self._raw.close()
        super().close()


class _ReadableSocket:
    """The one method of a socket that `http.client.HTTPResponse` uses."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_BoundedReader(self._sock, _current.get()))


class _BoundedResponse(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, debuglevel: int = 0, method: str | None = None) -> None:
        super().__init__(cast(socket.socket, _ReadableSocket(sock)), debuglevel, method)


class _Bounded(HTTPConnection):
    response_class = _BoundedResponse

    def _new_conn(self) -> socket.socket:
        left = _current.get().left()
        self.timeout = min(self.timeout, left) if self.timeout is not None else left
        return super()._new_conn()

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()
        exchange = _current.get()
        self.sock.settimeout(exchange.left())
        exchange.sent = True
        super().send(data)


class _BoundedHTTPS(_Bounded, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Bounded


class _PoolHTTPS(HTTPSConnectionPool):
    ConnectionCls = _BoundedHTTPS


class BoundedAdapter(HTTPAdapter):
    """An adapter for `requests` that keeps to the exchange of the `bounded` block around it.

    It tries a second time when no connection was made, and never repeats a request.
    """

    def __init__(self, *, connect_retries: int = 1) -> None:
        retry = Retry(
            total=None, connect=connect_retries, read=False, redirect=False, status=False, other=False, backoff_factor=0
        )
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=retry)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _PoolHTTPS}
