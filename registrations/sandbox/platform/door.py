"""The HTTP door of the platform: key, rate, route, body, fault, work, answer, in this order."""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from aiohttp import web

from registrations.sandbox.platform import forms, routes
from registrations.sandbox.platform.answers import Answer, ApiError, error, no_route, no_token, not_json, too_fast
from registrations.sandbox.platform.call import Call, Post
from registrations.sandbox.platform.faults import Faults
from registrations.sandbox.platform.forms import NotJson, Params
from registrations.sandbox.platform.journal import Entry, Journal
from registrations.sandbox.platform.limiter import Limiter
from registrations.sandbox.platform.misbehave import Outcome, Scene, play, render
from registrations.sandbox.platform.model import ApiKey
from registrations.sandbox.platform.routes import Route
from registrations.sandbox.platform.switches import Switches
from registrations.sandbox.platform.world import World

log = logging.getLogger(__name__)
_KEY = re.compile(r"[0-9a-fA-F]{32}")


@dataclass(slots=True)
class Door:
    """Serves everything below `/v3/`."""

    world: World
    switches: Switches
    faults: Faults
    limiter: Limiter
    journal: Journal
    post: Post
    _late: set[asyncio.TimerHandle] = field(default_factory=set)

    def cancel_late_work(self) -> None:
        """Drop the work that `late_work` faults still owe."""
        for handle in self._late:
            handle.cancel()
        self._late.clear()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one call and take it down in the journal."""
        started = time.monotonic()
        path = re.sub("/+", "/", request.path).removeprefix("/v3").removeprefix("/")
        entry = Entry(time=time.time(), method=request.method, path=path)
        try:
            outcome = await self._serve(request, path, entry)
        except ApiError as problem:
            outcome = Outcome(problem.answer.status, render(problem.answer))
        except ConnectionError:  # the caller went away in the middle of an answer
            outcome = Outcome(0, web.Response())
        except web.HTTPRequestEntityTooLarge:
            outcome = Outcome(413, render(error(413, "Request Entity Too Large").answer))
        except Exception:
            log.exception("%s /v3/%s", request.method, path)
            outcome = Outcome(500, render(error(500, "Internal Server Error").answer))
        entry.status = outcome.status
        entry.seconds = round(time.monotonic() - started, 3)
        self.journal.add(entry)
        return outcome.response

    async def _serve(self, request: web.Request, path: str, entry: Entry) -> Outcome:
        key = self._key(request, entry)
        found = routes.find(request.method, path, lenient=self.switches["mode"] == "lenient")
        if found is not None:
            entry.route, entry.name = found[0].group, found[0].name
        self._pace(key)
        if found is None:
            raise no_route(request.method, path)
        route, ids = found
        call = Call(
            self.world, self.switches, self.world.organizations[key.organization_id], ids, await read_params(request), self.post
        )
        addresses = _addresses(call.params)
        entry.emails, entry.target = len(addresses), path if ids else ""
        latency, fault = self.faults.take(route, addresses)
        entry.fault = "+".join(item.kind for item in (latency, fault) if item)
        if latency is not None:
            await asyncio.sleep(latency.seconds)
        if fault is not None:
            return await play(Scene(request, fault, lambda: self._work(key, route, call), self._later, self.world))
        answer = self._work(key, route, call)
        return Outcome(answer.status, render(answer))

    def _work(self, key: ApiKey, route: Route, call: Call) -> Answer:
        try:
            _check_right(key, route)
            return route.handler(call)
        except ApiError as problem:
            return problem.answer

    def _later(self, seconds: float, work: Callable[[], Answer]) -> None:
        def run() -> None:
            self._late.discard(handle)
            work()

        handle = asyncio.get_running_loop().call_later(seconds, run)
        self._late.add(handle)

    def _key(self, request: web.Request, entry: Entry) -> ApiKey:
        token = request.headers.get("x-auth-token", "").strip()
        if not _KEY.fullmatch(token):
            raise no_token()
        entry.key = token[-4:]
        key = self.world.keys.get(token.lower())
        if key is None or not key.active:
            raise no_token() if self.switches["unknown_key"] == "401" else error(403, "Invalid apiToken")
        return key

    def _pace(self, key: ApiKey) -> None:
        scope = key.token if self.switches["rate_scope"] == "key" else str(key.organization_id)
        rate = self.switches.rate
        sliding = self.switches["rate_window"] == "sliding"
        if not self.limiter.admits(scope, time.monotonic(), rate=rate, sliding=sliding):
            raise too_fast(rate, "1" if self.switches["retry_after"] == "present" else None)


def _check_right(key: ApiKey, route: Route) -> None:
    """A right to an area includes reading it; the right to read is the area's name and `_read`."""
    granted = key.rights is None or route.right in key.rights or route.right.removesuffix("_read") in key.rights
    if not granted or route.name in key.denied or route.group in key.denied or route.right in key.denied:
        raise error(403, "Access denied")


def _addresses(params: Params) -> list[str]:
    """The e-mails a call is about, as compared."""
    sent = [forms.text(params, "email"), *(forms.text(row, "email") for row in forms.maps(params, "users"))]
    return [email.lower() for email in sent if email]


async def read_params(request: web.Request) -> Params:
    """Query and body as one map; the body wins. Forms, JSON and multipart are taken. Raises ApiError 400 for broken JSON."""
    params = forms.decode_form(request.query_string)
    kind = request.content_type
    if kind.startswith("multipart/"):
        fields = await request.post()
        return params | forms.decode_pairs([(name, value) for name, value in fields.items() if isinstance(value, str)])
    body = (await request.read()).decode("utf-8", errors="replace")
    if kind == "application/json" or (kind != "application/x-www-form-urlencoded" and body.lstrip().startswith("{")):
        if not body and request.method not in ("POST", "PUT"):
            return params
        try:
            return params | forms.decode_json(body)
        except NotJson as problem:
            raise not_json() from problem
    return params | forms.decode_form(body)
