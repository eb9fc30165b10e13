"""The least that does the same HTTP and SMTP: threads with kept connections, no database, no promise.

Reads one JSON command a line, `{"people": [first, count], "mode": "people"}` (register each, then mail them their link) or
`"mails"` (mail each over one kept connection); answers `{"began": …, "rate": …}` with Unix time and people a second.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor

import django
import requests
from django.core.mail import get_connection
from django.core.mail.backends.base import BaseEmailBackend

from tests.bench.letters import Letters

CALLERS, MAILERS = 64, 4
"""Fewer or more threads for the mails were slower."""
SMTP = "django.core.mail.backends.smtp.EmailBackend"


class Calling(threading.local):
    """A kept HTTP connection for each thread."""

    def __init__(self) -> None:
        self.http = requests.Session()
        self.http.trust_env = False
        self.http.headers["x-auth-token"] = "0" * 32


class Mailing(threading.local):
    """A kept SMTP connection for each thread."""

    def __init__(self) -> None:
        self.smtp: BaseEmailBackend = get_connection(SMTP)
        self.smtp.open()


class Loop:
    """Ready to go: what is read and compiled once is read and compiled."""

    def __init__(self) -> None:
        self._url = os.environ["BENCH_REGISTER_URL"]
        self._letters = Letters.read(os.environ["BENCH_LETTERS"])
        self._calling, self._mailing = Calling(), Mailing()
        self._callers, self._mailers = ThreadPoolExecutor(CALLERS), ThreadPoolExecutor(MAILERS)

    def people(self, addresses: Iterable[str]) -> None:
        for mailed in list(self._callers.map(self._register, addresses)):
            mailed.result()

    def mails(self, addresses: Iterable[str]) -> None:
        for address in addresses:
            self._mail(address, self._letters.link)

    def _register(self, address: str) -> Future[None]:
        person = {"email": address, "name": "Maria", "secondName": "Sokolova", "isAutoEnter": "true", "sendEmail": "false"}
        made = self._calling.http.post(self._url, data=person, timeout=30)
        made.raise_for_status()
        return self._mailers.submit(self._mail, address, made.json()["link"])

    def _mail(self, address: str, link: str) -> None:
        self._mailing.smtp.send_messages([self._letters.to(address, link)])


def main() -> None:
    django.setup()
    loop = Loop()
    work = {"people": loop.people, "mails": loop.mails}
    for line in sys.stdin:
        command = json.loads(line)
        first, count = command["people"]
        addresses = [f"p{number}@example.com" for number in range(first, first + count)]
        began = time.time()
        work[command["mode"]](addresses)
        print(json.dumps({"began": began, "rate": count / (time.time() - began)}), flush=True)


if __name__ == "__main__":
    main()
