"""The stand-in's own pages: the home page, the people of one event, health."""

from __future__ import annotations

import base64
import time
from typing import Any

from aiohttp import web

from registrations.sandbox.platform.model import Event
from registrations.sandbox.platform.room import shown
from registrations.sandbox.platform.switches import SWITCHES
from registrations.sandbox.platform.world import DEMO_KEY
from registrations.sandbox.state import Sandbox
from registrations.sandbox.templating import page

MOST_EVENTS = 100
MOST_PEOPLE = 200
RECENT_CALLS = 12
_PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkMP7/HwAEBgIApD5fRAAAAABJRU5ErkJggg==",
)


class Pages:
    """Reads the state and shows it."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    async def home(self, _request: web.Request) -> web.Response:
        """What this is and what goes on."""
        sandbox = self._sandbox
        settings = sandbox.switches.as_dict()
        defaults = {switch.name: switch.values[0] for switch in SWITCHES} | {"rate": settings["rate"], "capacity": 0}
        rows = sorted(sandbox.world.events.values(), key=lambda event: -event.id)
        live = [self._event(event) for event in rows if not event.deleted]
        faults = [f"{f.kind} at {f.route}, {_times(f.count)}" for f in sandbox.faults.active()]
        faults += [f"SMTP {f.kind} at {f.verb}, {_times(f.count)}" for f in sandbox.smtp_faults.active()]
        return page(
            "home.html",
            {
                "public_url": sandbox.world.public_url,
                "smtp_url": sandbox.smtp_url,
                "demo_key": DEMO_KEY,
                "mails": sandbox.mails.received,
                "events": live[:MOST_EVENTS],
                "more_events": max(len(live) - MOST_EVENTS, 0),
                "faults": faults,
                "changed": [f"{name} = {value}" for name, value in settings.items() if value != defaults[name]],
                "calls": self._recent_calls(),
                "rate": f"{sandbox.switches.rate:g}" if sandbox.switches.rate else "",
            },
        )

    def _event(self, event: Event) -> dict[str, Any]:
        world = self._sandbox.world
        sessions = [
            {"id": s.id, "name": s.name, "when": shown(s), "status": s.status, "people": world.count(s.target)}
            for s in world.sessions_of(event.id)
        ]
        whole = world.count(event.target)
        return {
            "id": event.id,
            "name": event.name,
            "series": event.is_series,
            "whole_series": event.takes_whole_series,
            "whole": whole,
            "sessions": sessions,
            "people": whole + sum(world.count(session.target) for session in world.sessions_of(event.id)),
            "moderated": event.moderation_required,
            "status": event.status,
        }

    def _recent_calls(self) -> list[dict[str, Any]]:
        calls = self._sandbox.journal.as_json(limit=RECENT_CALLS)["calls"]
        return [
            call
            | {
                "clock": time.strftime("%H:%M:%S", time.localtime(call["time"])),
                "outcome": call["status"] or "no answer",
                "failed": not 200 <= call["status"] < 400,
            }
            for call in reversed(calls)
        ]

    async def event(self, request: web.Request) -> web.Response:
        """The people of one event with their state and their room."""
        world = self._sandbox.world
        event = world.event(int(request.match_info["id"]))
        if event is None:
            return page(
                "away.html",
                {"title": "Nothing here", "reason": "There is no such event.", "reason_ru": "Такого мероприятия нет."},
                status=404,
            )
        people = [person for person in world.participations.values() if person.event_id == event.id]
        rows = [
            {
                "id": p.id,
                "name": f"{p.name} {p.second_name}".strip() or p.email,
                "email": p.email,
                "state": p.state,
                "visited": p.visited,
                "link": world.link(p),
                "where": world.sessions[p.session_id].name if p.session_id else "whole series",
            }
            for p in people[-MOST_PEOPLE:][::-1]
        ]
        return page(
            "event.html",
            {"event": self._event(event), "people": rows, "count": len(people), "more": max(len(people) - MOST_PEOPLE, 0)},
        )


def _times(count: int | None) -> str:
    return "until cleared" if count is None else "once" if count == 1 else f"{count} times"


async def _healthz(_request: web.Request) -> web.Response:
    return web.Response(text="ok")


async def _image(_request: web.Request) -> web.Response:
    return web.Response(body=_PIXEL, content_type="image/png")


@web.middleware
async def _nothing_here(request: web.Request, handler: Any) -> web.StreamResponse:
    """A page instead of aiohttp's bare 404."""
    try:
        response: web.StreamResponse = await handler(request)
    except web.HTTPNotFound:
        return page(
            "away.html",
            {"title": "Nothing here", "reason": "There is no such page.", "reason_ru": "Такой страницы нет."},
            status=404,
        )
    return response


def add_routes(app: web.Application, sandbox: Sandbox) -> None:
    """Mount the pages."""
    pages = Pages(sandbox)
    app.middlewares.append(_nothing_here)
    app.router.add_get("/", pages.home)
    app.router.add_get("/healthz", _healthz)
    app.router.add_get("/sandbox/events/{id:[0-9]{1,18}}/", pages.event)
    app.router.add_get("/sandbox/image/{id:[0-9]{1,18}}.png", _image)
