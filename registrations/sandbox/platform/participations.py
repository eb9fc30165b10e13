"""People who are registered: lists, moderation, roles, kick, delete.

Sources: MTS Link articles 19666, 19665, 19667, 19664, 19663, 19662.
"""

from __future__ import annotations

from registrations.sandbox.platform import forms, paging, present
from registrations.sandbox.platform.answers import Answer, bad_field, not_found
from registrations.sandbox.platform.call import Call
from registrations.sandbox.platform.model import ACCEPTED, DELETED, KICKED, REFUSED, ROLES, Meeting, Participation


def of_session(call: Call) -> Answer:
    """GET /eventsessions/{id}/participations."""
    session = call.session()
    people = call.world.people_in(session.target)
    if call.switches["series_people_in_sessions"] == "listed":
        people = people + call.world.people_in((session.event_id, 0))
    return _page(call, session, people, session.id)


def of_event(call: Call) -> Answer:
    """GET /events/{id}/participations: only whole-series registrations."""
    event = call.event()
    return _page(call, event, call.world.people_in(event.target), None)


def _page(call: Call, meeting: Meeting, people: list[Participation], session_id: int | None) -> Answer:
    shown = people[paging.window(call, paging.PEOPLE_SIZES, 50)]
    insiders = {member.id for member in call.organization.members}
    every = call.switches["outsider_user_id"] == "own"
    return Answer(
        200,
        [
            present.participation_row(
                call.world,
                meeting,
                person,
                session_id=session_id,
                user_id=person.user_id if every or person.user_id in insiders else None,
            )
            for person in shown
        ],
    )


def moderate(call: Call) -> Answer:
    """PUT /events/{id}/moderate: let in or refuse; also lets a kicked person back in."""
    event = call.event()
    accepted = forms.flag(call.params, "isAccepted")
    if accepted is None:
        raise bad_field("isAccepted", "ERROR_EMPTY")
    own = [person for person in call.participations() if person.event_id == event.id]
    if not own and call.switches["unknown_participation"] == "404":
        raise not_found()
    for person in own:
        call.world.set_state(person, ACCEPTED if accepted else REFUSED)
    return Answer(200, {"count": len(own)})


def change_role(call: Call) -> Answer:
    """PUT /participations/update."""
    role = forms.text(call.params, "role")
    if role not in ROLES:
        raise bad_field("role", "ERROR_INVALID" if role else "ERROR_EMPTY")
    people = call.participations()
    for person in people:
        person.role = role
    call.world.touch()
    return Answer(200, {"count": len(people)})


def kick(call: Call) -> Answer:
    """PUT /participations/kick: put out; no way back in until moderated."""
    people = call.participations()
    for person in people:
        call.world.set_state(person, KICKED)
    return Answer(200, {"count": len(people)})


def delete(call: Call) -> Answer:
    """POST /participations/delete: the registrations go, their links are dead, the e-mails are free again."""
    people = call.participations()
    for person in people:
        call.world.set_state(person, DELETED)
        if call.switches["delete_scope"] == "everything":
            person.visited = False
    return Answer(200, {"count": len(people)})
