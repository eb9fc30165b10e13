"""What is known when it is quiet again: what was answered, what the platform and the mailbox have, what the database holds."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from tests.soak.handovers import HandOver, Harm
from tests.soak.people import Press

Row = dict[str, Any]
Person = tuple[str, str]
"""Campaign and address."""


@dataclass(frozen=True)
class Witnesses:
    """All that is known.

    `sessions` are the platform's session ids by campaign; `owners` are address and campaign by private token; `room` and
    `private` are how the links to rooms and private pages begin; `troubled` are registrations that met a failure, `told`
    mails whose handing over stands in a history; `strangers` are mails to addresses that nobody gave; `erased` is as in the
    ledger, and `traces` are the erased addresses that still stand anywhere; `settled_at` in `mails` and `killed_at` are Unix
    times; `policy` is what becomes of a mail that may be out.
    """

    presses: list[Press]
    sessions: dict[str, int]
    participations: list[Row]
    messages: list[Row]
    registrations: list[Row]
    submissions: list[Row]
    enrollments: list[Row]
    seats: list[Row]
    mails: list[Row]
    troubled: list[int]
    told: list[int]
    owners: dict[str, list[str]]
    room: str
    private: str
    killed_at: list[float]
    hand_overs: list[HandOver] = field(default_factory=list)
    harms: list[Harm] = field(default_factory=list)
    policy: str = "resend"
    strangers: int = 0
    erased: dict[str, tuple[float, float]] = field(default_factory=dict)
    traces: list[str] = field(default_factory=list)


class Groups(dict[Any, list[Any]]):
    """Rows by what they have in common; a group that there is not is empty, and asking for it does not make it."""

    def __missing__(self, key: object) -> list[Any]:
        return []


@dataclass(frozen=True)
class People:
    """The witnesses' words by person."""

    known: Witnesses

    @cached_property
    def acknowledged(self) -> set[Person]:
        """Whose form was taken, and who did not ask to be forgotten."""
        taken = {(item.campaign, item.address) for item in self.known.presses if item.status == 303}
        return {person for person in taken if person[1] not in self.known.erased}

    @cached_property
    def forgotten(self) -> set[str]:
        """Erased addresses of whom no form was on its way then: a later one is a new will."""
        asked = {address: moment for address, (moment, _) in self.known.erased.items()}
        again = {
            item.address for item in self.known.presses if item.answered_at >= asked.get(item.address, item.answered_at + 1)
        }
        return set(asked) - again

    @cached_property
    def presses(self) -> Groups:
        return by(self.known.presses, lambda item: (item.campaign, item.address))

    @cached_property
    def by_registration(self) -> dict[int, Person]:
        return {item["pk"]: (item["campaign__slug"], item["email"]) for item in self.known.registrations}

    @cached_property
    def registrations(self) -> Groups:
        return by(self.known.registrations, lambda item: (item["campaign__slug"], item["email"]))

    @cached_property
    def places(self) -> Groups:
        """Participations, deleted ones too."""
        campaigns = {session: campaign for campaign, session in self.known.sessions.items()}
        return by(self.known.participations, lambda item: (campaigns.get(item["eventSessionId"], ""), item["email"]))

    @cached_property
    def mails(self) -> Groups:
        return by(self.known.mails, self.of_mail)

    @cached_property
    def submissions(self) -> Groups:
        return by(self.known.submissions, lambda item: self.by_registration[item["registration_id"]])

    @cached_property
    def seats(self) -> Groups:
        seats = {item["pk"]: item for item in self.known.seats}
        found = Groups()
        for enrollment in self.known.enrollments:
            person = self.by_registration[enrollment["registration_id"]]
            found.setdefault(person, []).append(seats[enrollment["seat_id"]])
        return found

    @cached_property
    def copies(self) -> Groups:
        """Raw mails by address."""
        return by(self.known.messages, lambda item: item["to"])

    @cached_property
    def copies_by_id(self) -> Groups:
        """Raw mails by Message-ID."""
        return by(self.known.messages, lambda item: item["message_id"])

    @cached_property
    def mail_by_id(self) -> dict[str, Row]:
        """The database's mails by Message-ID."""
        return {mail["message_id"]: mail for mail in self.known.mails if mail["message_id"]}

    def live(self, person: Person) -> list[Row]:
        """Participations that were not deleted."""
        return [item for item in self.places[person] if item["state"] != "deleted"]

    def of_mail(self, mail: Row) -> Person:
        return self.by_registration.get(mail["registration_id"], ("", mail["recipient"]))

    def states(self, person: Person) -> set[str]:
        """What the staff's screens could say of a person; other mails than the link mail say nothing of how they stand."""
        seats = self.seats[person]
        link_mails = [mail for mail in self.mails[person] if mail["kind"] == "link"]
        answered = all(item["mail_id"] for item in self.submissions[person])
        is_in = bool(seats) and all(seat["state"] == "settled" and seat["fact"] == "in" for seat in seats)
        states = set()
        if is_in and answered and any(mail["state"] == "settled" for mail in link_mails):
            states.add("delivered")
        if any(row["state"] == "parked" for row in [*seats, *link_mails]):
            states.add("parked")
        if any(seat["state"] == "cancelled" for seat in seats):
            states.add("given_up")
        return states


def by(rows: Iterable[Any], key: Callable[[Any], Any]) -> Groups:
    """Rows in groups."""
    found = Groups()
    for row in rows:
        found.setdefault(key(row), []).append(row)
    return found
