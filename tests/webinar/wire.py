"""A server that speaks in raw bytes, to misbehave on the wire in ways no HTTP library allows."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress

JSON = b"Content-Type: application/json\r\n"
Behaviour = Callable[["Visit"], None]


class Visit:
    """One connection that a client made."""

    def __init__(self, sock: socket.socket, over: threading.Event) -> None:
        self._sock = sock
        self.over = over
        """Set when the test is over: whoever holds a connection open waits for this."""

    def read_request(self) -> bytes:
        """One whole request, head and body; empty when the client is gone."""
        data = b""
        while b"\r\n\r\n" not in data:
            piece = self._sock.recv(65536)
            if not piece:
                return b""
            data += piece
        head, _, body = data.partition(b"\r\n\r\n")
        length = next((int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0)
        while len(body) < length:
            body += self._sock.recv(65536)
        return head + b"\r\n\r\n" + body

    def send(self, data: bytes) -> None:
        self._sock.sendall(data)

    def drip(self, data: bytes, *, every: float) -> None:
        """Send byte by byte until the client gives up or the test is over."""
        for index in range(len(data)):
            if self.over.wait(every):
                return
            self.send(data[index : index + 1])

    def answer(self, status: str, body: bytes = b"", headers: bytes = JSON) -> None:
        length = b"Content-Length: %d\r\n" % len(body)
        self.send(b"HTTP/1.1 %s\r\n%s%s\r\n%s" % (status.encode(), headers, length, body))

    def hang_up(self) -> None:
        self._sock.close()

    def reset(self) -> None:
        """Close without a farewell: the client sees ECONNRESET."""
        self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        self._sock.close()


class Wire:
    """Listens on a free port; each connection gets the behaviour. `requests` are those that were read whole."""

    def __init__(self, behaviour: Behaviour, *, tls: ssl.SSLContext | None = None) -> None:
        self._behaviour = behaviour
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._over = threading.Event()
        self._threads: list[threading.Thread] = []
        self._open: list[socket.socket] = []
        self.connections = 0
        self.port: int = self._listener.getsockname()[1]
        self.base_url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}/v3"
        self._start(self._accept)

    def close(self) -> None:
        self._over.set()
        for sock in (self._listener, *self._open):
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(5)

    def _start(self, target: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(sock)
            self._start(self._serve, sock)

    def _serve(self, sock: socket.socket) -> None:
        with suppress(OSError), sock:
            sock.settimeout(5)
            stream = self._tls.wrap_socket(sock, server_side=True) if self._tls else sock
            with stream:
                self._behaviour(Visit(stream, self._over))
