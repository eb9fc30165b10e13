"""Faults of the SMTP server: at which command, what goes wrong, how often."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

VERBS = ("connect", "helo", "mail", "rcpt", "data", "dot")
KINDS: dict[str, str] = {
    "refuse": "answers `code` and `text`; the connection goes on (at connect it is closed)",
    "hang": "says nothing for `seconds`, then closes the connection; at the dot nothing is kept",
    "drop": "closes the connection without an answer; at the dot nothing is kept",
    "slow": "waits `seconds`, then goes on as usual",
    "accept_drop": "dot only: keeps the mail, closes the connection without an answer",
    "accept_hang": "dot only: keeps the mail, says nothing for `seconds`, then closes the connection",
    "accept_close": "dot only: keeps the mail, answers 250, then closes the connection",
}
_CODES = {"connect": 421, "helo": 421, "mail": 451, "rcpt": 450, "data": 451, "dot": 451}


class BadSmtpFault(ValueError):
    """The fault asked for does not make sense; the text says why."""


@dataclass(slots=True)
class SmtpFault:
    """One active fault. `count` is how many more times it hits, None for always; `match` limits rcpt to one address."""

    id: int
    verb: str
    kind: str
    code: int
    text: str
    seconds: float
    count: int | None
    match: str = ""
    hits: int = 0

    def as_json(self) -> dict[str, Any]:
        """For the control API."""
        return asdict(self)


class SmtpFaults:
    """The active faults, oldest first."""

    def __init__(self) -> None:
        self._active: list[SmtpFault] = []
        self._last_id = 0

    def active(self) -> list[SmtpFault]:
        """Those that can still hit."""
        return list(self._active)

    def clear(self) -> int:
        """Take all back. Returns how many were active."""
        count = len(self._active)
        self._active = []
        return count

    def add(self, wanted: Mapping[str, Any]) -> SmtpFault:
        """Make a fault from its JSON. Raises BadSmtpFault."""
        verb, kind = str(wanted.get("verb", "")).lower(), str(wanted.get("kind", "refuse"))
        if verb not in VERBS:
            raise BadSmtpFault(f"verb is one of: {', '.join(VERBS)}")
        if kind not in KINDS or (kind.startswith("accept_") and verb != "dot"):
            raise BadSmtpFault(f"kind is one of: {', '.join(KINDS)}; accept_… only at the dot")
        unknown = set(wanted) - {"verb", "kind", "code", "text", "seconds", "count", "match"}
        if unknown:
            raise BadSmtpFault(f"unknown: {', '.join(sorted(unknown))}")
        count, code, seconds = wanted.get("count", 1), wanted.get("code", _CODES[verb]), wanted.get("seconds", 2.0)
        if not isinstance(code, int) or not 400 <= code <= 599:
            raise BadSmtpFault("code is a number from 400 to 599")
        if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds <= 3600:
            raise BadSmtpFault("seconds is a number from 0 to 3600")
        if count is not None and (isinstance(count, bool) or not isinstance(count, int) or count < 1):
            raise BadSmtpFault("count is a whole number from 1, or null")
        text = " ".join(str(wanted.get("text") or "A fault that was asked for").split())
        self._last_id += 1
        fault = SmtpFault(
            self._last_id, verb, kind, code, text, float(seconds), count, str(wanted.get("match") or "").strip().lower()
        )
        self._active.append(fault)
        return fault

    def take(self, verb: str, address: str = "") -> SmtpFault | None:
        """The oldest fault that hits this command; it loses one count."""
        for fault in self._active:
            if fault.verb == verb and (not fault.match or fault.match == address.lower()):
                fault.hits += 1
                if fault.count is not None:
                    fault.count -= 1
                    if fault.count == 0:
                        self._active.remove(fault)
                return fault
        return None
