"""The sandbox's webinar platform as the contract suite wants it: made over its own API, spoilt over its control API."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import requests

from registrations.webinar.provider import Credentials, Provider
from registrations.webinar.providers.webinar_ru import WebinarRu
from registrations.webinar.transport import Limits
from tests.webinar.stand_in import PAUSE, STARTS_AT, Call, Fault, Made

ROOT = Path(__file__).parents[2]
HUGE = 1_200_000

_FAULTS: Mapping[Fault, Mapping[str, Any]] = {
    Fault.FAILS_BEFORE: {"kind": "status_before_work"},
    Fault.FAILS_AFTER: {"kind": "status_after_work"},
    Fault.DROPS_BEFORE: {"kind": "drop_before_work"},
    Fault.DROPS_AFTER: {"kind": "drop_after_work"},
    Fault.PAGE_AFTER: {"kind": "status_after_work", "status": 200, "body": "<html><title>Welcome</title></html>"},
    Fault.EMPTY_AFTER: {"kind": "empty"},
    Fault.HUGE_AFTER: {"kind": "huge", "size": HUGE},
    Fault.SLOW_AFTER: {"kind": "drip", "seconds": 40},
    Fault.NO_LINK_AFTER: {"kind": "no_link"},
    Fault.BAD_LINK_AFTER: {"kind": "bad_link"},
    Fault.FOREIGN_LINK_AFTER: {"kind": "foreign_link"},
    Fault.THROTTLES: {"kind": "status", "status": 429, "retry_after": str(PAUSE)},
    Fault.FORBIDS: {"kind": "status", "status": 403},
}
_ROUTES = {Call.OWNER: "members", Call.EVENTS: "schedule"}


@contextmanager
def running() -> Iterator[str]:
    """A sandbox without a rate limit, in a process of its own on free ports; gives its address."""
    command = [sys.executable, "-m", "registrations.sandbox", "--port", "0", "--smtp-port", "0", "--no-limit"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line.startswith("sandbox ready "), line
            yield line.split()[2]
        finally:
            process.terminate()


class SandboxPlatform:
    """`url` is where a sandbox runs; `switches` is how it behaves where the vendor's pages leave a choice."""

    def __init__(self, url: str, switches: Mapping[str, str] | None = None) -> None:
        self._url = url
        self._http = requests.Session()
        self._ask("POST", "/sandbox/api/reset")
        self._ask("PUT", "/sandbox/api/switches", json=dict(switches or {}))
        # A key of its own, because a request that an earlier test gave up may be noted as late as now.
        self._key = str(self._ask("POST", "/sandbox/api/keys", json={})["key"])
        self._http.headers["x-auth-token"] = self._key

    def open(
        self,
        *,
        api_key: str = "",
        base_url: str = "",
        patience: float = 10.0,
        before_call: Callable[[], None] | None = None,
    ) -> Provider:
        credentials = Credentials(base_url or f"{self._url}/v3", api_key or self._key)
        return WebinarRu(credentials, before_call=before_call or (lambda: None), limits=Limits(total_seconds=patience))

    def make_event(
        self,
        title: str = "Intro",
        *,
        sessions: int = 1,
        whole_series: bool = False,
        moderated: bool = False,
        questions: Sequence[str] = (),
    ) -> Made:
        form = {
            "name": title,
            "accessSettings[isRegistrationRequired]": "1",
            "accessSettings[isModerationRequired]": str(int(moderated)),
            "isEventRegAllowed": str(whole_series).lower(),
            "rule": "FREQ=DAILY;COUNT=1" if sessions == 1 else f"FREQ=WEEKLY;COUNT={sessions}",
            "startsAtTimestamp": STARTS_AT.isoformat(),
        }
        for index, label in enumerate(questions):
            form |= {f"additionalFields[{index}][label]": label, f"additionalFields[{index}][type]": "text"}
        event_id = self._ask("POST", "/v3/events", data=form)["eventId"]
        made = [
            self._ask("POST", f"/v3/events/{event_id}/sessions", data={"startsAtTimestamp": starts_at.isoformat()})
            for starts_at in (STARTS_AT + timedelta(weeks=week) for week in range(sessions))
        ]
        fields = self._ask("GET", f"/v3/organization/events/{event_id}")["additionalFields"]
        return Made(
            event_id=str(event_id),
            session_ids=tuple(str(session["eventSessionId"]) for session in made),
            fields={one["label"]: one["key"] for one in fields},
        )

    def misbehave(self, fault: Fault, *, at: Call) -> None:
        self._ask("POST", "/sandbox/api/faults", json={"route": _ROUTES.get(at, at.value), **_FAULTS[fault]})

    def requests(self) -> int:
        calls = self._ask("GET", "/sandbox/api/calls")["calls"]
        return sum(call["key"] == self._key[-4:] for call in calls)

    def mails(self) -> int:
        return int(self._ask("GET", "/mailbox/api/count")["received"])

    def admits(self, link: str) -> bool:
        return self._http.get(link, timeout=10).status_code == 200

    def close(self) -> None:
        self._http.close()

    def _ask(self, method: str, path: str, **more: Any) -> Any:
        answer = self._http.request(method, self._url + path, timeout=10, **more)
        assert answer.ok, (method, path, answer.status_code, answer.text)
        return answer.json()
