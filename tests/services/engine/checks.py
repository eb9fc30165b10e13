"""What must hold at every moment, whatever died just now."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from registrations.models import Account, Fact, OutgoingEmail, Seat, Sender, StepState, Wish
from tests.services.engine.mail_server import MailServer
from tests.services.engine.platform import Platform

STATES = set(StepState.values)


@dataclass
class Checks:
    """Remembers what it has seen, because versions never fall and a mail's Message-ID never changes."""

    platform: Platform
    mail_server: MailServer
    versions: dict[tuple[str, int], int] = field(default_factory=dict)
    message_ids: dict[int, str] = field(default_factory=dict)
    mails_read: int = 0

    def run(self) -> None:
        self._seats()
        self._mails()
        self._leases()
        self._participations()
        self._inboxes()

    def _seats(self) -> None:
        seats = list(Seat.objects.all())
        for seat in seats:
            self._step("seat", seat)
            if seat.state == StepState.SETTLED:
                assert seat.is_fulfilled, f"{seat.address} is settled as {seat.fact}, but wanted {seat.wish}"
            if seat.fact == Fact.OUT and seat.state == StepState.SETTLED:
                assert not seat.link, f"{seat.address} is out and has a link"
        twice = [link for link, times in Counter(seat.link for seat in seats if seat.link).items() if times > 1]
        assert not twice, f"one link of several people: {[seat.address for seat in seats if seat.link in twice]}"
        owners = {place.link: place.email for place in self.platform.places}
        for seat in seats:
            assert not seat.link or owners[seat.link] == seat.address, f"{seat.address} has the link of {owners[seat.link]}"

    def _mails(self) -> None:
        for mail in OutgoingEmail.objects.defer("letter"):
            self._step("mail", mail)
            before = self.message_ids.setdefault(mail.pk, mail.message_id)
            assert before in ("", mail.message_id), f"a second Message-ID for the mail of kind {mail.kind}"
            self.message_ids[mail.pk] = mail.message_id

    def _step(self, kind: str, row: Seat | OutgoingEmail) -> None:
        name = f"{kind} {row.pk}"
        assert row.state in STATES, f"{name} is {row.state!r}"
        leased = row.state == StepState.LEASED
        assert leased == (row.lease_token is not None) == (row.lease_until is not None), (
            f"{name}: {row.state}, {row.lease_token}"
        )
        assert row.reason or row.state not in (StepState.PARKED, StepState.CANCELLED), f"{name} is {row.state}, and why?"
        assert row.version >= self.versions.get((kind, row.pk), 0), f"the version of {name} fell"
        self.versions[(kind, row.pk)] = row.version

    def _leases(self) -> None:
        for model in (Account, Sender):
            for token, until in model.objects.values_list("lease_token", "lease_until"):
                assert (token is None) == (until is None)

    def _participations(self) -> None:
        """Nobody is in twice by our doing. Where somebody else registers people too, that is not for us to prevent."""
        times = Counter((place.target, place.email) for place in self.platform.live() if place.ours)
        assert all(count == 1 for count in times.values()), f"registered twice: {times}"

    def _inboxes(self) -> None:
        owners = {place.link: place.email for place in self.platform.places}
        copies = self.mail_server.copies
        for copy in copies[self.mails_read :]:
            for link in copy.links:
                assert owners.get(link) == copy.recipient, f"{copy.recipient} got the link of {owners.get(link)}"
            self._second_copy(copy.message_id)
        self.mails_read = len(copies)

    def _second_copy(self, message_id: str) -> None:
        same = [copy for copy in self.mail_server.copies if copy.message_id == message_id]
        rows = list(OutgoingEmail.objects.filter(message_id=message_id))
        assert len(rows) == 1, f"{len(rows)} mails for a Message-ID in an inbox"
        if len(same) > 1:
            most = 1 + sum(copy.lost for copy in same)
            assert len(same) <= most, f"{len(same)} copies of a mail, and {most} could not be helped"
            assert rows[0].possible_second_copy, "a second copy that nobody is told of"
            assert len({copy.raw for copy in same}) == 1, "two different mails with one Message-ID"


def leaves_nothing_behind(now: datetime) -> None:
    """Once it is quiet nobody holds anything; what a dead drain held has run out."""
    for model in (Seat, OutgoingEmail):
        left = model.objects.filter(state__in=[StepState.QUEUED, StepState.LEASED])
        assert not left.exists(), f"never done: {list(left.values_list('state', 'reason'))}"
    for holder in (Account, Sender):
        assert not holder.objects.filter(lease_until__gt=now).exists()


def is_in(seat: Seat) -> bool:
    return (seat.state, seat.wish, seat.fact) == (StepState.SETTLED, Wish.IN, Fact.IN) and bool(seat.link)
