"""Looking out for certain bytes on a proxy's connections.

A trip wire does something at the very moment in which they pass, so that a process can be killed between a request and its
answer, or between a COMMIT and its confirmation, with no hook in the product. A watcher only looks on.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol


@dataclass(frozen=True)
class Sight:
    """What to look out for in one direction: a regular expression; an empty one is any piece at all."""

    from_client: bool
    needle: bytes = b""

    def is_in(self, piece: bytes, *, from_client: bool) -> bool:
        return self.from_client is from_client and re.search(self.needle, piece, re.DOTALL) is not None


class Fate(Enum):
    """What becomes of the piece that touches a trip wire."""

    LOST = "lost"
    """It is lost, and after the action the connection is reset."""
    PASSED = "passed"
    """It goes on, and then the action is done."""
    HELD = "held"
    """It goes on when the action is over."""


@dataclass
class TripWire:
    """Sights that have to come one after the other on one connection; at the last of them `action` is called, once.

    `action` gets the client's port and runs outside the proxy's own thread; `fate` is what becomes of the last piece.
    """

    sights: tuple[Sight, ...]
    action: Callable[[int], object]
    fate: Fate = Fate.LOST
    sprung: threading.Event = field(default_factory=threading.Event)
    _seen: dict[int, int] = field(default_factory=dict)

    def is_touched(self, connection: int, piece: bytes, *, from_client: bool) -> bool:
        """Whether this piece was the last thing to see."""
        at = self._seen.get(connection, 0)
        sight = self.sights[at]
        if self.sprung.is_set() or not sight.is_in(piece, from_client=from_client):
            return False
        self._seen[connection] = at + 1
        if at + 1 < len(self.sights):
            return False
        self.sprung.set()
        return True


class Watcher(Protocol):
    """Looks on at the connections of one proxy."""

    def opened(self, connection: int, client_port: int) -> None:
        """A client has connected and waits; called outside the proxy's own thread."""

    def passed(self, connection: int, piece: bytes, *, from_client: bool) -> None:
        """A piece was passed on whole."""
