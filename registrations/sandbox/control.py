"""The control API under `/sandbox/api/`: no part of the platform, for tests and demos. Documented in the package."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Mapping
from typing import Any

from aiohttp import web

from registrations.sandbox.mailbox.smtp_faults import BadSmtpFault
from registrations.sandbox.platform import events, forms, sessions
from registrations.sandbox.platform.answers import Answer, ApiError
from registrations.sandbox.platform.call import Call
from registrations.sandbox.platform.faults import BadFault
from registrations.sandbox.platform.model import ApiKey, Participation
from registrations.sandbox.platform.switches import NUMBERS, SWITCHES, UnknownSwitch
from registrations.sandbox.platform.when import utc_text
from registrations.sandbox.platform.world import DEMO_KEY, World
from registrations.sandbox.state import Sandbox

_KEY = re.compile(r"[0-9a-f]{32}")
Json = dict[str, Any]


class Refused(ValueError):
    """The request makes no sense; the text says why."""


def add_routes(app: web.Application, sandbox: Sandbox) -> None:
    """Mount the control API."""
    work: tuple[tuple[str, str, Callable[[Sandbox, Json, Mapping[str, str]], Any]], ...] = (
        ("GET", "switches", _switches),
        ("PUT", "switches", _set_switches),
        ("GET", "faults", _faults),
        ("POST", "faults", _add_fault),
        ("DELETE", "faults", _clear_faults),
        ("GET", "smtp-faults", _smtp_faults),
        ("POST", "smtp-faults", _add_smtp_fault),
        ("DELETE", "smtp-faults", _clear_smtp_faults),
        ("GET", "keys", _keys),
        ("POST", "keys", _set_key),
        ("POST", "reset", _reset),
        ("POST", "events", _make_event),
        ("GET", "calls", _calls),
        ("DELETE", "calls", _clear_calls),
        ("GET", "participations", _participations),
    )
    for method, path, function in work:
        app.router.add_route(method, f"/sandbox/api/{path}", _door(sandbox, function))
    app.router.add_route("*", "/sandbox/api/{path:.*}", _no_such_call)


async def _no_such_call(request: web.Request) -> web.Response:
    return _json({"error": f"no such call: {request.method} {request.path}"}, 404)


def _door(sandbox: Sandbox, function: Callable[[Sandbox, Json, Mapping[str, str]], Any]) -> Any:
    async def answer(request: web.Request) -> web.Response:
        try:
            return _json(function(sandbox, await _body(request), request.query))
        except (Refused, BadFault, BadSmtpFault, UnknownSwitch) as problem:
            return _json({"error": str(problem)}, 400)
        except ApiError as problem:
            return _json({"error": problem.answer.body}, 400)

    return answer


def _json(value: Any, status: int = 200) -> web.Response:
    return web.json_response(value, status=status, dumps=lambda item: json.dumps(item, ensure_ascii=False))


async def _body(request: web.Request) -> Json:
    text = await request.text()
    if not text.strip():
        return {}
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as problem:
        raise Refused("the body is not JSON") from problem
    if not isinstance(value, dict):
        raise Refused("the body is not a JSON object")
    return value


def _switches(sandbox: Sandbox, _body: Json, query: Mapping[str, str]) -> Any:
    if query.get("describe"):
        described = [{"name": s.name, "values": list(s.values), "meaning": s.meaning} for s in SWITCHES]
        return described + [{"name": name, "values": [], "meaning": meaning} for name, meaning in NUMBERS.items()]
    return sandbox.switches.as_dict()


def _set_switches(sandbox: Sandbox, body: Json, _query: Mapping[str, str]) -> Any:
    sandbox.switches.update(body)
    return sandbox.switches.as_dict()


def _faults(sandbox: Sandbox, _body: Json, _query: Mapping[str, str]) -> Any:
    return [fault.as_json() for fault in sandbox.faults.active()]


def _add_fault(sandbox: Sandbox, body: Json, _query: Mapping[str, str]) -> Any:
    return sandbox.faults.add(body).as_json()


def _clear_faults(sandbox: Sandbox, _body: Json, query: Mapping[str, str]) -> Any:
    wanted = query.get("id", "")
    if wanted and not wanted.isdecimal():
        raise Refused("id is a number")
    return {"cleared": sandbox.faults.clear(int(wanted) if wanted else None)}


def _smtp_faults(sandbox: Sandbox, _body: Json, _query: Mapping[str, str]) -> Any:
    return [fault.as_json() for fault in sandbox.smtp_faults.active()]


def _add_smtp_fault(sandbox: Sandbox, body: Json, _query: Mapping[str, str]) -> Any:
    return sandbox.smtp_faults.add(body).as_json()


def _clear_smtp_faults(sandbox: Sandbox, _body: Json, _query: Mapping[str, str]) -> Any:
    return {"cleared": sandbox.smtp_faults.clear()}


def _keys(sandbox: Sandbox, _body: Json, _query: Mapping[str, str]) -> Any:
    return [_key_json(sandbox.world, key) for key in sandbox.world.keys.values()]


def _key_json(world: World, key: ApiKey) -> Json:
    return {
        "key": key.token,
        "label": key.label,
        "organization": world.organizations[key.organization_id].name,
        "active": key.active,
        "rights": key.rights,
        "denied": key.denied,
    }


def _set_key(sandbox: Sandbox, body: Json, _query: Mapping[str, str]) -> Any:
    """Add a key or change one that exists; without `key` a random one is made."""
    world = sandbox.world
    token = str(body.get("key") or secrets.token_hex(16)).lower()
    if not _KEY.fullmatch(token):
        raise Refused("a key is 32 hexadecimal characters")
    unknown = set(body) - {"key", "label", "organization", "active", "rights", "denied"}
    if unknown:
        raise Refused(f"unknown: {', '.join(sorted(unknown))}")
    key = world.keys.get(token) or ApiKey(token=token, organization_id=world.keys[DEMO_KEY].organization_id)
    if "organization" in body:
        key.organization_id = world.organization_named(str(body["organization"])).id
    key.label = str(body.get("label", key.label))
    key.active = bool(body.get("active", key.active))
    if "rights" in body:
        key.rights = None if body["rights"] is None else _strings(body, "rights")
    if "denied" in body:
        key.denied = _strings(body, "denied")
    world.keys[token] = key
    world.touch()
    return _key_json(world, key)


def _strings(body: Json, name: str) -> list[str]:
    value = body[name]
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise Refused(f"{name} is a list of strings")
    return value


def _reset(sandbox: Sandbox, _body: Json, _query: Mapping[str, str]) -> Any:
    sandbox.reset()
    return {"reset": True}


def _make_event(sandbox: Sandbox, body: Json, _query: Mapping[str, str]) -> Any:
    """Make an event with sessions by the platform's own parameters, past the limiter, the faults and the journal."""
    world = sandbox.world
    key = world.keys.get(str(body.get("key", DEMO_KEY)))
    if key is None:
        raise Refused("no such key")

    def call(ids: tuple[int, ...], params: Any) -> Call:
        decoded = forms.decode_json(json.dumps(params if isinstance(params, dict) else {}))
        return Call(world, sandbox.switches, world.organizations[key.organization_id], ids, decoded, sandbox.post)

    event: Answer = events.create(call((), body.get("event")))
    event_id = event.body["eventId"]
    made = [sessions.create(call((event_id,), item)).body for item in body.get("sessions", [{}])]
    fields = {item["label"]: item["key"] for item in world.events[event_id].additional_fields}
    return event.body | {
        "eventSessionIds": [item["eventSessionId"] for item in made],
        "sessionLinks": [item["link"] for item in made],
        "additionalFields": fields,
    }


def _calls(sandbox: Sandbox, _body: Json, query: Mapping[str, str]) -> Any:
    limit = query.get("limit", "5000")
    if not limit.isdecimal():
        raise Refused("limit is a number")
    return sandbox.journal.as_json(query.get("route", ""), int(limit))


def _clear_calls(sandbox: Sandbox, _body: Json, _query: Mapping[str, str]) -> Any:
    sandbox.journal.clear()
    return {"cleared": True}


def _participations(sandbox: Sandbox, _body: Json, query: Mapping[str, str]) -> Any:
    """Everybody there ever was, deleted people too, oldest first; of one address or event if given."""
    address, event_id = query.get("email", "").strip().lower(), query.get("event", "")
    return [
        _participation_json(sandbox.world, person)
        for person in sandbox.world.participations.values()
        if (not address or person.address == address) and (not event_id or str(person.event_id) == event_id)
    ]


def _participation_json(world: World, person: Participation) -> Json:
    return {
        "id": person.id,
        "email": person.email,
        "name": person.name,
        "secondName": person.second_name,
        "nickname": person.nickname,
        "eventId": person.event_id,
        "eventSessionId": person.session_id or None,
        "state": person.state,
        "link": world.link(person),
        "token": person.token,
        "role": person.role,
        "isAutoEnter": person.is_auto_enter,
        "invited": person.invited,
        "visited": person.visited,
        "registeredAt": utc_text(person.registered_at),
        "additionalFields": person.extra,
        "profile": person.profile,
        "contactId": person.contact_id,
        "userId": person.user_id,
    }
