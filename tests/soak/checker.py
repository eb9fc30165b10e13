"""Holds what was promised against what the witnesses saw: acknowledged forms, the platform, the mailbox, the database."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from tests.soak.people import Press

Row = dict[str, Any]
Person = tuple[str, str]
"""Campaign and address."""


@dataclass(frozen=True)
class Witnesses:
    """All that is known when it is quiet again.

    `sessions` are the platform's session ids by campaign; `owners` are address and campaign by private token; `room` and
    `private` are how the links to rooms and private pages begin; `troubled` are registrations that met a failure, `told`
    mails whose handing over stands in a history; `settled_at` in `mails` and `killed_at` are Unix times.
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


@dataclass
class Verdict:
    """The figures, and for every broken promise which one it is and whom it concerns."""

    figures: dict[str, Any] = field(default_factory=dict)
    broken: list[tuple[str, Person, str]] = field(default_factory=list)

    def blame(self, promise: str, person: Person, words: str) -> None:
        self.broken.append((promise, person, words))

    def count(self, promise: str) -> int:
        """How many people a promise was broken to."""
        return len({person for name, person, _ in self.broken if name == promise})


PROMISES = (
    "lost",
    "duplicated",
    "unexpected",
    "wrong_link",
    "no_state",
    "two_states",
    "second_copy",
    "message_ids",
    "form_count",
)


def private_tokens(messages: Iterable[Row], private: str) -> list[str]:
    """The tokens of every private page that a mail leads to."""
    links = {link for mail in messages for link in mail["links"] if link.startswith(private)}
    return sorted({link.removeprefix(private).partition("/")[0] for link in links})


def check(witnesses: Witnesses) -> Verdict:
    """The verdict over everybody."""
    return _Check(witnesses).verdict()


class _Check:
    def __init__(self, witnesses: Witnesses) -> None:
        self._w = witnesses
        self._verdict = Verdict()
        self._acknowledged = {(item.campaign, item.address) for item in witnesses.presses if item.status == 303}
        self._attempted = {(item.campaign, item.address) for item in witnesses.presses}
        campaigns = {session: campaign for campaign, session in witnesses.sessions.items()}
        self._person_of = {item["pk"]: (item["campaign__slug"], item["email"]) for item in witnesses.registrations}
        self._places = _by(witnesses.participations, lambda item: (campaigns.get(item["eventSessionId"], ""), item["email"]))
        self._copies = _by(witnesses.messages, lambda item: item["to"])
        self._mails = _by(witnesses.mails, lambda item: self._person_of.get(item["registration_id"], ("", item["recipient"])))
        self._submissions = _by(witnesses.submissions, lambda item: self._person_of[item["registration_id"]])
        seats = {item["pk"]: item for item in witnesses.seats}
        self._seats: dict[Person, list[Row]] = defaultdict(list)
        for enrollment in witnesses.enrollments:
            self._seats[self._person_of[enrollment["registration_id"]]].append(seats[enrollment["seat_id"]])
        self._copies_by_id = Counter(item["message_id"] for item in witnesses.messages)
        self._states = {person: self._states_of(person) for person in self._acknowledged}

    def verdict(self) -> Verdict:
        for person in sorted(self._acknowledged):
            self._delivered(person)
            self._written_down_once(person)
        self._nobody_else()
        self._links()
        self._message_ids()
        self._verdict.figures = self._figures()
        return self._verdict

    def _live(self, person: Person) -> list[Row]:
        return [item for item in self._places[person] if item["state"] != "deleted"]

    def _states_of(self, person: Person) -> set[str]:
        """What the staff's screens could say of a person."""
        seats, mails = self._seats[person], self._mails[person]
        link_mails = [mail for mail in mails if mail["kind"] == "link" and mail["state"] == "settled"]
        answered = all(item["mail_id"] for item in self._submissions[person])
        states = set()
        if seats and link_mails and answered and all(seat["state"] == "settled" and seat["fact"] == "in" for seat in seats):
            states.add("delivered")
        if any(row["state"] == "parked" for row in [*seats, *mails]):
            states.add("parked")
        if any(seat["state"] == "cancelled" for seat in seats):
            states.add("given_up")
        return states

    def _delivered(self, person: Person) -> None:
        states, live = self._states[person], self._live(person)
        if not states:
            self._verdict.blame("no_state", person, f"{self._seats[person]} {self._mails[person]}")
        if len(states) > 1 or (states == {"delivered"} and not live):
            self._verdict.blame("two_states", person, f"{sorted(states)}, {len(live)} participations")
        if states & {"parked", "given_up"}:
            return
        links = {item["link"] for item in live}
        if not live:
            self._verdict.blame("lost", person, "no participation")
        elif not any(links & set(mail["links"]) for mail in self._copies[person[1]]):
            self._verdict.blame("lost", person, "no mail with their link")

    def _written_down_once(self, person: Person) -> None:
        if (live := len(self._live(person))) > 1:
            self._verdict.blame("duplicated", person, f"{live} participations")
        registrations = sum(person == other for other in self._person_of.values())
        if registrations > 1:
            self._verdict.blame("duplicated", person, f"{registrations} registrations")
        presses = [item for item in self._w.presses if (item.campaign, item.address) == person]
        least = len({item.content for item in presses if item.status == 303})
        most = len({item.content for item in presses})
        if not least <= len(self._submissions[person]) <= most:
            words = f"{len(self._submissions[person])} forms written down, {least} acknowledged, {most} sent"
            self._verdict.blame("form_count", person, words)

    def _nobody_else(self) -> None:
        for person, places in self._places.items():
            if person not in self._attempted and person[0]:
                self._verdict.blame("unexpected", person, f"{len(places)} participations")
        for person in {*self._person_of.values()} - self._attempted:
            if person[0] in self._w.sessions:
                self._verdict.blame("unexpected", person, "a registration")

    def _links(self) -> None:
        """Every link in every mail belongs to the person whom the mail went to."""
        everybody = {item["link"]: item["email"] for item in self._w.participations}
        for mail in self._w.messages:
            for link in mail["links"]:
                if link.startswith(self._w.private):
                    token = link.removeprefix(self._w.private).partition("/")[0]
                    owner = (self._w.owners.get(token) or ["", ""])[0]
                elif link in everybody or link.startswith(self._w.room):
                    owner = everybody.get(link, "")
                else:
                    continue
                if owner != mail["to"]:
                    self._verdict.blame("wrong_link", ("", mail["to"]), f"a link of {owner or 'nobody'}")

    def _message_ids(self) -> None:
        rows = _by((mail for mail in self._w.mails if mail["message_id"]), lambda mail: mail["message_id"])
        for message_id, copies in self._copies_by_id.items():
            row = next(iter(rows[message_id]), None)
            address = next(item["to"] for item in self._w.messages if item["message_id"] == message_id)
            if row is None:
                self._verdict.blame("message_ids", ("", address), "a mail whose Message-ID nobody knows")
            elif copies > 1 and not row["possible_second_copy"]:
                self._verdict.blame("second_copy", ("", address), f"{copies} copies of mail {row['pk']}, and no word of it")
        for mail in self._w.mails:
            person = self._person_of.get(mail["registration_id"], ("", mail["recipient"]))
            sent = mail["state"] == "settled" and not mail["silent"]
            if sent and not self._copies_by_id[mail["message_id"]]:
                self._verdict.blame("lost", person, f"mail {mail['pk']} ({mail['kind']}) is called sent and never came")
            if mail["generation"] > 1 and mail["kind"] == "link":
                self._verdict.blame("message_ids", person, "a second link mail that nobody asked for")

    def _figures(self) -> dict[str, Any]:
        labelled = {mail["message_id"] for mail in self._w.mails if mail["possible_second_copy"]}
        extra = {message_id: copies - 1 for message_id, copies in self._copies_by_id.items() if copies > 1}
        recoveries = sorted(self._recoveries())
        troubled = {self._person_of[number] for number in self._w.troubled if number in self._person_of}
        done = {person for person, states in self._states.items() if "delivered" in states}
        return {
            "attempted": len(self._attempted),
            "acknowledged": len(self._acknowledged),
            "registered": sum(bool(self._live(person)) for person in self._acknowledged),
            "mailed": sum(bool(self._copies[address]) for _, address in self._acknowledged),
            **{promise: self._verdict.count(promise) for promise in PROMISES},
            "recovered": len(troubled & done),
            "parked": sum("parked" in states for states in self._states.values()),
            "untold": len(self._sent() - set(self._w.told)),
            "given_up": sum("given_up" in states for states in self._states.values()),
            "second_copies_in_the_instant": sum(count for message_id, count in extra.items() if message_id in labelled),
            "second_copies_outside": sum(count for message_id, count in extra.items() if message_id not in labelled),
            "most_copies": max(self._copies_by_id.values(), default=0),
            "recovery_p50": _percentile(recoveries, 0.50),
            "recovery_p99": _percentile(recoveries, 0.99),
        }

    def _sent(self) -> set[int]:
        """People's mails that are done and were no silent ones."""
        return {
            mail["pk"]
            for mail in self._w.mails
            if mail["registration_id"] and mail["state"] == "settled" and not mail["silent"]
        }

    def _recoveries(self) -> Iterable[float]:
        """Seconds from the first kill after somebody's form was acknowledged until their link mail was handed over."""
        acknowledged: dict[Person, float] = {}
        for press in self._w.presses:
            if press.status == 303:
                acknowledged.setdefault((press.campaign, press.address), press.answered_at)
        for person, since in acknowledged.items():
            handed_over = [mail["settled_at"] for mail in self._mails[person] if mail["kind"] == "link" and mail["settled_at"]]
            killed = [moment for moment in self._w.killed_at if moment >= since]
            if handed_over and killed and min(killed) < handed_over[0]:
                yield handed_over[0] - min(killed)


def _by(rows: Iterable[Row], key: Callable[[Row], Any]) -> defaultdict[Any, list[Row]]:
    found: defaultdict[Any, list[Row]] = defaultdict(list)
    for row in rows:
        found[key(row)].append(row)
    return found


def _percentile(values: list[float], share: float) -> float | None:
    """The nearest-rank percentile of sorted values; None of nothing."""
    if not values:
        return None
    return round(values[min(int(len(values) * share), len(values) - 1)], 2)
