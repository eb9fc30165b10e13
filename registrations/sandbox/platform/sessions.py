"""Sessions: create, read, edit, delete, start, stop. Sources: MTS Link articles 19682, 19679, 19675, 19672, 19598, 19597."""

from __future__ import annotations

from dataclasses import fields as dataclass_fields
from dataclasses import replace

from registrations.sandbox.platform import forms, meeting_fields, notices, present
from registrations.sandbox.platform.answers import Answer, bad_request, error, not_found
from registrations.sandbox.platform.call import Call
from registrations.sandbox.platform.events import change
from registrations.sandbox.platform.model import ACTIVE, START, STOP, Event, Meeting, Session

_OWN = ("id", "status", "deleted", "additional_fields", "lector_ids", "tags")
_INHERITED = tuple(item.name for item in dataclass_fields(Meeting) if item.name not in _OWN)
_NOT_FOR_SERIES = ("starts_at", "ends_at", "timezone_id")


def create(call: Call) -> Answer:
    """POST /events/{id}/sessions: what is left out comes from the event. A session of a series lasts an hour by itself:
    the series' own end is that of its last session."""
    event = call.event()
    model = replace(event, ends_at=event.starts_at + meeting_fields.HOUR) if event.is_series else event
    others = call.world.sessions_of(event.id)
    fields = {name: getattr(model, name) for name in _INHERITED}
    fields |= {
        "additional_fields": [dict(item) for item in event.additional_fields],
        "lector_ids": list(event.lector_ids),
        "tags": list(event.tags),
    }
    fields |= meeting_fields.read(call, model)
    if event.status == STOP:
        raise bad_request()
    if others and (not event.is_series or any(other.starts_at == fields["starts_at"] for other in others)):
        raise call.conflict()
    session = Session(id=call.world.next_id("session"), event_id=event.id, **fields)
    call.world.add_session(session)
    return Answer(201, {"eventSessionId": session.id, "link": call.world.session_link(session)})


def detail(call: Call) -> Answer:
    """GET /eventsessions/{id}."""
    return Answer(200, present.session_detail(call.world, call.session()))


def edit(call: Call) -> Answer:
    """PUT /eventsessions/{id}: while ACTIVE or START; `updateContext=series` changes event and unfinished sessions too."""
    session = call.session()
    if session.status == STOP:
        raise bad_request()
    changes = meeting_fields.read(call, session)
    change(session, changes)
    if forms.text(call.params, "updateContext") == "series":
        common = {name: value for name, value in changes.items() if name not in _NOT_FOR_SERIES}
        unfinished = [other for other in call.world.sessions_of(session.event_id) if other.status != STOP]
        for meeting in (call.world.events[session.event_id], *unfinished):
            change(meeting, common)
    call.world.touch()
    if forms.flag(call.params, "sendEmail"):
        notices.session_moved(call, session)
    return Answer(204)


def delete(call: Call) -> Answer:
    """DELETE /eventsessions/{id}: the platform mails everybody unless `sendEmail` is false."""
    session = call.session()
    session.deleted = True
    event = call.world.events[session.event_id]
    if not call.world.sessions_of(event.id) and call.switches["last_session_deleted"] == "event_gone":
        event.deleted = True
    call.world.touch()
    if forms.flag(call.params, "sendEmail") is not False:
        notices.session_cancelled(call, session)
    return Answer(204)


def start(call: Call) -> Answer:
    """PUT /eventsessions/{id}/start: final, no way back to ACTIVE."""
    return _turn(call, call.session(), ACTIVE, START)


def stop(call: Call) -> Answer:
    """PUT /eventsessions/{id}/stop: final."""
    return _turn(call, call.session(), START, STOP)


def start_by_event(call: Call) -> Answer:
    """PUT /events/{id}/start, a misprint of the vendor's quick start: acts on the first session that can be started."""
    return _turn(call, _first(call, ACTIVE), ACTIVE, START)


def stop_by_event(call: Call) -> Answer:
    """PUT /events/{id}/stop, the same misprint."""
    return _turn(call, _first(call, START), START, STOP)


def _first(call: Call, status: str) -> Session:
    sessions = call.world.sessions_of(call.event().id)
    if not sessions:
        raise not_found()
    return next((session for session in sessions if session.status == status), sessions[0])


def _turn(call: Call, session: Session, before: str, after: str) -> Answer:
    if session.status != before:
        raise not_found() if call.switches["start_stop_wrong_state"] == "404" else error(500, "Internal Server Error")
    session.status = after
    _follow(call.world.events[session.event_id], after)
    call.world.touch()
    return Answer(204)


def _follow(event: Event, status: str) -> None:
    """A one-off event goes with its session; a series is on air from its first session until it is ended by an edit."""
    if status == START or not event.is_series:
        event.status = status
