"""Playing a fault: the real work is done or not, and the answer comes out wrong in the way that was asked for."""

from __future__ import annotations

import asyncio
import copy
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from registrations.sandbox.platform.answers import Answer
from registrations.sandbox.platform.faults import Fault
from registrations.sandbox.platform.model import Participation
from registrations.sandbox.platform.world import World

_HTML = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body><h1>502 Bad Gateway</h1></body>\r\n</html>"
_PIECES = 20

Later = Callable[[float, Callable[[], Answer]], None]
"""Do this work in so many seconds, whatever becomes of the connection."""


@dataclass(slots=True)
class Scene:
    """Everything a fault needs: `work` does the real work once and returns the true answer."""

    request: web.Request
    fault: Fault
    work: Callable[[], Answer]
    later: Later
    world: World


@dataclass(frozen=True, slots=True)
class Outcome:
    """What went over the wire. `status` 0 means that the connection was closed without an answer."""

    status: int
    response: web.StreamResponse


def render(answer: Answer) -> web.Response:
    """An answer as HTTP; no body means an empty one, as with 204."""
    if answer.body is None:
        return web.Response(status=answer.status, headers=answer.headers)
    body = json.dumps(answer.body, ensure_ascii=False, separators=(",", ":"))
    return web.Response(status=answer.status, headers=answer.headers, text=body, content_type="application/json")


async def play(scene: Scene) -> Outcome:
    """Answer one call with its fault."""
    return await _PLAYS[scene.fault.kind](scene)


def _drop(scene: Scene) -> Outcome:
    if scene.request.transport is not None:
        scene.request.transport.close()
    return Outcome(0, web.Response())


def _said(fault: Fault) -> Outcome:
    """The status that was asked for, with a text body as it is and any other body as JSON."""
    headers = {} if fault.retry_after is None else {"Retry-After": fault.retry_after}
    if isinstance(fault.body, str):
        kind = "text/html" if fault.body.lstrip().startswith("<") else "application/json"
        response = web.Response(status=fault.status, text=fault.body, content_type=kind, headers=headers)
        return Outcome(fault.status, response)
    body = fault.body
    if body is None:
        body = {"error": {"code": fault.status, "message": web.Response(status=fault.status).reason}}
    return Outcome(fault.status, render(Answer(fault.status, body, headers)))


async def _status_before(scene: Scene) -> Outcome:
    return _said(scene.fault)


async def _status_after(scene: Scene) -> Outcome:
    scene.work()
    return _said(scene.fault)


async def _drop_before(scene: Scene) -> Outcome:
    return _drop(scene)


async def _drop_after(scene: Scene) -> Outcome:
    scene.work()
    return _drop(scene)


async def _late(scene: Scene) -> Outcome:
    scene.later(scene.fault.seconds, scene.work)
    return _said(scene.fault) if scene.fault.status else _drop(scene)


async def _html(scene: Scene) -> Outcome:
    text = scene.fault.body if isinstance(scene.fault.body, str) else _HTML
    return Outcome(scene.fault.status, web.Response(status=scene.fault.status, text=text, content_type="text/html"))


async def _empty(scene: Scene) -> Outcome:
    status = scene.work().status
    return Outcome(status, web.Response(status=status))


async def _huge(scene: Scene) -> Outcome:
    answer = scene.work()
    body = json.dumps(answer.body).encode()
    response = web.StreamResponse(status=answer.status, headers={"Content-Type": "application/json"})
    await response.prepare(scene.request)
    padding = b" " * 65_536
    await response.write(body)
    for _ in range(max(scene.fault.size - len(body), 0) // len(padding) + 1):
        await response.write(padding)
    return Outcome(answer.status, response)


async def _drip(scene: Scene) -> Outcome:
    answer = scene.work()
    body = json.dumps(answer.body).encode() if answer.body is not None else b""
    response = web.StreamResponse(status=answer.status, headers={"Content-Type": "application/json"})
    response.content_length = len(body)
    await response.prepare(scene.request)
    step = max(-(-len(body) // _PIECES), 1)
    starts = range(0, len(body), step)
    for start in starts:
        await asyncio.sleep(scene.fault.seconds / len(starts))
        await response.write(body[start : start + step])
    return Outcome(answer.status, response)


async def _links(scene: Scene) -> Outcome:
    """The true answer with wrong links; in a participations list the token `url` goes wrong."""
    answer = scene.work()
    body = copy.deepcopy(answer.body)
    for row in _rows(body):
        for name in ("link", "url"):
            if name in row:
                _spoil(row, name, scene.fault)
    return Outcome(answer.status, render(Answer(answer.status, body)))


def _rows(body: Any) -> list[dict[str, Any]]:
    rows = body if isinstance(body, list) else [body]
    return [row for row in rows if isinstance(row, dict)]


def _spoil(row: dict[str, Any], name: str, fault: Fault) -> None:
    if fault.kind == "no_link":
        del row[name]
    elif fault.kind == "bad_link":
        row[name] = "not a link" if fault.body is None else fault.body
    elif name == "link":
        row[name] = "https://links.example.net/" + row[name].split("/", 3)[-1]


async def _neighbour(scene: Scene) -> Outcome:
    """Every row keeps its e-mail, if it shows one, and gets the record of somebody else."""
    answer = scene.work()
    body = copy.deepcopy(answer.body)
    for row in _rows(body):
        own = scene.world.participations.get(row.get("participationId", row.get("id")) or 0)
        if own is None:
            continue
        other = _somebody_else(scene.world, own)
        changes = {
            "participationId": other.id,
            "id": other.id,
            "link": scene.world.link(other),
            "url": other.token,
            "contactId": other.contact_id,
        }
        row.update({name: value for name, value in changes.items() if name in row})
    return Outcome(answer.status, render(Answer(answer.status, body)))


def _somebody_else(world: World, own: Participation) -> Participation:
    others = [p for p in world.people_in(own.target) if p.address != own.address]
    if others:
        return others[0]
    return world.new_participation(
        organization_id=own.organization_id,
        event_id=own.event_id,
        session_id=own.session_id,
        email=f"neighbour{own.id}@example.net",
        name="Nina",
        second_name="Neighbour",
    )


_PLAYS: dict[str, Callable[[Scene], Awaitable[Outcome]]] = {
    "status": _status_before,
    "status_before_work": _status_before,
    "status_after_work": _status_after,
    "drop_before_work": _drop_before,
    "drop_after_work": _drop_after,
    "late_work": _late,
    "html": _html,
    "empty": _empty,
    "huge": _huge,
    "drip": _drip,
    "bad_link": _links,
    "foreign_link": _links,
    "no_link": _links,
    "neighbour": _neighbour,
}
