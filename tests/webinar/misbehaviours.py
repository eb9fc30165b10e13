"""Ways in which a server fails on the wire, and the transport that meets them."""

from __future__ import annotations

import gzip
from collections.abc import Callable

from registrations.webinar.errors import Unavailable, Uncertain
from registrations.webinar.transport import Limits, Transport
from tests.webinar.wire import JSON, Visit, Wire

StartWire = Callable[..., Wire]
CALM = Limits(connect_seconds=2, total_seconds=5, body_bytes=4096)
SHORT = Limits(connect_seconds=0.3, total_seconds=0.3)
IN_TIME = 2.0
"""Far less than any of the servers below would take, and time enough for a busy machine."""
KEY = "0123456789abcdef0123456789abcdef"
READ, WRITE = "GET", "POST"


def make(base_url: str, limits: Limits = CALM, **more: object) -> Transport:
    options = {"headers": {"x-auth-token": KEY}, "before_call": lambda: None, "private": (KEY,), **more}
    return Transport(base_url, limits=limits, **options)  # type: ignore[arg-type]


def lost(method: str) -> type[Exception]:
    return Uncertain if method == WRITE else Unavailable


def never_answers(visit: Visit) -> None:
    visit.read_request()
    visit.over.wait(5)


def drips_headers(visit: Visit) -> None:
    visit.read_request()
    visit.drip(b"HTTP/1.1 200 OK\r\nX-Filler: " + b"x" * 1000, every=0.02)


def drips_continues(visit: Visit) -> None:
    visit.read_request()
    visit.drip(b"HTTP/1.1 100 Continue\r\n\r\n" * 1000, every=0.002)


def drips_body(visit: Visit) -> None:
    visit.read_request()
    visit.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    visit.drip(b"x" * 1000, every=0.02)


def drips_chunks(visit: Visit) -> None:
    visit.read_request()
    visit.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    visit.drip(b"1\r\nx\r\n" * 500, every=0.005)


def resets(visit: Visit) -> None:
    visit.read_request()
    visit.reset()


def hangs_up(visit: Visit) -> None:
    visit.read_request()


def cuts_body_short(visit: Visit) -> None:
    visit.read_request()
    visit.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{")


def speaks_no_http(visit: Visit) -> None:
    visit.read_request()
    visit.send(b"SSH-2.0-OpenSSH_9.6\r\n")


def is_huge(visit: Visit) -> None:
    visit.read_request()
    visit.answer("200 OK", b"[" + b" " * 8192 + b"]")


def is_huge_unpacked(visit: Visit) -> None:
    visit.read_request()
    visit.answer("200 OK", gzip.compress(b" " * 1_000_000), JSON + b"Content-Encoding: gzip\r\n")


def lies_about_packing(visit: Visit) -> None:
    visit.read_request()
    visit.answer("200 OK", b"{}", JSON + b"Content-Encoding: gzip\r\n")


def answers(status: str, body: bytes = b"{}", headers: bytes = JSON) -> Callable[[Visit], None]:
    def behave(visit: Visit) -> None:
        while visit.read_request():
            visit.answer(status, body, headers)

    return behave
