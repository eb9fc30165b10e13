"""People who are forgotten in the middle of a storm: at some moment, and while somebody is at work for them."""

from __future__ import annotations

import random
import threading
import time
from dataclasses import dataclass

from tests.soak.people import Ledger
from tests.soak.world import SoakStack

TRIES_EVERY_SECONDS = 0.5


@dataclass
class Erasures:
    """Asks for erasures and takes them down in the ledger; nobody who is being erased comes again."""

    stack: SoakStack
    ledger: Ledger
    chance: random.Random

    def __post_init__(self) -> None:
        self._asking: list[threading.Thread] = []
        # An erasure may wait for rows of a worker that a question at a wire keeps waiting.
        self._erase_by = self.stack.another_console()

    def of_anybody(self) -> None:
        """Somebody whose form was taken."""
        taken = sorted({press.address for press in list(self.ledger.presses) if press.status == 303})
        self._ask_for(taken)

    def of_whom_work_is_for(self) -> None:
        """Somebody whom a process is at work for at this instant."""
        self._ask_for(self.stack.query("at_work"))

    def _ask_for(self, candidates: list[str]) -> None:
        known = {press.address for press in list(self.ledger.presses)}
        free = [address for address in candidates if address in known and address not in self.ledger.erased]
        if not free:
            return
        address = self.chance.choice(free)
        self.ledger.note_erasure(address)
        # The worker whose instant it is may hold the very rows that are to be erased: it must not wait for this.
        thread = threading.Thread(target=self._erase, args=(address,), name="erasure")
        self._asking.append(thread)
        thread.start()

    def _erase(self, address: str) -> None:
        while True:
            try:
                is_known = self._erase_by("erase", address=address)
            except RuntimeError:  # the database is away
                time.sleep(TRIES_EVERY_SECONDS)
                continue
            self.ledger.note_erased(address, is_known=is_known)
            return

    def wait(self) -> None:
        """Until every erasure was taken on."""
        for thread in self._asking:
            thread.join()
