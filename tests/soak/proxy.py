"""A TCP proxy that can misbehave: between the product and everything that it talks to, switchable while it runs."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import socket
import struct
import threading
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import Enum
from types import TracebackType
from typing import Any, TypeVar

from tests.soak.wires import Fate, TripWire, Watcher

LOOPBACK = "127.0.0.1"
CHUNK_BYTES = 64 * 1024
MOST_DEEDS_AT_ONCE = 64
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)
_NUMBERS = itertools.count()

Result = TypeVar("Result")


class Mode(Enum):
    """How a proxy treats its connections; those that are open already are included."""

    PASS = "pass"
    REFUSE = "refuse"
    """Nobody listens, and what was open is reset."""
    RESET = "reset"
    """What was open is reset, and so is every new connection as soon as it says something."""
    HANG = "hang"
    """Nothing gets through in either direction; it goes on when the mode changes."""
    CUT = "cut"
    """The answers of a connection end after `answer_bytes` in this mode: the connection is reset there."""
    DELAY = "delay"
    """Every piece waits `seconds`."""
    SWALLOW = "swallow"
    """Requests arrive and answers are lost; when the mode changes, connections that lost something are reset."""


@dataclass(frozen=True)
class Behaviour:
    """A mode with its measure."""

    mode: Mode = Mode.PASS
    answer_bytes: int = 0
    seconds: float = 0.0


class FaultProxy:
    """One listening port before one server. Made by `ProxyHost.add`; its methods may be called from any thread."""

    def __init__(self, host: ProxyHost, upstream_port: int) -> None:
        self._host = host
        self._upstream_port = upstream_port
        self._behaviour = Behaviour()
        self._changed = asyncio.Event()
        self._connections: set[_Connection] = set()
        self._wires: list[TripWire] = []
        self._watchers: list[Watcher] = []
        self._server: asyncio.Server | None = None
        # Keeps the port ours while nobody listens at it.
        self._holder = socket.socket()
        self._holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        self._holder.bind((LOOPBACK, 0))
        self.port = int(self._holder.getsockname()[1])

    def behave(self, behaviour: Behaviour) -> None:
        """Change the mode; returns when it holds."""
        self._host.run(self._behave(behaviour))

    def heal(self) -> None:
        """Let everything through, and take back every trip wire."""
        self._host.run(self._behave(Behaviour()))
        self._wires.clear()

    def stretch(self, wire: TripWire) -> None:
        """Begin to look out for a trip wire's sights."""
        self._wires.append(wire)

    def take_back(self, wire: TripWire) -> None:
        """Stop looking out."""
        with contextlib.suppress(ValueError):
            self._wires.remove(wire)

    def watch(self, watcher: Watcher) -> None:
        """Have somebody look on at every connection from now on."""
        self._watchers.append(watcher)

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._serve, LOOPBACK, self.port, reuse_port=True, limit=CHUNK_BYTES)

    async def close(self) -> None:
        await self._stop_listening()
        for connection in list(self._connections):
            connection.reset()
        self._holder.close()

    async def _behave(self, behaviour: Behaviour) -> None:
        former, self._behaviour = self._behaviour, behaviour
        if behaviour.mode is Mode.REFUSE:
            await self._stop_listening()
        elif former.mode is Mode.REFUSE:
            await self.open()
        for connection in list(self._connections):
            connection.answered = 0
            if connection.is_spoiled or behaviour.mode in (Mode.REFUSE, Mode.RESET):
                connection.reset()
        self._changed.set()
        self._changed = asyncio.Event()

    async def _stop_listening(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._behaviour.mode is Mode.RESET:
            await reader.read(1)
            _reset(writer)
            return
        await self._hang()
        try:
            upstream = await asyncio.open_connection(LOOPBACK, self._upstream_port, limit=CHUNK_BYTES)
        except OSError:
            _reset(writer)
            return
        connection = _Connection(writer, upstream[1])
        self._connections.add(connection)
        try:
            for watcher in self._watchers:
                await asyncio.to_thread(watcher.opened, connection.number, connection.client_port)
            await asyncio.gather(
                self._pump(connection, reader, upstream[1], from_client=True),
                self._pump(connection, upstream[0], writer, from_client=False),
            )
        except (OSError, _Over):
            connection.reset()
        finally:
            connection.close()
            self._connections.discard(connection)

    async def _pump(
        self, connection: _Connection, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, from_client: bool
    ) -> None:
        while piece := await reader.read(CHUNK_BYTES):
            await self._hang()
            if self._behaviour.mode is Mode.DELAY:
                await asyncio.sleep(self._behaviour.seconds)
            await self._pass_on(connection, piece, writer, from_client=from_client)
        if writer.can_write_eof():
            writer.write_eof()

    async def _pass_on(self, connection: _Connection, piece: bytes, writer: asyncio.StreamWriter, *, from_client: bool) -> None:
        wire = next((item for item in self._wires if item.is_touched(connection.number, piece, from_client=from_client)), None)
        if wire is not None:
            self.take_back(wire)
        if wire is not None and wire.fate is not Fate.PASSED:
            await asyncio.to_thread(wire.action, connection.client_port)
            if wire.fate is Fate.LOST:
                raise _Over
        await self._write(connection, piece, writer, from_client=from_client)
        if wire is not None and wire.fate is Fate.PASSED:
            await asyncio.to_thread(wire.action, connection.client_port)

    async def _write(self, connection: _Connection, piece: bytes, writer: asyncio.StreamWriter, *, from_client: bool) -> None:
        """Send a piece on, as far as the mode lets it."""
        if not from_client and self._behaviour.mode is Mode.SWALLOW:
            connection.is_spoiled = True
            return
        cut = not from_client and self._behaviour.mode is Mode.CUT
        if cut:
            piece = piece[: max(self._behaviour.answer_bytes - connection.answered, 0)]
            connection.answered += len(piece)
        writer.write(piece)
        await writer.drain()
        if cut and connection.answered >= self._behaviour.answer_bytes:
            raise _Over
        for watcher in self._watchers:
            watcher.passed(connection.number, piece, from_client=from_client)

    async def _hang(self) -> None:
        while self._behaviour.mode is Mode.HANG:
            await self._changed.wait()


class ProxyHost:
    """The thread in which any number of proxies run. Use it in a `with` statement."""

    def __enter__(self) -> ProxyHost:
        self._loop = asyncio.new_event_loop()
        # Whatever is done at trip wires may take seconds, and must not keep other connections waiting.
        self._loop.set_default_executor(ThreadPoolExecutor(MOST_DEEDS_AT_ONCE, thread_name_prefix="deed"))
        self._proxies: list[FaultProxy] = []
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxies", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for proxy in self._proxies:
            self.run(proxy.close())
        self.run(_cancel_others())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def add(self, upstream_port: int) -> FaultProxy:
        """A proxy before a server on this machine, letting everything through."""
        proxy = FaultProxy(self, upstream_port)
        self.run(proxy.open())
        self._proxies.append(proxy)
        return proxy

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Do something in the proxies' thread, and wait for it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=10)


class _Over(Exception):
    """This connection is to be reset."""


class _Connection:
    """Two sockets that belong together."""

    def __init__(self, client: asyncio.StreamWriter, server: asyncio.StreamWriter) -> None:
        self._writers = (client, server)
        self.number = next(_NUMBERS)
        self.client_port = int(client.get_extra_info("peername")[1])
        self.answered = 0
        self.is_spoiled = False

    def reset(self) -> None:
        for writer in self._writers:
            _reset(writer)

    def close(self) -> None:
        for writer in self._writers:
            writer.close()


def _reset(writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError, AttributeError):  # it may be closed already
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
    writer.transport.abort()


async def _cancel_others() -> None:
    others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
