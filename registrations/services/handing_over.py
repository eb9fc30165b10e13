"""What is written down of mails on their way out: begun, about to leave, handed over. Many at once, each by its own fence."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import Expression, F, QuerySet, TextField

from registrations.mailing.compose import compose
from registrations.mailing.delivery import Connection
from registrations.mailing.letter import Letter
from registrations.models import OutgoingEmail, Registration, StepState, TimelineEntry, db_now
from registrations.services import steps
from registrations.services.letters import Standing, people_of, standings

logger = logging.getLogger(__name__)

Code = TimelineEntry.Code


@dataclass(eq=False)
class Ready:
    """A claimed mail with its letter.

    `standing` is what the letter was written from; None for one that cannot change any more, because it may have been out
    since `out_since`. `alone`: nothing else is at stake while this one is in the air.
    """

    mail: OutgoingEmail
    letter: Letter
    standing: Standing | None
    out_since: datetime | None
    alone: bool

    def send(self, connection: Connection, on_data: Callable[[], None]) -> str:
        """Hand it over. What never leaves still waits for the server like what does."""
        if self.mail.silent:
            connection.open()
            return ""
        return connection.send(compose(self.letter), on_data=on_data)


@dataclass(frozen=True, eq=False)
class Done:
    """A mail that the server took, and its words."""

    ready: Ready
    reply: str


class _Lost(Exception):
    """Not all of them are ours any more."""


def write_down(*, done: Sequence[Done], leaving: Sequence[Ready]) -> tuple[set[Ready], list[Done]]:
    """Commit at once that mails are handed over and that others leave now; returns those of `leaving` that may, and those of
    `done` whose person somebody else has locked: try them again in a moment, so that they hold up nobody.

    Nobody else's mail leaves, nor one that a change since its letter was written has made untrue.
    """
    if not done:
        return _mark(leaving, db_now()), []
    together: Sequence[Done] = done
    waiting: list[Done] = []
    try:
        with transaction.atomic():
            now = db_now()
            together, waiting = _lock_people(done)
            _settle(together, now)
            return _mark(leaving, now), waiting
    except (_Lost, IntegrityError):
        for item in together:
            _settle_alone(item)
    return _mark(leaving, db_now()), waiting


def _lock_people(done: Sequence[Done]) -> tuple[list[Done], list[Done]]:
    """Lock whom these mails went to, for their histories; those who are free, and those whom somebody else has locked.

    PostgreSQL looks for a line's registration at the commit only, when the mails are locked: then two who lock them the
    other way round would wait for each other, and what the server took would be forgotten. Nor may one wait for another's.
    """
    people = [item.ready.mail.registration_id for item in done if item.ready.mail.registration_id is not None]
    if not connection.features.has_select_for_update_skip_locked:
        return list(done), []
    free = Registration.objects.select_for_update(skip_locked=True, no_key=True).filter(pk__in=people).order_by("pk")
    locked = set(free.values_list("pk", flat=True))
    # Whoever is gone will never be free.
    elsewhere = set(Registration.objects.filter(pk__in=set(people) - locked).values_list("pk", flat=True))
    together = [item for item in done if item.ready.mail.registration_id not in elsewhere]
    return together, [item for item in done if item.ready.mail.registration_id in elsewhere]


def log(mail: OutgoingEmail, code: TimelineEntry.Code, **data: str | int) -> None:
    """Add a line to the history of whom a mail is for, if it is for a person."""
    if mail.registration_id is not None:
        TimelineEntry.write([mail.registration_id], code, data={"mail": mail.pk, "kind": mail.kind, **data})


def _by_claim(readies: Iterable[Ready]) -> Iterable[list[Ready]]:
    token = attrgetter("mail.lease_token")
    return (list(group) for _, group in groupby(sorted(readies, key=token), key=token))


def _mine(group: Sequence[Ready]) -> QuerySet[OutgoingEmail]:
    """The rows of one claim, as long as they are ours. A mail's version never changes: nobody wishes anything of it."""
    return OutgoingEmail.objects.filter(
        pk__in=[ready.mail.pk for ready in group], lease_token=group[0].mail.lease_token, state=StepState.LEASED
    )


def _mark(leaving: Sequence[Ready], now: datetime) -> set[Ready]:
    """From now on these may be out: they have begun, and their letters never change again."""
    lease_until = now + steps.lease_length()
    marked: set[Ready] = set()
    for group in _by_claim(_still_true(leaving)):
        begun_before = all(ready.mail.begun_at is not None for ready in group)
        count = _mine(group).update(
            data_started_at=now,
            begun_at=now,
            lease_until=lease_until,
            attempts=F("attempts") + (0 if begun_before else 1),
            letter=_ByRow({ready.mail.pk: _encrypted(ready.letter.to_json()) for ready in group}),
            message_id=_ByRow({ready.mail.pk: ready.letter.message_id for ready in group}),
        )
        if count < len(group):
            ours = set(_mine(group).filter(data_started_at=now).values_list("pk", flat=True))
            group = [ready for ready in group if ready.mail.pk in ours]
        for ready in group:
            ready.mail.attempts += ready.mail.begun_at is None
            ready.mail.data_started_at = ready.mail.begun_at = now
        marked.update(group)
    return marked


def _still_true(leaving: Iterable[Ready]) -> list[Ready]:
    """Those whose person stands as they did when the letter was written."""
    waiting = list(leaving)
    people = {pk for ready in waiting if ready.standing is not None for pk in people_of(ready.mail)}
    present = standings(people) if people else {}
    return [ready for ready in waiting if ready.standing in (None, _standing_of(ready.mail, present))]


def _standing_of(mail: OutgoingEmail, present: Mapping[int, Standing]) -> Standing:
    return frozenset(row for pk in people_of(mail) for row in present.get(pk, ()))


def _encrypted(text: str) -> str:
    return str(OutgoingEmail._meta.get_field("letter").get_prep_value(text))


def _settle(done: Sequence[Done], now: datetime) -> None:
    """All of them in one go. Raises _Lost if one is not ours any more: then nothing of it may be kept."""
    TimelineEntry.objects.bulk_create(line for item in done for line in _lines(item.ready.mail, now))
    replies = {item.ready.mail.pk: item.reply[:300] for item in done}
    for group in _by_claim(item.ready for item in done):
        count = _mine(group).update(
            state=StepState.SETTLED,
            settled_at=now,
            lease_token=None,
            lease_until=None,
            begun_at=None,
            in_doubt_since=None,
            reason="",
            reason_detail="",
            lost_leases=0,
            server_reply=_ByRow({ready.mail.pk: replies[ready.mail.pk] for ready in group}),
        )
        if count < len(group):
            raise _Lost


def _lines(mail: OutgoingEmail, now: datetime) -> list[TimelineEntry]:
    if mail.registration_id is None:
        return []
    data = {"mail": mail.pk, "kind": mail.kind, "generation": mail.generation}
    return [TimelineEntry(registration_id=mail.registration_id, at=now, code=Code.MAIL_HANDED_OVER, data=data)]


def _settle_alone(item: Done) -> None:
    try:
        with transaction.atomic():
            # Registrations before mails: that is the order in which everybody locks.
            Registration.objects.select_for_update(no_key=True).filter(mails=item.ready.mail).first()
            if steps.settle(item.ready.mail, server_reply=item.reply[:300]) is steps.Finish.DONE:
                log(item.ready.mail, Code.MAIL_HANDED_OVER, generation=item.ready.mail.generation)
    except IntegrityError:
        logger.warning("a mail's person is gone", extra={"mail": item.ready.mail.pk})


class _ByRow(Expression):
    """A text of its own for each row of one UPDATE."""

    def __init__(self, texts: Mapping[int, str]) -> None:
        super().__init__(output_field=TextField())
        self._texts = texts

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[str | int, ...]]:
        whens = " ".join(["WHEN %s THEN %s"] * len(self._texts))
        parts = tuple(part for pair in self._texts.items() for part in pair)
        return f"CASE {connection.ops.quote_name('id')} {whens} END", parts
