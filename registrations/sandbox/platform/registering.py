"""Registering people: one by one, and in bulk. Sources: MTS Link articles 19671, 19669, 19670, 19668, 19617, 19683."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from registrations.sandbox.platform import forms, notices
from registrations.sandbox.platform.answers import (
    Answer,
    ApiError,
    bad_field,
    bad_request,
    blank_fields,
    error,
    not_found,
)
from registrations.sandbox.platform.call import Call
from registrations.sandbox.platform.forms import Params
from registrations.sandbox.platform.model import (
    ACCEPTED,
    DELETED,
    ROLES,
    STOP,
    WAITING,
    Event,
    Participation,
    Session,
)

INVITE_LIMIT = 50
_EMAIL = re.compile(r"[^\s@<>,;\"]+@[^\s@<>,;\".]+(\.[^\s@<>,;\".]+)+")
_PROFILE = ("pattrName", "phone", "organization", "position", "description", "sex", "avatar")

Place = Event | Session


@dataclass(frozen=True, slots=True)
class Row:
    """One person as sent, checked."""

    email: str
    role: str
    accepted: bool
    auto_enter: bool
    params: Params

    @property
    def address(self) -> str:
        """The e-mail as compared."""
        return self.email.lower()


def register_session(call: Call) -> Answer:
    """POST /eventsessions/{id}/register."""
    return _register(call, [call.session()])


def register_event(call: Call) -> Answer:
    """POST /events/{id}/register: for a series with whole-series registration."""
    return _register(call, _whole_series(call))


def invite_session(call: Call) -> Answer:
    """POST /eventsessions/{id}/invite."""
    return _invite(call, [call.session()])


def invite_event(call: Call) -> Answer:
    """POST /events/{id}/invite: for a series with whole-series registration."""
    return _invite(call, _whole_series(call))


def _whole_series(call: Call) -> list[Place]:
    """The event itself, or what the switch puts in its place when it takes no whole-series registration."""
    event = call.event()
    if event.takes_whole_series:
        return [event]
    switch = call.switches["whole_series_refusal"]
    if switch == "409":
        raise call.conflict()
    if switch == "403":
        raise error(403, "Forbidden")
    sessions = call.world.sessions_of(event.id)
    if switch == "400" or not sessions:
        raise bad_request()
    return list(sessions)


def _register(call: Call, places: list[Any]) -> Answer:
    send_default = call.switches["send_email_default"] == "true"
    answers = []
    for place in places:
        _check_open(call, place)
        row = _read_row(call, place, call.params, auto_enter=False)
        known = _present(call, place, row.address)
        if known and call.switches["register_duplicate"] != "second":
            answers.append(_known_answer(call, known[0]))
            continue
        _check_room(call, place)
        person = _add(call, place, row, invited=False)
        if _flag(call.params, "sendEmail", send_default):
            notices.registered(call, place, person)
        answers.append(Answer(201, _record(call, person)))
    return answers[0]


def _known_answer(call: Call, person: Participation) -> Answer:
    """A known e-mail: the new data are ignored, or it is a conflict."""
    switch = call.switches["register_duplicate"]
    if switch == "conflict":
        raise call.conflict()
    return Answer(200 if switch == "existing_200" else 201, _record(call, person))


def _invite(call: Call, places: list[Any]) -> Answer:
    rows = list(forms.maps(call.params, "users"))
    code = int(call.switches["invite_code"])
    for place in places:
        _check_open(call, place)
    if not rows:
        if call.switches["invite_empty"] == "400":
            raise bad_field("users", "ERROR_EMPTY")
        return Answer(200, [])
    if len(rows) > INVITE_LIMIT and call.switches["invite_over_limit"] != "no_limit":
        if call.switches["invite_over_limit"] == "400":
            raise bad_request()
        rows = rows[:INVITE_LIMIT]
    per_place = [_invite_rows(call, place, rows) for place in places]
    if not per_place[0] and call.switches["invite_all_bad"] == "400":
        raise bad_request()
    return Answer(code, per_place[0])


def _invite_rows(call: Call, place: Place, rows: list[Params]) -> list[dict[str, Any]]:
    """Each row by itself: bad and known ones are passed over in silence."""
    listed: list[dict[str, Any]] = []
    new: set[int] = set()
    auto_enter = _flag(call.params, "isAutoEnter", False)
    for params in rows:
        try:
            row = _read_row(call, place, params, auto_enter=auto_enter)
            known = _present(call, place, row.address)
            if not known:
                _check_room(call, place)
        except ApiError:
            continue
        if known:
            repeated = known[0].id in new and call.switches["invite_repeated"] == "twice"
            if repeated or (known[0].id not in new and call.switches["invite_known"] == "listed"):
                listed.append({"email": known[0].email} | _record(call, known[0]))
            continue
        person = _add(call, place, row, invited=True)
        new.add(person.id)
        if _flag(call.params, "sendEmail", True):
            notices.registered(call, place, person)
        listed.append({"email": person.email} | _record(call, person))
    return listed


def _check_open(call: Call, place: Place) -> None:
    if place.status == STOP or call.world.events[place.target[0]].status == STOP:
        switch = call.switches["stop_registration"]
        if switch != "success":
            raise {"400": bad_request(), "403": error(403, "Forbidden"), "404": not_found()}[switch]
    if place.open and call.switches["open_event"] == "400":
        raise bad_request()


def _check_room(call: Call, place: Place) -> None:
    capacity = call.switches.capacity
    if capacity and call.switches["full_event"] == "403" and call.world.count(place.target) >= capacity:
        raise error(403, "Participants limit exceeded")


def _read_row(call: Call, place: Place, params: Params, *, auto_enter: bool) -> Row:
    """Check one person as sent. Raises ApiError."""
    email = forms.text(params, "email")
    if not email:
        raise bad_field("email", "ERROR_EMPTY")
    if not _EMAIL.fullmatch(email) or len(email) > 254:
        raise bad_field("email", "ERROR_INVALID")
    role = forms.text(params, "role") or "GUEST"
    if role not in ROLES:
        raise bad_field("role", "ERROR_INVALID")
    outsider = all(member.email != email.lower() for member in call.organization.members)
    if role != "GUEST" and outsider and call.switches["outsider_role"] != "accepted":
        raise bad_field("role", "ERROR_INVALID") if call.switches["outsider_role"] == "400" else error(403, "Forbidden")
    every = call.switches["optional_field"] == "required"
    sent = forms.mapping(params, "additionalFields")
    missing = [
        item["key"] for item in place.additional_fields if (item["isRequired"] or every) and not forms.text(sent, item["key"])
    ]
    if missing:
        raise blank_fields(missing)
    return Row(
        email=email,
        role=role,
        accepted=_flag(params, "isAccepted", False),
        auto_enter=_flag(params, "isAutoEnter", auto_enter),
        params=params,
    )


def _present(call: Call, place: Place, address: str) -> list[Participation]:
    return [person for person in call.world.known(place.target, address) if person.state != DELETED]


def _add(call: Call, place: Place, row: Row, *, invited: bool) -> Participation:
    approved = row.accepted and call.switches["is_accepted_flag"] == "honoured"
    state = WAITING if place.moderation_required and not approved else ACCEPTED
    if call.switches["reregister"] == "same_link":
        deleted = [p for p in call.world.known(place.target, row.address) if p.state == DELETED]
        if deleted:
            call.world.set_state(deleted[-1], state)
            return deleted[-1]
    event_id, session_id = place.target
    sent = forms.mapping(row.params, "additionalFields")
    return call.world.new_participation(
        organization_id=call.organization.id,
        event_id=event_id,
        session_id=session_id,
        email=row.email,
        state=state,
        name=forms.text(row.params, "name"),
        second_name=forms.text(row.params, "secondName"),
        nickname=forms.text(row.params, "nickname"),
        role=row.role,
        is_auto_enter=row.auto_enter,
        invited=invited,
        extra={item["key"]: forms.text(sent, item["key"]) for item in place.additional_fields if forms.text(sent, item["key"])},
        profile={name: forms.text(row.params, name) for name in _PROFILE if forms.text(row.params, name)},
    )


def _record(call: Call, person: Participation) -> dict[str, Any]:
    record: dict[str, Any] = {"participationId": person.id, "link": call.world.link(person)}
    if call.switches["contact_id"] == "present":
        record["contactId"] = person.contact_id
    return record


def _flag(params: Params, name: str, default: bool) -> bool:
    value = forms.flag(params, name)
    return default if value is None else value
