"""The instants in which a death hurts most, found by the bytes that pass at that instant.

K1 after the claim's commit · K2 after the look-up · K3 request written, no answer read · K4 answer read, before the commit ·
K5 COMMIT sent, answer cut · K6 after the commit · K7 after RCPT · K8 after the mark that the text may be out · K9 final dot
sent, before its answer · K10 after that answer, before the commit. `submit_commit`: the form's COMMIT is lost on its way
back, and nobody dies; `submit_answer`: the web server dies between its COMMIT and its answer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.soak.wires import Fate, Sight, TripWire

_CLAIMED = rb"""SET "state" = 'leased'"""
_SEAT_SETTLED = rb"""UPDATE "registrations_seat" SET ((?! WHERE ).)*'settled'"""
_MARKED = rb""""data_started_at" = '"""
_SUBMITTED = rb'INSERT INTO "registrations_submission"'
_BEGUN = rb"""UPDATE "registrations_seat" SET ((?! WHERE ).)*"begun_at" = '"""
_COMMIT = rb"COMMIT"
_DOT = rb"\r\n\.\r\n"


@dataclass(frozen=True)
class KillPoint:
    """Where to look, what has to pass, what becomes of its last piece, and whether somebody dies of it."""

    service: str
    sights: tuple[Sight, ...]
    fate: Fate = Fate.LOST
    kills: bool = True

    def wire(self, kill: Callable[[int], None]) -> TripWire:
        """The trip wire; `kill` gets the client's port, and is not called where nobody dies."""
        return TripWire(self.sights, kill if self.kills else _nobody, self.fate)


def _nobody(_port: int) -> None:
    """Only the connection is lost."""


def _said(needle: bytes) -> Sight:
    return Sight(True, needle)


_ANSWER = Sight(False)

KILL_POINTS: dict[str, KillPoint] = {
    "K1": KillPoint("database", (_said(_CLAIMED), _said(_COMMIT), _ANSWER)),
    "K2": KillPoint("platform", (_said(rb"GET \S*/participations"), _ANSWER)),
    "K3": KillPoint("platform", (_said(rb"POST \S*/(register|invite) "),), fate=Fate.PASSED),
    "K4": KillPoint("database", (_said(_SEAT_SETTLED),), fate=Fate.PASSED),
    "K5": KillPoint("database", (_said(_SEAT_SETTLED), _said(_COMMIT)), fate=Fate.PASSED),
    "K6": KillPoint("database", (_said(_SEAT_SETTLED), _said(_COMMIT), _ANSWER)),
    "K7": KillPoint("smtp", (_said(b"rcpt TO"), _ANSWER)),
    "K8": KillPoint("database", (_said(_MARKED), _ANSWER)),
    "K9": KillPoint("smtp", (_said(_DOT),), fate=Fate.PASSED),
    "K10": KillPoint("smtp", (_said(_DOT), _ANSWER)),
    "submit_commit": KillPoint("database", (_said(_SUBMITTED), _said(_COMMIT), _ANSWER), kills=False),
    "submit_answer": KillPoint("database", (_said(_SUBMITTED), _said(_COMMIT), _ANSWER)),
}


def late_begin(hold_up: Callable[[int], object]) -> TripWire:
    """A seat's call is about to begin, and the statement that says so comes late, when somebody else may have the seat."""
    return TripWire((_said(_BEGUN),), hold_up, Fate.HELD)
