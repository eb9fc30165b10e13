"""The sandbox as a process of its own, for tests: start it, drive it, read what it saw, stop it."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import quote, urlencode

ROOT = Path(__file__).resolve().parents[2]
DEMO_KEY = "0123456789abcdef0123456789abcdef"
START_SECONDS = 30.0


@dataclass(frozen=True)
class MadeEvent:
    """An event that the sandbox made. `fields` are the keys of its extra fields by label."""

    event_id: int
    session_ids: tuple[int, ...]
    link: str
    fields: dict[str, str]

    @property
    def session_id(self) -> int:
        """The first session."""
        return self.session_ids[0]


class SandboxProcess:
    """A running sandbox on free ports. Use it in a `with` statement, or call `stop()`.

    `rate` is the platform's calls a second per key; 0 switches the limiter off.
    """

    def __init__(self, *, rate: float = 0, arguments: Sequence[str] = ()) -> None:
        command = [sys.executable, "-m", "registrations.sandbox", "--port", "0", "--smtp-port", "0", "--rate", str(rate)]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("SANDBOX_")}
        self.process = subprocess.Popen(
            [*command, *arguments], cwd=ROOT, text=True, stdout=subprocess.PIPE, env=environment | {"PYTHONPATH": str(ROOT)}
        )
        ready = self._first_line().split()
        if ready[:2] != ["sandbox", "ready"]:
            self.stop()
            raise RuntimeError(f"the sandbox did not start: {ready}")
        self.url = ready[2]
        self.api_url = f"{self.url}/v3"
        self.api_key = DEMO_KEY
        self.smtp_host, _, port = ready[3].removeprefix("smtp://").rpartition(":")
        self.smtp_port = int(port)

    def _first_line(self) -> str:
        lines: queue.Queue[str] = queue.Queue()
        assert self.process.stdout is not None
        threading.Thread(target=lambda: lines.put(self.process.stdout.readline()), daemon=True).start()
        try:
            return lines.get(timeout=START_SECONDS)
        except queue.Empty:
            return "no ready line"

    def __enter__(self) -> SandboxProcess:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def stop(self) -> int:
        """End the process. Returns its exit code."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
        code = self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()
        return code

    def kill(self) -> None:
        """End the process at once, as a crash would."""
        self.process.kill()
        self.process.wait()

    def request(self, method: str, path: str, body: Any = None) -> Any:
        """One JSON call of anything but the platform, such as `/sandbox/api/…`. Raises RuntimeError unless it answers 200."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            self.url + path, data=data, method=method, headers={"Content-Type": "application/json"}
        )
        try:
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=30) as answer:
                return json.loads(answer.read())
        except urllib.error.HTTPError as error:
            with error:
                raise RuntimeError(f"{method} {path}: {error.code} {error.read().decode()}") from None

    def platform(self, method: str, path: str, params: dict[str, Any] | None = None) -> Any:
        """One JSON call of the platform's API with the demo key; goes through limiter, faults and journal."""
        request = urllib.request.Request(
            self.api_url + path,
            data=None if params is None else json.dumps(params).encode(),
            method=method,
            headers={"x-auth-token": self.api_key} | ({} if params is None else {"Content-Type": "application/json"}),
        )
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=30) as answer:
            text = answer.read()
            return json.loads(text) if text else None

    def switches(self, **wanted: Any) -> dict[str, Any]:
        """Set switches, such as `register_duplicate="conflict"` or `rate=2`. Returns all settings."""
        return self.request("PUT", "/sandbox/api/switches", wanted)

    def fault(self, route: str, kind: str, **details: Any) -> dict[str, Any]:
        """Ask for a fault at a route; `count` is 1 unless given, None for until it is cleared."""
        return self.request("POST", "/sandbox/api/faults", {"route": route, "kind": kind} | details)

    def smtp_fault(self, verb: str, kind: str = "refuse", **details: Any) -> dict[str, Any]:
        """Ask for a fault of the mail server."""
        return self.request("POST", "/sandbox/api/smtp-faults", {"verb": verb, "kind": kind} | details)

    def faults(self) -> list[dict[str, Any]]:
        """The platform faults that can still hit."""
        return self.request("GET", "/sandbox/api/faults")

    def clear_faults(self) -> None:
        """Take back all faults, the mail server's too."""
        self.request("DELETE", "/sandbox/api/faults")
        self.request("DELETE", "/sandbox/api/smtp-faults")

    def set_key(self, key: str | None = None, **details: Any) -> dict[str, Any]:
        """Add or change an API key: `active`, `rights`, `denied`, `organization`, `label`."""
        return self.request("POST", "/sandbox/api/keys", ({"key": key} if key else {}) | details)

    def reset(self) -> None:
        """A fresh state: no events, people, mails, faults, calls; default switches and keys."""
        self.request("POST", "/sandbox/api/reset", {})

    def calls(self, route: str = "") -> list[dict[str, Any]]:
        """The platform calls taken down, oldest first, of one route if given."""
        return self.request("GET", f"/sandbox/api/calls?{urlencode({'route': route})}")["calls"]

    def counters(self) -> dict[str, dict[str, int]]:
        """How many platform calls there were, exactly: `{"register": {"201": 5}}`; status "0" means no answer."""
        return self.request("GET", "/sandbox/api/calls?limit=0")["counters"]

    def participations(self, email: str = "") -> list[dict[str, Any]]:
        """Everybody there ever was at this address, deleted people too, oldest first."""
        return self.request("GET", f"/sandbox/api/participations?{urlencode({'email': email})}")

    def messages(self, to: str = "") -> list[dict[str, Any]]:
        """The mails to one address, or all, oldest first."""
        return self.request("GET", "/mailbox/api/messages" + (f"?to={quote(to)}" if to else ""))

    def mails_received(self) -> int:
        """How many mails came in since the start, the last reset or the last clearing."""
        return int(self.request("GET", "/mailbox/api/count")["received"])

    def wait_for_messages(self, to: str, count: int = 1, seconds: float = 20) -> list[dict[str, Any]]:
        """Wait until an address has so many mails. Raises TimeoutError."""
        deadline = time.monotonic() + seconds
        while True:
            found = self.messages(to)
            if len(found) >= count:
                return found
            if time.monotonic() > deadline:
                raise TimeoutError(f"{len(found)} of {count} mails to {to} in {seconds} s")
            time.sleep(0.05)

    def make_event(
        self,
        name: str = "Webinar",
        *,
        series: bool = False,
        sessions: int = 1,
        moderated: bool = False,
        whole_series: bool = False,
        extra_fields: Sequence[str | dict[str, Any]] = (),
        starts_in: float = 24,
        **parameters: Any,
    ) -> MadeEvent:
        """Make an event past limiter, faults and journal.

        Sessions start `starts_in` hours from now and then daily. `extra_fields` are labels, or maps in the platform's form
        (`{"label": …, "type": "radio", "values": […], "isRequired": False}`). `parameters` are further ones of POST /events.
        """
        starts = [datetime.now(UTC) + timedelta(hours=starts_in, days=day) for day in range(sessions)]
        stamps = [start.isoformat(timespec="seconds") for start in starts]
        fields = [item if isinstance(item, dict) else {"label": item, "type": "text"} for item in extra_fields]
        event = {
            "name": name,
            "additionalFields": fields,
            "isEventRegAllowed": whole_series,
            "accessSettings": {"isRegistrationRequired": True, "isModerationRequired": moderated},
        }
        if stamps:
            event["startsAtTimestamp"] = stamps[0]
        if series or whole_series or sessions > 1:
            event["rule"] = f"FREQ=DAILY;COUNT={max(sessions, 2)}"
        body = {
            "event": event | parameters,
            "sessions": [
                {"startsAtTimestamp": stamp} | ({"name": f"{name}, part {number}"} if sessions > 1 else {})
                for number, stamp in enumerate(stamps, 1)
            ],
        }
        made = self.request("POST", "/sandbox/api/events", body)
        return MadeEvent(made["eventId"], tuple(made["eventSessionIds"]), made["link"], made["additionalFields"])
