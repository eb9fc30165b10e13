"""How the platform writes its things as JSON: ids as strings in schedule lists, as numbers in details.

Sources: MTS Link articles 19680 (schedules), 3149030 and 19679 (details), 19666 and 19665 (participations), 3151499 (members).
"""

from __future__ import annotations

from typing import Any

from registrations.sandbox.platform.model import ACCEPTED, Event, Meeting, Member, Organization, Participation, Session
from registrations.sandbox.platform.when import ZONES, write
from registrations.sandbox.platform.world import World

Json = dict[str, Any]


def _image(world: World, meeting: Meeting) -> str:
    return f"{world.public_url}/sandbox/image/{meeting.image_id}.png"


def _lectors(organization: Organization, meeting: Meeting) -> list[Json]:
    members = [organization.member(user_id) for user_id in meeting.lector_ids]
    return [
        {"name": member.name, "secondName": member.second_name, "position": member.position, "avatar": None}
        for member in members
        if member
    ]


def _listed(world: World, meeting: Meeting) -> Json:
    return {
        "id": str(meeting.id),
        "name": meeting.name,
        "status": meeting.status,
        "access": str(meeting.access),
        "type": meeting.type,
        "description": meeting.description,
        "startsAt": write(meeting.starts_at, meeting.timezone_id),
        "endsAt": write(meeting.ends_at, meeting.timezone_id),
        "isArchive": "0",
        "createUserId": str(meeting.owner_id),
        "estimatedAt": None,
        "timezoneName": ZONES[meeting.timezone_id].name,
        "image": _image(world, meeting),
        "tags": list(meeting.tags),
        "files": [],
        "lectors": _lectors(world.organizations[meeting.organization_id], meeting),
    }


def listed_event(world: World, event: Event) -> Json:
    """One row of an event schedule."""
    row = _listed(world, event)
    row |= {"rule": event.rule, "exceptionDates": None, "isAuto": event.start_type != "manual"}
    row["eventSessions"] = [_listed_session(world, session) for session in world.sessions_of(event.id)]
    return row


def _listed_session(world: World, session: Session) -> Json:
    row = _listed(world, session)
    del row["description"]
    row |= {"eventId": str(session.event_id), "participationsCount": str(world.count(session.target)), "recordUrl": []}
    return row


def _detail(world: World, meeting: Meeting) -> Json:
    organization = world.organizations[meeting.organization_id]
    owner = organization.member(meeting.owner_id) or organization.owner
    return {
        "id": meeting.id,
        "name": meeting.name,
        "description": meeting.description,
        "status": meeting.status,
        "access": meeting.access,
        "accessSettings": {
            "isPasswordRequired": meeting.password_required,
            "isRegistrationRequired": meeting.registration_required,
            "isModerationRequired": meeting.moderation_required,
        },
        "lang": meeting.lang,
        "type": meeting.type,
        "startsAt": write(meeting.starts_at, meeting.timezone_id),
        "utcStartsAt": meeting.starts_at,
        "endsAt": write(meeting.ends_at, meeting.timezone_id),
        "createUserId": meeting.owner_id,
        "createUser": {"id": owner.id, "name": owner.name, "secondName": owner.second_name, "email": owner.email},
        "organizationId": organization.id,
        "timezoneId": meeting.timezone_id,
        "additionalFields": [dict(item) for item in meeting.additional_fields],
        "lectors": _lectors(organization, meeting),
        "tags": list(meeting.tags),
        "announceFiles": [],
        "files": [],
    }


def event_detail(world: World, event: Event) -> Json:
    """One event in full."""
    sessions = [
        {"id": s.id, "name": s.name, "status": s.status, "startsAt": write(s.starts_at, s.timezone_id)}
        for s in world.sessions_of(event.id)
    ]
    return _detail(world, event) | {"rule": event.rule, "eventSessions": sessions}


def session_detail(world: World, session: Session) -> Json:
    """One session in full."""
    url = _image(world, session)
    image = {
        "id": session.image_id,
        "createAt": write(session.starts_at, session.timezone_id),
        "name": "cover.png",
        "thumbnails": [],
        "typeFile": "image",
        "type": "file",
        "url": url,
        "downloadUrl": url,
        "size": 0,
        "mimeType": "image/png",
        "uri": url,
    }
    return _detail(world, session) | {
        "eventId": session.event_id,
        "rule": world.events[session.event_id].rule,
        "startType": session.start_type,
        "timezone": ZONES[session.timezone_id].as_json(),
        "image": image,
    }


def participation_row(
    world: World,
    meeting: Meeting,
    person: Participation,
    *,
    session_id: int | None,
    user_id: int | None,
) -> Json:
    """One row of a participations list. `isAccepted` is 0 for waiting, refused and kicked people alike."""
    values = [
        {"key": item["key"], "label": item["label"], "value": person.extra[item["key"]]}
        for item in meeting.additional_fields
        if item["key"] in person.extra
    ]
    return {
        "id": person.id,
        "name": person.name,
        "secondName": person.second_name,
        "email": person.email,
        "avatar": {},
        "eventId": person.event_id,
        "eventSessionId": session_id,
        "userId": user_id,
        "role": person.role,
        "isAccepted": int(person.state == ACCEPTED),
        "isSeen": 1,
        "agreementStatus": "AGREED",
        "registerStatus": "INVITED" if person.invited else "REGISTERED",
        "registerDate": write(person.registered_at, meeting.timezone_id),
        "paymentStatus": "NOT_PAID",
        "isOnline": "0",
        "visited": person.visited,
        "url": person.token,
        "referrer": None,
        "additionalFieldValues": values,
    }


def member_row(organization: Organization, member: Member) -> Json:
    """One row of the members list; `id` is the user id, `membershipId` another number."""
    return {
        "id": member.id,
        "membershipId": member.membership_id,
        "name": member.name,
        "secondName": member.second_name,
        "patrName": "",
        "nickname": member.name,
        "email": member.email,
        "role": member.role,
        "phone": "",
        "position": member.position,
        "organization": organization.name,
        "sex": member.sex,
        "photo": None,
    }
