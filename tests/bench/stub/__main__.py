"""`python -m tests.bench.stub LEARNT.json`: a platform and a mail server that cost next to nothing.

Prints one line, `stub ready http://127.0.0.1:1234 smtp://127.0.0.1:1235`. Besides the platform's own calls (`/v3/…`) it
serves `POST /stub/reset {"latency": seconds, "keep_people": false}` (forgets people, calls and mails; from now on each call of
the platform is answered so much later), `GET /stub/mails`, `GET /stub/state` and `GET /stub/newest`.
"""

from __future__ import annotations

import base64
import json
import socket
import sys
import time
from pathlib import Path
from typing import Any

from tests.bench.stub.mailbox import Mailbox
from tests.bench.stub.platform import Platform
from tests.bench.stub.wire import Loop

LOOPBACK = "127.0.0.1"


class Stub:
    """Platform, mailbox, and the questions about both."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self.mailbox = Mailbox()
        self.latency = 0.0

    def answer(self, method: str, target: str, body: bytes) -> tuple[int, bytes, float]:
        """One call of the platform after its latency, or one question at once."""
        if target.startswith("/v3/"):
            return *self.platform.answer(method, target, body), self.latency
        questions = {
            "/stub/reset": self._reset,
            "/stub/mails": self._mails,
            "/stub/state": self._state,
            "/stub/newest": self._newest,
        }
        return 200, json.dumps(questions[target](json.loads(body or b"{}"))).encode(), 0.0

    def _reset(self, wanted: dict[str, Any]) -> dict[str, Any]:
        self.latency = float(wanted.get("latency", 0.0))
        if not wanted.get("keep_people"):
            self.platform.reset()
        self.mailbox.reset()
        return {}

    def _mails(self, _wanted: dict[str, Any]) -> dict[str, Any]:
        return {"mails": self.mailbox.count, "last_mail_at": self.mailbox.last_at}

    def _state(self, _wanted: dict[str, Any]) -> dict[str, Any]:
        platform, mailbox = self.platform, self.mailbox
        return {
            "people": len(platform.people),
            "named": sum(platform.named.values()),
            "named_twice": sum(times > 1 for times in platform.named.values()),
            "calls": dict(platform.calls),
            "mails": mailbox.count,
            "recipients": len(mailbox.to),
            "strangers": len(mailbox.to.keys() - {address for _, address in platform.people}),
            "mail_bytes": mailbox.bytes,
            "last_mail_at": mailbox.last_at,
            "cpu_seconds": time.process_time(),
        }

    def _newest(self, _wanted: dict[str, Any]) -> list[dict[str, str]]:
        return [
            {"to": to, "raw": base64.b64encode(text).decode(), "link": self.platform.link_of(to)}
            for to, text in self.mailbox.newest
        ]


def main() -> None:
    learnt = json.loads(Path(sys.argv[1]).read_text())
    http, smtp = (socket.create_server((LOOPBACK, 0), backlog=512) for _ in range(2))
    url = f"http://{LOOPBACK}:{http.getsockname()[1]}"
    stub = Stub(Platform(learnt["canned"], room=f"{url}{learnt['room']}", row=learnt["row"]))
    print(f"stub ready {url} smtp://{LOOPBACK}:{smtp.getsockname()[1]}", flush=True)
    Loop(http=http, smtp=smtp, answer=stub.answer, mailbox=stub.mailbox).run()


if __name__ == "__main__":
    main()
