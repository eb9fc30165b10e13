"""The platform's data with its indexes, all in memory."""

from __future__ import annotations

import secrets
import time
from itertools import islice
from typing import Any

from registrations.sandbox.platform.model import (
    DELETED,
    ApiKey,
    Event,
    Member,
    Organization,
    Participation,
    Session,
    Target,
)

DEMO_KEY = "0123456789abcdef0123456789abcdef"
FIRST_IDS = {
    "organization": 9001,
    "member": 7001,
    "membership": 3001,
    "event": 51001,
    "session": 62001,
    "participation": 73001,
    "contact": 40001,
    "user": 80001,
}


class World:
    """Organisations, keys, events, sessions and participations. Ids never come back, not even after `clear`."""

    def __init__(self, public_url: str = "") -> None:
        self.public_url = public_url
        self.revision = 0
        self.last_ids: dict[str, int] = {}
        self.clear()

    def clear(self) -> None:
        """Start afresh with the demo organisation, its key and its members."""
        self.organizations: dict[int, Organization] = {}
        self.keys: dict[str, ApiKey] = {}
        self.events: dict[int, Event] = {}
        self.sessions: dict[int, Session] = {}
        self.participations: dict[int, Participation] = {}
        self.contacts: dict[tuple[int, str], int] = {}
        self.people: dict[str, int] = {}
        self._sessions_of: dict[int, list[Session]] = {}
        self._by_token: dict[str, Participation] = {}
        self._present: dict[Target, dict[int, Participation]] = {}
        self._known: dict[tuple[Target, str], list[Participation]] = {}
        self._add_demo()
        self.touch()

    def _add_demo(self) -> None:
        members = [
            Member(
                id=7001,
                membership_id=3001,
                name="Anna",
                second_name="Li",
                email="anna@example.com",
                role="ADMIN",
                position="Producer",
                sex="f",
            ),
            Member(id=7002, membership_id=3002, name="Boris", second_name="Orlov", email="boris@example.com", sex="m"),
            Member(id=7003, membership_id=3003, name="Vera", second_name="Kim", email="vera@example.com", confirmed=False),
        ]
        self.organizations[9001] = Organization(id=9001, name="ACME Demo", alias="acme", members=members)
        self.keys[DEMO_KEY] = ApiKey(token=DEMO_KEY, organization_id=9001, label="demo")
        for kind, last in (("organization", 9001), ("member", 7003), ("membership", 3003)):
            self.last_ids[kind] = max(last, self.last_ids.get(kind, 0))

    def touch(self) -> None:
        """Say that something changed, so that a snapshot is due."""
        self.revision += 1

    def next_id(self, kind: str) -> int:
        """A fresh id of this kind, starting at documented-looking numbers."""
        self.last_ids[kind] = self.last_ids.get(kind, FIRST_IDS[kind] - 1) + 1
        return self.last_ids[kind]

    def organization_named(self, name: str) -> Organization:
        """The organisation of this name; a new one with one owner if there is none."""
        for organization in self.organizations.values():
            if organization.name == name:
                return organization
        number = self.next_id("organization")
        owner = Member(
            id=self.next_id("member"),
            membership_id=self.next_id("membership"),
            name="Olga",
            second_name="Owner",
            email=f"owner{number}@example.com",
            role="ADMIN",
        )
        organization = Organization(id=number, name=name, alias=f"org{number}", members=[owner])
        self.organizations[number] = organization
        return organization

    def event(self, event_id: int) -> Event | None:
        """The event, unless it is unknown or deleted."""
        event = self.events.get(event_id)
        return None if event is None or event.deleted else event

    def session(self, session_id: int) -> Session | None:
        """The session, unless it is unknown or deleted."""
        session = self.sessions.get(session_id)
        return None if session is None or session.deleted else session

    def sessions_of(self, event_id: int) -> list[Session]:
        """The sessions of an event that are not deleted, by start."""
        found = [session for session in self._sessions_of.get(event_id, []) if not session.deleted]
        return sorted(found, key=lambda session: (session.starts_at, session.id))

    def add_event(self, event: Event) -> None:
        """Take in a new event, or one read from a snapshot."""
        self.events[event.id] = event
        self.touch()

    def add_session(self, session: Session) -> None:
        """Take in a new session, or one read from a snapshot."""
        self.sessions[session.id] = session
        self._sessions_of.setdefault(session.event_id, []).append(session)
        self.touch()

    def add_participation(self, participation: Participation) -> None:
        """Take in a new person, or one read from a snapshot."""
        self.participations[participation.id] = participation
        self._by_token[participation.token] = participation
        self._known.setdefault((participation.target, participation.address), []).append(participation)
        if participation.state != DELETED:
            self._present.setdefault(participation.target, {})[participation.id] = participation
        self.touch()

    def set_state(self, participation: Participation, state: str) -> None:
        """Accept, refuse, kick, delete or revive a person."""
        participation.state = state
        present = self._present.setdefault(participation.target, {})
        if state == DELETED:
            present.pop(participation.id, None)
        else:
            present[participation.id] = participation
        self.touch()

    def known(self, target: Target, address: str) -> list[Participation]:
        """All participations of one address in one target, deleted ones included, oldest first."""
        return self._known.get((target, address), [])

    def count(self, target: Target) -> int:
        """How many people are in a target; waiting, refused and kicked ones count, deleted ones do not."""
        return len(self._present.get(target, {}))

    def people_in(self, target: Target, start: int = 0, stop: int | None = None) -> list[Participation]:
        """The people of a target in order of registration, a slice of them."""
        return list(islice(self._present.get(target, {}).values(), start, stop))

    def by_token(self, token: str) -> Participation | None:
        """Whose personal link this is."""
        return self._by_token.get(token)

    def contact_id(self, organization_id: int, address: str) -> int:
        """The address-book entry of an e-mail, made when it is new."""
        key = (organization_id, address)
        if key not in self.contacts:
            self.contacts[key] = self.next_id("contact")
        return self.contacts[key]

    def user_id(self, organization_id: int, address: str) -> int:
        """The platform's id of a person: the member's own, else one per e-mail."""
        for member in self.organizations[organization_id].members:
            if member.email == address:
                return member.id
        if address not in self.people:
            self.people[address] = self.next_id("user")
        return self.people[address]

    def new_participation(self, **fields: Any) -> Participation:
        """Make a participation with fresh ids and a fresh random link, and take it in."""
        organization_id, address = fields["organization_id"], fields["email"].strip().lower()
        participation = Participation(
            id=self.next_id("participation"),
            token=secrets.token_hex(16),
            registered_at=int(time.time()),
            contact_id=self.contact_id(organization_id, address),
            user_id=self.user_id(organization_id, address),
            **fields,
        )
        self.add_participation(participation)
        return participation

    def link(self, participation: Participation) -> str:
        """The personal link: whoever has it enters as this person."""
        alias = self.organizations[participation.organization_id].alias
        return f"{self.public_url}/{alias}/{participation.event_id}/{participation.token}"

    def event_link(self, event: Event) -> str:
        """The landing page of an event."""
        return f"{self.public_url}/{self.organizations[event.organization_id].alias}/{event.url_alias or event.id}"

    def session_link(self, session: Session) -> str:
        """The landing page of a session."""
        alias = self.organizations[session.organization_id].alias
        return f"{self.public_url}/{alias}/{session.event_id}/session/{session.id}"
