"""What the stub keeps of mails: whom they went to, when the last one came, and the newest few as they came."""

from __future__ import annotations

import time
from collections import Counter, deque

KEPT = 20


class Mailbox:
    """Counts every mail; keeps the text of the newest."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.to: Counter[str] = Counter()
        self.count = 0
        self.bytes = 0
        self.last_at = 0.0
        self.newest: deque[tuple[str, bytes]] = deque(maxlen=KEPT)

    def add(self, recipient: str, text: bytes) -> None:
        self.to[recipient] += 1
        self.count += 1
        self.bytes += len(text)
        self.last_at = time.time()
        self.newest.append((recipient, text))
