"""The routes of UserAPI v3 that the stand-in plays: sections events, participants and members, and time zones.

`#` in a path is a numeric id. A route with `lenient=True` is inferred or a known misprint: strict mode does not serve it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from registrations.sandbox.platform import events, members, participations, registering, schedule, sessions
from registrations.sandbox.platform.answers import Answer
from registrations.sandbox.platform.call import Call

Handler = Callable[[Call], Answer]


@dataclass(frozen=True, slots=True)
class Route:
    """`group` is what faults and counters speak of, `right` the key's right that it needs (area, or area and `_read`)."""

    name: str
    group: str
    method: str
    path: str
    handler: Handler
    right: str
    lenient: bool = False


_READ, _WRITE = "userapi_events_read", "userapi_events"
_SEE, _CHANGE = "userapi_participations_read", "userapi_participations"

ROUTES: tuple[Route, ...] = (
    Route("event_create", "event", "POST", "events", events.create, _WRITE),
    Route("event_read", "event", "GET", "organization/events/#", events.detail, _READ),
    Route("event_edit", "event", "PUT", "organization/events/#", events.edit, _WRITE),
    Route("event_delete", "event", "DELETE", "organization/events/#", events.delete, _WRITE),
    Route("event_move", "event", "PUT", "organization/events/#/move", events.move, _WRITE),
    Route("schedule_organization", "schedule", "GET", "organization/events/schedule", schedule.organization, _READ),
    Route("schedule_user", "schedule", "GET", "users/#/events/schedule", schedule.user, _READ),
    Route("session_create", "session", "POST", "events/#/sessions", sessions.create, _WRITE),
    Route("session_read", "session", "GET", "eventsessions/#", sessions.detail, _READ),
    Route("session_edit", "session", "PUT", "eventsessions/#", sessions.edit, _WRITE),
    Route("session_delete", "session", "DELETE", "eventsessions/#", sessions.delete, _WRITE),
    Route("session_start", "session", "PUT", "eventsessions/#/start", sessions.start, _WRITE),
    Route("session_stop", "session", "PUT", "eventsessions/#/stop", sessions.stop, _WRITE),
    Route("register_session", "register", "POST", "eventsessions/#/register", registering.register_session, _CHANGE),
    Route("register_event", "register", "POST", "events/#/register", registering.register_event, _CHANGE),
    Route("invite_session", "invite", "POST", "eventsessions/#/invite", registering.invite_session, _CHANGE),
    Route("invite_event", "invite", "POST", "events/#/invite", registering.invite_event, _CHANGE),
    Route("participations_session", "participations", "GET", "eventsessions/#/participations", participations.of_session, _SEE),
    Route("participations_event", "participations", "GET", "events/#/participations", participations.of_event, _SEE),
    Route("moderate", "moderate", "PUT", "events/#/moderate", participations.moderate, _CHANGE),
    Route("role", "role", "PUT", "participations/update", participations.change_role, _CHANGE),
    Route("kick", "kick", "PUT", "participations/kick", participations.kick, _CHANGE),
    Route("delete", "delete", "POST", "participations/delete", participations.delete, _CHANGE),
    Route("members", "members", "GET", "organization/members", members.members, "userapi_members_read"),
    Route("timezones", "timezones", "GET", "timezones", members.timezones, _READ),
    Route("event_read", "event", "GET", "events/#", events.detail, _READ, lenient=True),
    Route("event_edit", "event", "PUT", "events/#", events.edit, _WRITE, lenient=True),
    Route("event_delete", "event", "DELETE", "events/#", events.delete, _WRITE, lenient=True),
    Route("session_start", "session", "PUT", "events/#/start", sessions.start_by_event, _WRITE, lenient=True),
    Route("session_stop", "session", "PUT", "events/#/stop", sessions.stop_by_event, _WRITE, lenient=True),
    Route("delete", "delete", "DELETE", "participations/delete", participations.delete, _CHANGE, lenient=True),
)

_TABLE = {(route.method, route.path): route for route in ROUTES}
NAMES = frozenset({"*"} | {route.name for route in ROUTES} | {route.group for route in ROUTES})


def find(method: str, path: str, *, lenient: bool) -> tuple[Route, tuple[int, ...]] | None:
    """The route of a path below `/v3/`, and the ids in it; None when this mode serves no such route."""
    if lenient:
        path = path.rstrip("/")
    parts = path.split("/")
    ids = tuple(int(part) for part in parts if part.isascii() and part.isdecimal() and len(part) <= 18)
    pattern = "/".join("#" if part.isascii() and part.isdecimal() and len(part) <= 18 else part for part in parts)
    route = _TABLE.get((method, pattern))
    if route is None or (route.lenient and not lenient):
        return None
    return route, ids
