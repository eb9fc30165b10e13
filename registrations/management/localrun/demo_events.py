"""The demo's events at the stand-in platform, made and kept in the future over its API, as a company would by hand.

Methods, parameters and the rate of two calls a second: MTS Link articles 19681, 19682, 19680, 19675 and 25720.
"""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import requests

from registrations.services.demo import CAMPAIGNS, DemoCampaign

DEMO_KEY = "0123456789abcdef0123456789abcdef"
_ZONE = ZoneInfo("Europe/Moscow")
_PACE_SECONDS = 0.55
_TIMEOUT_SECONDS = 10
_AROUND = timedelta(days=300)


def ensure_events(api_url: str) -> None:
    """Make the events that the platform lacks, and move to next week those that lie behind. Raises requests' errors."""
    with requests.Session() as session:
        session.trust_env = False
        session.headers["x-auth-token"] = DEMO_KEY
        platform = _Platform(session, api_url)
        now = datetime.now(_ZONE)
        period = {"from": _query_time(now - _AROUND), "to": _query_time(now + _AROUND), "perPage": 250}
        listed = platform.call("GET", "/organization/events/schedule", period)
        known = {event["name"]: event for event in listed}
        for campaign in CAMPAIGNS:
            dates = _dates(now, campaign.sessions)
            event = known.get(campaign.event_title) or _make(platform, campaign, dates)
            for date in dates[len(event["eventSessions"]) :]:
                platform.call("POST", f"/events/{event['id']}/sessions", {"startsAtTimestamp": date.isoformat()})
            if _is_behind(event, now):
                _move(platform, event, dates)


def _query_time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}"


def _dates(now: datetime, count: int) -> list[datetime]:
    """At noon in a week, and every week after that."""
    first = (now + timedelta(days=7)).replace(hour=12, minute=0, second=0, microsecond=0)
    return [first + timedelta(weeks=week) for week in range(count)]


def _is_behind(event: dict[str, Any], now: datetime) -> bool:
    return any(datetime.fromisoformat(session["startsAt"]) < now + timedelta(days=1) for session in event["eventSessions"])


def _make(platform: _Platform, campaign: DemoCampaign, dates: list[datetime]) -> dict[str, Any]:
    """A new event without sessions, as the list would show it."""
    length = {"duration": "PT1H0M0S"}
    if len(dates) > 1:
        length = {
            "rule": f"FREQ=WEEKLY;COUNT={len(dates)}",
            "isEventRegAllowed": "true",
            "endsAtTimestamp": (dates[-1] + timedelta(hours=1)).isoformat(),
        }
    values = {
        "name": campaign.event_title,
        "lang": campaign.language.upper(),
        "accessSettings[isRegistrationRequired]": "1",
        "accessSettings[isModerationRequired]": "0",
        "accessSettings[isPasswordRequired]": "0",
        "startsAtTimestamp": dates[0].isoformat(),
        **length,
    }
    return {"id": platform.call("POST", "/events", values)["eventId"], "eventSessions": []}


def _move(platform: _Platform, event: dict[str, Any], dates: list[datetime]) -> None:
    """Event and sessions, one after the other, or they drift apart (MTS Link article 19675)."""
    platform.call(
        "PUT",
        f"/organization/events/{event['id']}",
        {
            "startsAtTimestamp": dates[0].isoformat(),
            "endsAtTimestamp": (dates[-1] + timedelta(hours=1)).isoformat(),
        },
    )
    for session, date in zip(event["eventSessions"], dates, strict=False):
        platform.call("PUT", f"/eventsessions/{session['id']}", {"startsAtTimestamp": date.isoformat(), "sendEmail": "false"})


class _Platform:
    """Calls at the platform's pace; a 429 is waited out."""

    def __init__(self, session: requests.Session, api_url: str) -> None:
        self._session = session
        self._api_url = api_url

    def call(self, method: str, path: str, values: dict[str, Any]) -> Any:
        query, body = (values, None) if method == "GET" else (None, values)
        while True:
            answer = self._session.request(method, f"{self._api_url}{path}", params=query, data=body, timeout=_TIMEOUT_SECONDS)
            time.sleep(_PACE_SECONDS)
            if answer.status_code != requests.codes.too_many_requests:
                break
            time.sleep(float(answer.headers.get("Retry-After", "1")))
        answer.raise_for_status()
        return answer.json() if answer.content else None
