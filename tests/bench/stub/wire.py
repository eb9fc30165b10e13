"""HTTP and SMTP on one loop over epoll: a few system calls for each message and nothing else."""

from __future__ import annotations

import heapq
import itertools
import re
import select
import socket
import time
from collections.abc import Callable

from tests.bench.stub.mailbox import Mailbox

Answer = Callable[[str, str, bytes], tuple[int, bytes, float]]
"""Method, target and body to status, JSON, and after how many seconds it is given."""

_LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")
_HEAD_END = b"\r\n\r\n"
_CHUNK = 256 * 1024
_REASONS = {200: b"OK", 201: b"Created", 404: b"Not Found"}
_GREETING = b"220 stub ESMTP\r\n"
_EHLO = b"250-stub\r\n250-SIZE 33554432\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n"


class Peer:
    """One connection. `take` gets what came in."""

    def __init__(self, loop: Loop, connection: socket.socket) -> None:
        self.loop = loop
        self.connection = connection
        self.buffer = b""

    def greet(self) -> None:
        """Say the first word, where the server says it."""

    def take(self, data: bytes) -> None:
        raise NotImplementedError

    def say(self, words: bytes) -> None:
        """Answers are small, so that they always fit into the socket's buffer."""
        try:
            self.connection.sendall(words)
        except OSError:
            self.loop.drop(self)


class HttpPeer(Peer):
    """Kept connections; one request after another."""

    def take(self, data: bytes) -> None:
        self.buffer += data
        while self.buffer:
            end = self.buffer.find(_HEAD_END)
            if end < 0:
                return
            head = self.buffer[: end + 2]
            found = _LENGTH.search(head)
            size = int(found[1]) if found else 0
            start = end + len(_HEAD_END)
            if len(self.buffer) < start + size:
                return
            body, self.buffer = self.buffer[start : start + size], self.buffer[start + size :]
            method, target, _ = head.split(b" ", 2)
            status, content, seconds = self.loop.answer(method.decode(), target.decode(), body)
            words = b"HTTP/1.1 %d %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (
                status,
                _REASONS[status],
                len(content),
                content,
            )
            if seconds > 0:
                self.loop.later(seconds, self, words)
            else:
                self.say(words)


class SmtpPeer(Peer):
    """Takes every mail."""

    recipient = ""
    in_text = False

    def greet(self) -> None:
        self.say(_GREETING)

    def take(self, data: bytes) -> None:
        self.buffer = self.buffer + data if self.buffer else data
        while self.buffer:
            if self.in_text:
                if not self.buffer.endswith(b"\r\n.\r\n"):
                    return
                self.loop.mailbox.add(self.recipient, self.buffer)
                self.buffer, self.in_text = b"", False
                self.say(b"250 OK: kept\r\n")
                return
            line, found, rest = self.buffer.partition(b"\r\n")
            if not found:
                return
            self.buffer = rest
            self._command(line)

    def _command(self, line: bytes) -> None:
        match line[:4].upper():
            case b"EHLO":
                self.say(_EHLO)
            case b"RCPT":
                self.recipient = line.partition(b"<")[2].partition(b">")[0].decode().lower()
                self.say(b"250 OK\r\n")
            case b"DATA":
                self.in_text = True
                self.say(b"354 Go on\r\n")
            case b"QUIT":
                self.say(b"221 Bye\r\n")
                self.loop.drop(self)
            case _:
                self.say(b"250 OK\r\n")


class Loop:
    """Serves both listeners until the process ends."""

    def __init__(self, *, http: socket.socket, smtp: socket.socket, answer: Answer, mailbox: Mailbox) -> None:
        self.answer = answer
        self.mailbox = mailbox
        self._listeners = {http.fileno(): (http, HttpPeer), smtp.fileno(): (smtp, SmtpPeer)}
        self._peers: dict[int, Peer] = {}
        self._waiting: list[tuple[float, int, Peer, bytes]] = []
        self._numbers = itertools.count()
        self._poll = select.epoll()
        for number, (listener, _) in self._listeners.items():
            listener.setblocking(False)
            self._poll.register(number, select.EPOLLIN)

    def run(self) -> None:
        while True:
            for number, _event in self._poll.poll(self._pause()):
                if number in self._listeners:
                    self._accept(number)
                elif number in self._peers:
                    self._read(self._peers[number])
            while self._waiting and self._waiting[0][0] <= time.monotonic():
                _, _, peer, words = heapq.heappop(self._waiting)
                peer.say(words)

    def later(self, seconds: float, peer: Peer, words: bytes) -> None:
        """Say something after so many seconds."""
        heapq.heappush(self._waiting, (time.monotonic() + seconds, next(self._numbers), peer, words))

    def drop(self, peer: Peer) -> None:
        """Close a connection."""
        if self._peers.pop(peer.connection.fileno(), None) is not None:
            self._poll.unregister(peer.connection.fileno())
            peer.connection.close()

    def _pause(self) -> float:
        return max(self._waiting[0][0] - time.monotonic(), 0.0) if self._waiting else -1

    def _accept(self, number: int) -> None:
        listener, kind = self._listeners[number]
        connection, _ = listener.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.setblocking(True)
        peer = self._peers[connection.fileno()] = kind(self, connection)
        self._poll.register(connection.fileno(), select.EPOLLIN)
        peer.greet()

    def _read(self, peer: Peer) -> None:
        try:
            data = peer.connection.recv(_CHUNK)
        except OSError:
            data = b""
        if data:
            peer.take(data)
        else:
            self.drop(peer)
