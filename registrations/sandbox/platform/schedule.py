"""Lists of events: the organisation's and one employee's. Sources: MTS Link articles 19680, 19678."""

from __future__ import annotations

import time

from registrations.sandbox.platform import forms, paging, present, when
from registrations.sandbox.platform.answers import Answer, bad_field, not_found
from registrations.sandbox.platform.call import Call
from registrations.sandbox.platform.model import ACTIVE, START, STOP, Event

YEAR = 365 * when.DAY


def organization(call: Call) -> Answer:
    """GET /organization/events/schedule."""
    return _schedule(call, owner_id=None)


def user(call: Call) -> Answer:
    """GET /users/{id}/events/schedule; 404 if the user is not an employee."""
    if call.organization.member(call.ids[0]) is None:
        raise not_found()
    return _schedule(call, owner_id=call.ids[0])


def _schedule(call: Call, owner_id: int | None) -> Answer:
    first, last = _period(call)
    statuses = forms.texts(call.params, "status") or [ACTIVE]
    if not set(statuses) <= {ACTIVE, START, STOP}:
        raise bad_field("status", "ERROR_INVALID")
    name = forms.text(call.params, "name").lower()
    events = [
        event
        for event in call.world.events.values()
        if not event.deleted
        and event.organization_id == call.organization.id
        and event.status in statuses
        and (owner_id is None or event.owner_id == owner_id)
        and name in event.name.lower()
        and _has_access(call, event)
        and _is_within(call, event, first, last)
    ]
    events.sort(key=lambda event: (event.starts_at, event.id))
    page = events[paging.window(call, paging.SCHEDULE_SIZES, 10)]
    return Answer(200, [present.listed_event(call.world, event) for event in page])


def _period(call: Call) -> tuple[int, int]:
    liberal = call.switches["date_spellings"] == "liberal"
    first = when.read_query(call.params, "from", call.organization.timezone_id, liberal=liberal)
    last = when.read_query(call.params, "to", call.organization.timezone_id, liberal=liberal)
    if first is None:
        if call.switches["from_missing"] == "400":
            raise bad_field("from", "ERROR_EMPTY")
        first = int(time.time())
    return first, first + YEAR if last is None else last


def _is_within(call: Call, event: Event, first: int, last: int) -> bool:
    """An event counts by its sessions; one without sessions by its own start."""
    starts = [session.starts_at for session in call.world.sessions_of(event.id)] or [event.starts_at]
    return any(first <= start <= last for start in starts)


def _has_access(call: Call, event: Event) -> bool:
    wanted = forms.number(call.params, "access")
    if wanted is not None:
        return event.access == wanted
    have = {
        "isPasswordRequired": event.password_required,
        "isRegistrationRequired": event.registration_required,
        "isModerationRequired": event.moderation_required,
    }
    settings = forms.mapping(call.params, "accessSettings")
    return all(forms.flag(settings, key) in (None, value) for key, value in have.items())
