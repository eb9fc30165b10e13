"""Events: create, read, edit, delete, move. Sources: MTS Link articles 19681, 3149030, 19675, 19673, 19674."""

from __future__ import annotations

import time
from typing import Any

from registrations.sandbox.platform import forms, meeting_fields, present
from registrations.sandbox.platform.answers import Answer, bad_field, bad_request, error, not_found
from registrations.sandbox.platform.call import Call
from registrations.sandbox.platform.model import ACTIVE, ONE_OFF_RULE, START, STOP, Event, Meeting, Member


def create(call: Call) -> Answer:
    """POST /events."""
    fields = meeting_fields.read(call, None)
    if "name" not in fields:
        raise bad_field("name", "ERROR_EMPTY")
    owner = _owner(call, call.params) or call.organization.owner
    now = int(time.time())
    fields.setdefault("starts_at", now)
    fields.setdefault("ends_at", fields["starts_at"] + meeting_fields.HOUR)
    event = Event(
        id=call.world.next_id("event"),
        organization_id=call.organization.id,
        owner_id=owner.id,
        rule=_rule(call.params),
        is_event_reg_allowed=bool(forms.flag(call.params, "isEventRegAllowed")),
        url_alias=forms.text(call.params, "urlAlias"),
        branding_id=forms.number(call.params, "brandingId"),
        default_reminders=forms.flag(call.params, "defaultRemindersEnabled") is not False,
        **fields,
    )
    call.world.add_event(event)
    return Answer(201, {"eventId": event.id, "link": call.world.event_link(event)})


def _rule(params: forms.Params) -> str:
    rule = forms.text(params, "rule").upper().removeprefix("RRULE:") or ONE_OFF_RULE
    if "FREQ=" not in rule:
        raise bad_field("rule", "ERROR_INVALID")
    return ONE_OFF_RULE if set(rule.split(";")) == set(ONE_OFF_RULE.split(";")) else rule


def _owner(call: Call, params: forms.Params, name: str = "ownerId") -> Member | None:
    """The employee a parameter names, None when it is left out. Raises ApiError 404, or 403 while he is unconfirmed."""
    if not forms.text(params, name):
        return None
    member = call.organization.member(forms.number(params, name))
    if member is None:
        raise not_found()
    if not member.confirmed:
        raise error(403, "Event owner is not submitted")
    return member


def detail(call: Call) -> Answer:
    """GET /organization/events/{id}."""
    return Answer(200, present.event_detail(call.world, call.event()))


def edit(call: Call) -> Answer:
    """PUT /organization/events/{id}: while ACTIVE; `status=STOP` alone also ends a series under way."""
    event = call.event()
    status = forms.text(call.params, "status")
    if status and status not in (ACTIVE, STOP):
        raise bad_field("status", "ERROR_INVALID")
    if event.status == STOP or (event.status == START and set(call.params) != {"status"}):
        raise bad_request()
    changes = meeting_fields.read(call, event)
    owner = _owner(call, call.params)
    if owner is not None:
        changes["owner_id"] = owner.id
    if forms.text(call.params, "urlAlias"):
        changes["url_alias"] = forms.text(call.params, "urlAlias")
    if status == STOP:
        changes["status"] = STOP
        for session in call.world.sessions_of(event.id):
            session.status = STOP
    change(event, changes)
    call.world.touch()
    return Answer(204)


def change(meeting: Meeting, changes: dict[str, Any]) -> None:
    """Set attributes that were read from parameters."""
    for name, value in changes.items():
        setattr(meeting, name, value)


def delete(call: Call) -> Answer:
    """DELETE /organization/events/{id}: with all its unfinished sessions."""
    event = call.event()
    event.deleted = True
    for session in call.world.sessions_of(event.id):
        session.deleted = session.status != STOP
    call.world.touch()
    return Answer(204)


def move(call: Call) -> Answer:
    """PUT /organization/events/{id}/move: give it to another employee."""
    event = call.event()
    owner = _owner(call, call.params, "userId")
    if owner is None:
        raise bad_field("userId", "ERROR_EMPTY")
    event.owner_id = owner.id
    call.world.touch()
    return Answer(204)
