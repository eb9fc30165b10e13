"""A mail server on a real socket that answers, hangs or hangs up exactly as a test says."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator, Mapping, Sequence

HANG = "hang"
DROP = "drop"
_ANSWERS = {
    "greeting": "220 ready",
    "ehlo": "250-here\r\n250 8BITMIME",
    "mail": "250 sender fine",
    "rcpt": "250 recipient fine",
    "data": "354 go on",
    "dot": "250 2.0.0 queued as 4F1B",
    "rset": "250 reset",
    "quit": "221 bye",
}


class ScriptedServer:
    """Answers each verb by its script, one entry per time (the usual answer when it is used up).

    An entry is a reply line, `HANG` (no answer until the test ends) or `DROP` (close the connection). `heard` lists the verbs
    over all connections, `commands` whole lines; `texts` are the mails whose final dot arrived.
    """

    def __init__(self, script: Mapping[str, Sequence[str]]) -> None:
        self._script = {verb: list(entries) for verb, entries in script.items()}
        self.heard: list[str] = []
        self.commands: list[str] = []
        self.texts: list[bytes] = []
        self.connections = 0
        self._over = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def stop(self) -> None:
        self._over.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(connection)
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as lines, contextlib.suppress(OSError):
            if not self._answer(connection, "greeting"):
                return
            for line in lines:
                verb = line[:4].decode().strip().lower()
                self.heard.append(verb)
                self.commands.append(line.decode().strip())
                if not self._answer(connection, verb):
                    return
                if verb == "data" and self._last.startswith("354"):
                    self.texts.append(b"".join(iter(lambda: next(lines), b".\r\n")))
                    self.heard.append("dot")
                    if not self._answer(connection, "dot"):
                        return
                if verb == "quit":
                    return

    def _answer(self, connection: socket.socket, verb: str) -> bool:
        entries = self._script.get(verb) or [_ANSWERS.get(verb, "500 what")]
        entry = entries.pop(0)
        if entry == HANG:
            self._over.wait(30)
        if entry in (HANG, DROP):
            return False
        self._last = entry
        connection.sendall(entry.encode() + b"\r\n")
        return True


@contextlib.contextmanager
def scripted(**script: str | Sequence[str]) -> Iterator[ScriptedServer]:
    """Run a server whose script is given by verb: one entry, or a list of them."""
    server = ScriptedServer({verb: [entry] if isinstance(entry, str) else entry for verb, entry in script.items()})
    try:
        yield server
    finally:
        server.stop()
