"""Received mails, bounded in number and bytes; what does not fit any more is the oldest, and the counters stay exact."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass

MOST_MAILS = 20_000
MOST_BYTES = 400_000_000


@dataclass(frozen=True, slots=True)
class Mail:
    """One received message. `recipients` are those of the envelope, whom the message really went to."""

    id: int
    sender: str
    recipients: tuple[str, ...]
    raw: bytes
    received_at: float


class MailStore:
    """All mails by id, and an index by recipient."""

    def __init__(self, *, most_mails: int = MOST_MAILS, most_bytes: int = MOST_BYTES) -> None:
        self._most_mails = most_mails
        self._most_bytes = most_bytes
        self._mails: OrderedDict[int, Mail] = OrderedDict()
        self._by_address: dict[str, dict[int, Mail]] = {}
        self._bytes = 0
        self._last_id = 0
        self.received = 0
        self.revision = 0

    def __len__(self) -> int:
        return len(self._mails)

    def add(self, sender: str, recipients: tuple[str, ...], raw: bytes, received_at: float | None = None) -> Mail:
        """Keep a message; the oldest go when it is too many or too much."""
        self._last_id += 1
        mail = Mail(self._last_id, sender, recipients, raw, time.time() if received_at is None else received_at)
        self._mails[mail.id] = mail
        for address in recipients:
            self._by_address.setdefault(address.lower(), {})[mail.id] = mail
        self._bytes += len(raw)
        self.received += 1
        self.revision += 1
        while len(self._mails) > 1 and (len(self._mails) > self._most_mails or self._bytes > self._most_bytes):
            self._remove(next(iter(self._mails.values())))
        return mail

    def _remove(self, mail: Mail) -> None:
        del self._mails[mail.id]
        self._bytes -= len(mail.raw)
        for address in mail.recipients:
            rest = self._by_address.get(address.lower(), {})
            rest.pop(mail.id, None)
            if not rest:
                self._by_address.pop(address.lower(), None)

    def get(self, mail_id: int) -> Mail | None:
        """One mail that is still kept."""
        return self._mails.get(mail_id)

    def to(self, address: str) -> list[Mail]:
        """The mails to exactly this address, oldest first; capitals do not matter."""
        return list(self._by_address.get(address.strip().lower(), {}).values())

    def everything(self) -> list[Mail]:
        """All kept mails, oldest first."""
        return list(self._mails.values())

    def newest(self) -> Iterator[Mail]:
        """All kept mails, newest first."""
        return reversed(self._mails.values())

    def clear(self, address: str = "") -> int:
        """Throw away the mails to one address, or all of them and the counter too. Returns how many went."""
        gone = self.to(address) if address else self.everything()
        for mail in gone:
            self._remove(mail)
        if not address:
            self.received = 0
        self.revision += 1
        return len(gone)
