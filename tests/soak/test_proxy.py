"""The proxy that soaks put between the product and the world does to connections what it says."""

from __future__ import annotations

import socket
import socketserver
import threading
import time
from collections.abc import Iterator

import pytest

from tests.soak.proxy import LOOPBACK, Behaviour, FaultProxy, Mode, ProxyHost
from tests.soak.wires import Fate, Sight, TripWire


class Echo(socketserver.ThreadingTCPServer):
    """Answers every piece with itself, and remembers what it got."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__((LOOPBACK, 0), EchoHandler)
        self.got = b""
        self.something_came = threading.Event()


class EchoHandler(socketserver.BaseRequestHandler):
    server: Echo

    def handle(self) -> None:
        try:
            while piece := self.request.recv(4096):
                self.server.got += piece
                self.server.something_came.set()
                self.request.sendall(piece)
        except ConnectionError:
            return


@pytest.fixture
def echo() -> Iterator[Echo]:
    with Echo() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def proxy(echo: Echo) -> Iterator[FaultProxy]:
    with ProxyHost() as host:
        yield host.add(echo.server_address[1])


def connect(proxy: FaultProxy) -> socket.socket:
    return socket.create_connection((LOOPBACK, proxy.port), timeout=5)


def ask(client: socket.socket, words: bytes) -> bytes:
    client.sendall(words)
    return client.recv(4096)


def read_until_reset(client: socket.socket) -> bytes:
    received = b""
    try:
        while piece := client.recv(10):
            received += piece
    except ConnectionResetError:
        return received
    raise AssertionError("an end, and no reset")


def test_what_is_said_arrives_both_ways(proxy: FaultProxy) -> None:
    with connect(proxy) as client:
        assert ask(client, b"one") == b"one"
        assert ask(client, b"two") == b"two"


def test_an_end_is_passed_on(proxy: FaultProxy) -> None:
    with connect(proxy) as client:
        assert ask(client, b"one") == b"one"
        client.shutdown(socket.SHUT_WR)
        assert client.recv(10) == b""


def test_refused_connections_find_nobody_and_the_port_comes_back(proxy: FaultProxy) -> None:
    with connect(proxy) as client:
        assert ask(client, b"one") == b"one"
        proxy.behave(Behaviour(Mode.REFUSE))
        with pytest.raises(ConnectionResetError):
            ask(client, b"two")
    with pytest.raises(ConnectionRefusedError):
        connect(proxy)
    proxy.heal()
    with connect(proxy) as client:
        assert ask(client, b"three") == b"three"


def test_reset_connections_end_with_an_error(proxy: FaultProxy, echo: Echo) -> None:
    proxy.behave(Behaviour(Mode.RESET))
    with connect(proxy) as client, pytest.raises(ConnectionResetError):
        ask(client, b"one")
    assert echo.got == b""


def test_a_hanging_proxy_says_nothing_until_it_is_healed(proxy: FaultProxy) -> None:
    with connect(proxy) as client:
        assert ask(client, b"one") == b"one"
        proxy.behave(Behaviour(Mode.HANG))
        client.settimeout(0.2)
        with pytest.raises(TimeoutError):
            ask(client, b"two")
        client.settimeout(5)
        proxy.heal()
        assert client.recv(10) == b"two"


def test_an_answer_is_cut_after_so_many_bytes(proxy: FaultProxy, echo: Echo) -> None:
    proxy.behave(Behaviour(Mode.CUT, answer_bytes=4))
    with connect(proxy) as client:
        client.sendall(b"0123456789")
        received = read_until_reset(client)
    assert received in (b"0123", b"")  # a reset may overtake what was sent before it
    assert echo.got == b"0123456789"


def test_a_delay_holds_every_piece_up(proxy: FaultProxy) -> None:
    proxy.behave(Behaviour(Mode.DELAY, seconds=0.1))
    with connect(proxy) as client:
        began = time.monotonic()
        assert ask(client, b"one") == b"one"
        assert time.monotonic() - began >= 0.2


def test_a_swallowed_answer_never_comes_though_the_request_arrived(proxy: FaultProxy, echo: Echo) -> None:
    proxy.behave(Behaviour(Mode.SWALLOW))
    with connect(proxy) as client:
        client.sendall(b"one")
        assert echo.something_came.wait(5)
        client.settimeout(0.2)
        with pytest.raises(TimeoutError):
            client.recv(10)
        client.settimeout(5)
        proxy.heal()
        with pytest.raises(ConnectionResetError):
            client.recv(10)
    assert echo.got == b"one"


def test_a_server_that_is_away_is_a_reset(proxy: FaultProxy, echo: Echo) -> None:
    echo.socket.close()
    with pytest.raises(ConnectionResetError), connect(proxy) as client:
        ask(client, b"one")


def test_a_trip_wire_acts_between_a_request_and_its_answer(proxy: FaultProxy, echo: Echo) -> None:
    ports: list[int] = []
    wire = TripWire((Sight(True, b"begin"), Sight(True, b"commit"), Sight(False)), ports.append)
    proxy.stretch(wire)
    with connect(proxy) as client:
        assert ask(client, b"commit") == b"commit"
        assert ask(client, b"begin") == b"begin"
        assert not wire.sprung.is_set()
        with pytest.raises(ConnectionResetError):
            ask(client, b"commit")
        assert ports == [client.getsockname()[1]]
    assert echo.got == b"commitbegincommit"
    with connect(proxy) as client:
        assert ask(client, b"begin") == b"begin"
        assert ask(client, b"commit") == b"commit"


def test_a_trip_wire_may_let_its_piece_pass(proxy: FaultProxy) -> None:
    acted = threading.Event()
    proxy.stretch(TripWire((Sight(True, b"one"),), lambda _port: acted.set(), Fate.PASSED))
    with connect(proxy) as client:
        assert ask(client, b"one") == b"one"
        assert acted.wait(5)
        assert ask(client, b"one") == b"one"


def test_a_trip_wire_may_hold_its_piece_up(proxy: FaultProxy) -> None:
    released = threading.Event()
    proxy.stretch(TripWire((Sight(True, b"one"),), lambda _port: released.wait(5), Fate.HELD))
    with connect(proxy) as client:
        client.settimeout(0.2)
        with pytest.raises(TimeoutError):
            ask(client, b"one")
        released.set()
        client.settimeout(5)
        assert client.recv(10) == b"one"
