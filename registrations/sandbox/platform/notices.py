"""The mails the platform itself sends when `sendEmail` is not false. They land in the stand-in's mailbox."""

from __future__ import annotations

from registrations.sandbox.platform.call import Call
from registrations.sandbox.platform.model import Meeting, Participation, Session
from registrations.sandbox.platform.when import write


def registered(call: Call, meeting: Meeting, person: Participation) -> None:
    """The platform's own "you are registered" mail."""
    call.post(
        [person.email],
        f"You are registered: {meeting.name}",
        f"{person.shown_name}, you are registered for {meeting.name},"
        f" {write(meeting.starts_at, meeting.timezone_id)}.\n\nYour link: {call.world.link(person)}\n",
    )


def session_moved(call: Call, session: Session) -> None:
    """The session has a new date or time."""
    _to_all(
        call,
        session,
        f"Changed: {session.name}",
        f"{session.name} now starts at {write(session.starts_at, session.timezone_id)}.\n",
    )


def session_cancelled(call: Call, session: Session) -> None:
    """The session does not take place."""
    _to_all(call, session, f"Cancelled: {session.name}", f"{session.name} does not take place.\n")


def _to_all(call: Call, session: Session, subject: str, text: str) -> None:
    addresses = [person.email for person in call.world.people_in(session.target)]
    if addresses:
        call.post(addresses, subject, text)
