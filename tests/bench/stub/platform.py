"""What the stub's platform answers, and what it remembers of people.

What is the same for everybody (lists, details, members) was asked of the sandbox once and is served as it came. What is
about one person follows the sandbox's shape.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any
from urllib.parse import parse_qs, parse_qsl, unquote_plus

_EMAIL = re.compile(rb"(?:^|&)email=([^&]*)")
_INVITED = re.compile(r"users\[\d+\]\[email\]")
_CALL = re.compile(r"/v3/(?:eventsessions|events)/(\d+)/(register|invite|participations)")

Reply = tuple[int, bytes]


class Platform:
    """One account's platform. `canned` holds the fixed answers by path, `room` is how personal links begin."""

    def __init__(self, canned: dict[str, Any], *, room: str, row: dict[str, Any]) -> None:
        self._canned = {path: json.dumps(answer, ensure_ascii=False).encode() for path, answer in canned.items()}
        self._room = room
        self._row = row
        self._last_id = 1_000_000
        self.reset()

    def reset(self) -> None:
        """Forget everybody; ids go on counting."""
        self.people: dict[tuple[str, str], int] = {}
        self.named: Counter[str] = Counter()
        self.calls: Counter[str] = Counter()

    def answer(self, method: str, target: str, body: bytes) -> Reply:
        """Status and JSON for one call."""
        path, _, query = target.partition("?")
        found = _CALL.fullmatch(path)
        if found is None:
            self.calls["read"] += 1
            answer = self._canned.get(path)
            return (200, answer) if answer is not None else (404, b'{"error": {"message": "Not Found"}}')
        place, call = found.groups()
        self.calls[call] += 1
        if call == "register":
            return 201, b"{%s}" % self._register(place, _email_of(body))
        if call == "invite":
            return 201, self._invite(place, body)
        return 200, self._participations(place, query)

    def link_of(self, address: str) -> str:
        """The personal link of an address, wherever it is registered; empty for nobody."""
        return next((self._link(number) for (_, known), number in self.people.items() if known == address), "")

    def _link(self, number: int) -> str:
        return f"{self._room}{number:032x}"

    def _register(self, place: str, address: str) -> bytes:
        self.named[address] += 1
        number = self.people.get((place, address))
        if number is None:
            self._last_id += 1
            number = self.people[(place, address)] = self._last_id
        return b'"participationId":%d,"link":"%s","contactId":%d' % (number, self._link(number).encode(), number)

    def _invite(self, place: str, body: bytes) -> bytes:
        """As the sandbox: whoever is known already is left out of the answer."""
        named = (value.lower() for name, value in parse_qsl(body.decode()) if _INVITED.fullmatch(name))
        rows = []
        for address in named:
            is_new = (place, address) not in self.people
            record = self._register(place, address)
            if is_new:
                rows.append(b'{"email":%s,%s}' % (json.dumps(address).encode(), record))
        return b"[" + b",".join(rows) + b"]"

    def _participations(self, place: str, query: str) -> bytes:
        asked = parse_qs(query)
        size, page = int(asked.get("perPage", ["10"])[0]), int(asked.get("page", ["1"])[0])
        everybody = [(address, number) for (target, address), number in self.people.items() if target == place]
        shown = everybody[(page - 1) * size : page * size]
        rows = [self._row | {"id": number, "email": address, "url": f"{number:032x}"} for address, number in shown]
        return json.dumps(rows, ensure_ascii=False).encode()


def _email_of(body: bytes) -> str:
    found = _EMAIL.search(body)
    return unquote_plus(found[1].decode()).lower() if found else ""
