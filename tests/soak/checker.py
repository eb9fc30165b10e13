"""Holds what was promised against what the witnesses saw: acknowledged forms, the platform, the mailbox, the database."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from math import ceil

from tests.soak.handovers import HandOver, without_reason
from tests.soak.witnesses import People, Person, Row, Witnesses, by


@dataclass
class Verdict:
    """The figures, for every broken promise which one it is and whom it concerns, and seconds from a kill to the link.

    `figures` are counts, so that those of several soaks may be added; `most_copies` alone is a greatest number.
    """

    figures: Counter[str] = field(default_factory=Counter)
    broken: list[tuple[str, Person, str]] = field(default_factory=list)
    recoveries: list[float] = field(default_factory=list)
    most_copies: int = 0
    parked_for: Counter[str] = field(default_factory=Counter)

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
    "not_forgotten",
)
ALREADY_LEAVING_SECONDS = 1.0
"""A mail whose worker had said that it leaves may be on its way so long after its address was erased."""


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
        self._people = People(witnesses)
        self._verdict = Verdict()
        self._states = {person: self._people.states(person) for person in self._people.acknowledged}
        self._unexplained: list[HandOver] = []

    def verdict(self) -> Verdict:
        for person in sorted(self._people.acknowledged):
            self._delivered(person)
            self._written_down_once(person)
        self._nobody_else()
        self._links()
        self._message_ids()
        self._sent_mails_came()
        self._second_copies()
        self._forgotten()
        self._add_figures()
        return self._verdict

    def _delivered(self, person: Person) -> None:
        states, live = self._states[person], self._people.live(person)
        if not states:
            words = f"{self._people.seats[person]} {self._people.mails[person]} {self._people.submissions[person]}"
            self._verdict.blame("no_state", person, words)
        if len(states) > 1 or (states == {"delivered"} and not live):
            self._verdict.blame("two_states", person, f"{sorted(states)}, {len(live)} participations")
        if states & {"parked", "given_up"}:
            return
        links = {item["link"] for item in live}
        if not live:
            self._verdict.blame("lost", person, "no participation")
        elif not any(links & set(mail["links"]) for mail in self._people.copies[person[1]]):
            self._verdict.blame("lost", person, "no mail with their link")

    def _written_down_once(self, person: Person) -> None:
        if (live := len(self._people.live(person))) > 1:
            self._verdict.blame("duplicated", person, f"{live} participations")
        if (registrations := len(self._people.registrations[person])) > 1:
            self._verdict.blame("duplicated", person, f"{registrations} registrations")
        presses, submissions = self._people.presses[person], len(self._people.submissions[person])
        least = len({item.content for item in presses if item.status == 303})
        most = len({item.content for item in presses})
        if not least <= submissions <= most:
            words = f"{submissions} forms written down, {least} acknowledged, {most} sent"
            self._verdict.blame("form_count", person, words)

    def _nobody_else(self) -> None:
        attempted = set(self._people.presses)
        for person, places in self._people.places.items():
            if person not in attempted and person[0]:
                self._verdict.blame("unexpected", person, f"{len(places)} participations")
        for person in set(self._people.registrations) - attempted:
            if person[0] in self._w.sessions:
                self._verdict.blame("unexpected", person, "a registration")
        if self._w.strangers:
            self._verdict.blame("unexpected", ("", ""), f"{self._w.strangers} mails to addresses that nobody gave")

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
                if owner != mail["to"] and (owner or mail["to"] not in self._w.erased):
                    self._verdict.blame("wrong_link", ("", mail["to"]), f"a link of {owner or 'nobody'}")

    def _message_ids(self) -> None:
        for message_id, copies in self._people.copies_by_id.items():
            if message_id not in self._people.mail_by_id and copies[0]["to"] not in self._w.erased:
                self._verdict.blame("message_ids", ("", copies[0]["to"]), "a mail whose Message-ID nobody knows")
        for mail in self._w.mails:
            if mail["generation"] > 1 and mail["kind"] == "link":
                self._verdict.blame("message_ids", self._people.of_mail(mail), "a second link mail that nobody asked for")

    def _sent_mails_came(self) -> None:
        for mail in self._w.mails:
            sent = mail["state"] == "settled" and not mail["silent"]
            if sent and not self._people.copies_by_id[mail["message_id"]]:
                words = f"mail {mail['pk']} ({mail['kind']}) is called sent and never came"
                self._verdict.blame("lost", self._people.of_mail(mail), words)

    def _second_copies(self) -> None:
        """A further copy of a mail has a reason in the instant, one each, and staff are told; where mails are held, none."""
        tries = by(self._w.hand_overs, lambda item: item.message_id)
        for message_id, copies in self._people.copies_by_id.items():
            row, person = self._people.mail_by_id.get(message_id), ("", copies[0]["to"])
            if len(copies) == 1 or row is None:
                continue
            if not row["possible_second_copy"]:
                self._verdict.blame("second_copy", person, f"{len(copies)} copies of mail {row['pk']}, and no word of it")
            if self._w.policy == "hold":
                self._verdict.blame("second_copy", person, f"{len(copies)} copies of mail {row['pk']}, which was to be held")
            unexplained = without_reason(tries[message_id], self._w.harms)
            self._unexplained += unexplained
            if unexplained or len(tries[message_id]) < len(copies):
                words = f"{len(copies)} copies of mail {row['pk']}, and no reason in the instant: {tries[message_id]}"
                self._verdict.blame("second_copy", person, words)

    def _forgotten(self) -> None:
        """Whoever was erased is not at the platform nor in the database, and no mail to them began after that."""
        live = {item["email"] for item in self._w.participations if item["state"] != "deleted"}
        for address in sorted(self._people.forgotten):
            if address in live:
                self._verdict.blame("not_forgotten", ("", address), "is at the platform")
            if address in self._w.traces:
                self._verdict.blame("not_forgotten", ("", address), "stands in the database")
        tries = by(self._w.hand_overs, lambda item: item.message_id)
        for message_id, copies in self._people.copies_by_id.items():
            if copies[0]["to"] in self._people.forgotten:
                done = self._w.erased[copies[0]["to"]][1]
                for item in tries[message_id]:
                    stood_still = any(harm.meets(item.owner, done, item.began) for harm in self._w.harms)
                    if item.began > done + ALREADY_LEAVING_SECONDS and not stood_still:
                        words = f"a mail left {item.began - done:.1f} s after the erasure"
                        self._verdict.blame("not_forgotten", ("", copies[0]["to"]), words)

    def _add_figures(self) -> None:
        people, verdict = self._people, self._verdict
        done = {person for person, states in self._states.items() if "delivered" in states}
        troubled = {people.by_registration[number] for number in self._w.troubled if number in people.by_registration}
        extra = sum(len(copies) - 1 for copies in people.copies_by_id.values())
        verdict.most_copies = max((len(copies) for copies in people.copies_by_id.values()), default=0)
        verdict.recoveries = sorted(self._recoveries())
        verdict.parked_for = Counter(row["reason"] for row in [*self._w.seats, *self._w.mails] if row["state"] == "parked")
        verdict.figures.update(
            {
                "attempted": len(people.presses),
                "acknowledged": len(people.acknowledged),
                "registered": sum(bool(people.live(person)) for person in people.acknowledged),
                "mailed": sum(bool(people.copies[address]) for _, address in people.acknowledged),
                **{promise: verdict.count(promise) for promise in PROMISES},
                "recovered": len(troubled & done),
                "parked": sum("parked" in states for states in self._states.values()),
                "given_up": sum("given_up" in states for states in self._states.values()),
                "erased": len(people.forgotten),
                "untold": len(self._sent() - set(self._w.told)),
                "mails": len(people.copies_by_id),
                "second_copies_in_the_instant": extra - len(self._unexplained),
                "second_copies_outside": len(self._unexplained),
            }
        )

    def _sent(self) -> set[int]:
        """People's mails that are done and were no silent ones."""
        return {
            mail["pk"]
            for mail in self._w.mails
            if mail["registration_id"] and mail["state"] == "settled" and not mail["silent"]
        }

    def _recoveries(self) -> Iterable[float]:
        """Seconds from the first kill after somebody's form was acknowledged until their link mail was handed over."""
        kills = sorted(self._w.killed_at)
        for person in self._people.acknowledged:
            since = min(press.answered_at for press in self._people.presses[person] if press.status == 303)
            mails = self._people.mails[person]
            handed_over = [mail["settled_at"] for mail in mails if mail["kind"] == "link" and mail["settled_at"]]
            first = bisect_left(kills, since)
            if handed_over and first < len(kills) and kills[first] < handed_over[0]:
                yield handed_over[0] - kills[first]


def percentile(values: list[float], share: float) -> float | None:
    """The nearest-rank percentile of sorted values; None of nothing."""
    if not values:
        return None
    return round(values[max(ceil(len(values) * share) - 1, 0)], 4)
