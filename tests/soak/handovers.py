"""What the wire to the mail server saw: every try to hand a mail's text over, by whom, and how far it got."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

_MESSAGE_ID = re.compile(rb"(?im)^message-id:\s*(<[^>\r\n]+>)")
_END = b"\r\n.\r\n"
COMMIT_SECONDS = 2.0
"""So soon after the server's answer, what harms the worker may still keep it from writing the answer down."""


@dataclass
class HandOver:
    """One text that went to the server whole. Unix times; `answered` is 0 where no answer reached the worker.

    `owner` is the name of the process, empty if it was gone before anybody could look.
    """

    message_id: str
    owner: str
    began: float
    ended: float
    answered: float = 0.0
    code: int = 0

    @property
    def is_refused(self) -> bool:
        return self.code >= 400


@dataclass(frozen=True)
class Harm:
    """Something that can keep a process from finishing what it began: Unix times; `whom` is empty where it is everybody."""

    began: float
    ended: float
    whom: str = ""

    def meets(self, owner: str, began: float, ended: float) -> bool:
        """Whether it came over a process between two moments."""
        return (not self.whom or not owner or self.whom == owner) and self.began <= ended and self.ended >= began


class HandOvers:
    """A watcher of the mail server's proxy; `owner_of` names the process that a client's port belongs to."""

    def __init__(self, owner_of: Callable[[int], str]) -> None:
        self.seen: list[HandOver] = []
        self._owner_of = owner_of
        self._talks: dict[int, _Talk] = {}
        self._lock = threading.Lock()

    def opened(self, connection: int, client_port: int) -> None:
        with self._lock:
            self._talks[connection] = _Talk(self._owner_of(client_port))

    def passed(self, connection: int, piece: bytes, *, from_client: bool) -> None:
        done = self._talks[connection].hear(piece, from_client=from_client)
        if done is not None:
            self.seen.append(done)


@dataclass
class _Talk:
    """One connection, as far as it has come."""

    owner: str
    began: float = 0.0
    text: bytearray | None = None
    waiting: HandOver | None = None
    _said: bytes = field(default=b"", repr=False)

    def hear(self, piece: bytes, *, from_client: bool) -> HandOver | None:
        """Listen to a piece; the hand-over if this was the end of its text."""
        if not from_client:
            self._answer(piece)
        elif self.text is None:
            self._said = piece
            self.began = time.time() if _is_data(piece) else self.began
        else:
            self.text += piece
            if self.text.endswith(_END):
                return self._finish(bytes(self.text))
        return None

    def _answer(self, piece: bytes) -> None:
        code = int(piece[:3]) if piece[:3].isdigit() else 0
        if self.waiting is not None:
            self.waiting.answered, self.waiting.code, self.waiting = time.time(), code, None
        elif code == 354 and _is_data(self._said):
            self.text = bytearray()

    def _finish(self, text: bytes) -> HandOver:
        found = _MESSAGE_ID.search(text)
        self.text = None
        self.waiting = HandOver(found[1].decode() if found else "", self.owner, self.began, time.time())
        return self.waiting


def _is_data(piece: bytes) -> bool:
    return piece[:6].upper() == b"DATA\r\n"


def without_reason(tries: Iterable[HandOver], harms: Iterable[Harm]) -> list[HandOver]:
    """The hand-overs of one mail that nothing can explain: each came after one that the worker could have written down.

    Where nothing went wrong no try follows a good one. What explains a try is that it ended late, because its own worker
    stood still in the instant between DATA and the final dot; what explains that there was another after an accepted one is
    harm to the worker, or to what it writes to, before it had its time to write the answer down.
    """
    known = list(harms)
    unexplained = []
    is_done = False
    for item in sorted(tries, key=lambda one: one.ended):
        stood_still = any(harm.meets(item.owner, item.began, item.ended) for harm in known)
        if is_done and not stood_still:
            unexplained.append(item)
        is_done = is_done or _is_clean(item, known)
    return unexplained


def _is_clean(item: HandOver, harms: list[Harm]) -> bool:
    """Whether the worker learnt that the mail is out, and had time to write that down."""
    if not item.answered or item.is_refused or not item.code:
        return False
    return not any(harm.meets(item.owner, item.began, item.answered + COMMIT_SECONDS) for harm in harms)
