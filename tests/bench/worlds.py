"""The outside world as a process: the stub, which learns its fixed answers from the sandbox."""

from __future__ import annotations

import base64
import email
import email.policy
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit
from urllib.request import ProxyHandler, Request, build_opener

from registrations.management.localrun.leash import die_with
from tests.processes.running import ROOT
from tests.sandbox.process import DEMO_KEY, MadeEvent, SandboxProcess


@dataclass(frozen=True)
class Mail:
    """A mail as the stub got it, with the link of whom it went to."""

    to: str
    raw: bytes
    link: str

    def parts(self) -> EmailMessage:
        """Parsed."""
        return email.message_from_bytes(self.raw, policy=email.policy.SMTP)  # type: ignore[return-value]

    @property
    def has_own_link(self) -> bool:
        """Both the text and the HTML hold the person's link."""
        texts = [part.get_content() for part in self.parts().walk() if part.get_content_maintype() == "text"]
        return bool(self.link) and sum(self.link in text for text in texts) >= 2


class StubProcess:
    """A running stub on free ports. Use it in a `with` statement."""

    def __init__(self) -> None:
        self.api_key = DEMO_KEY
        with tempfile.NamedTemporaryFile("w", suffix=".json") as learnt:
            self.event = _learn(Path(learnt.name))
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.bench.stub", learnt.name],
                cwd=ROOT,
                text=True,
                stdout=subprocess.PIPE,
                preexec_fn=partial(die_with, os.getpid()),
            )
            assert self._process.stdout is not None
            ready = self._process.stdout.readline().split()
        if ready[:2] != ["stub", "ready"]:
            raise RuntimeError(f"the stub did not start: {ready}")
        self.url = ready[2]
        self.api_url = f"{self.url}/v3"
        smtp = urlsplit(ready[3])
        self.smtp_host, self.smtp_port = str(smtp.hostname), int(smtp.port or 0)

    def __enter__(self) -> StubProcess:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._process.terminate()
        self._process.wait(10)

    def reset(self, *, latency: float = 0.0, keep_people: bool = False) -> None:
        """Forget people, calls and mails; from now on each call of the platform takes `latency` seconds."""
        self._ask("reset", {"latency": latency, "keep_people": keep_people})

    def mails(self) -> dict[str, Any]:
        """How many mails there are, and when the last one came, in Unix time: a question that costs nothing."""
        found: dict[str, Any] = self._ask("mails")
        return found

    def state(self) -> dict[str, Any]:
        """People, calls and mails since the last reset; `cpu_seconds` since the start."""
        found: dict[str, Any] = self._ask("state")
        return found

    def newest(self) -> list[Mail]:
        """The last mails."""
        return [Mail(item["to"], base64.b64decode(item["raw"]), item["link"]) for item in self._ask("newest")]

    def _ask(self, question: str, wanted: dict[str, Any] | None = None) -> Any:
        request = Request(f"{self.url}/stub/{question}", data=json.dumps(wanted or {}).encode())
        with build_opener(ProxyHandler({})).open(request, timeout=30) as answer:
            return json.loads(answer.read())


def _learn(path: Path) -> MadeEvent:
    """Make an event at a sandbox and write down what it answers about it."""
    yesterday = datetime.now(UTC) - timedelta(days=1)
    with SandboxProcess() as sandbox:
        event = sandbox.make_event("Webinar on slow mornings")
        reads = {
            "/v3/organization/events/schedule": f"/organization/events/schedule?from={yesterday:%Y-%m-%d}%2000:00:00",
            f"/v3/organization/events/{event.event_id}": f"/organization/events/{event.event_id}",
            f"/v3/eventsessions/{event.session_id}": f"/eventsessions/{event.session_id}",
            "/v3/organization/members": "/organization/members?role=admin&page=1&perPage=10",
            "/v3/timezones": "/timezones",
        }
        canned = {served: sandbox.platform("GET", asked) for served, asked in reads.items()}
        place = f"/eventsessions/{event.session_id}"
        made = sandbox.platform("POST", f"{place}/register", {"email": "someone@example.com", "sendEmail": False})
        row = sandbox.platform("GET", f"{place}/participations?page=1&perPage=10")[0]
        room = urlsplit(made["link"]).path.rpartition("/")[0] + "/"
    path.write_text(json.dumps({"canned": canned, "room": room, "row": row}))
    return event
