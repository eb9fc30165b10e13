"""Letting a restored database go on: what would leave, and what an operator decides about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from django.db import transaction
from django.db.models import Count, F, Q, QuerySet

from registrations.models import (
    OPEN_STATES,
    Account,
    Delivery,
    Enrollment,
    EnrollmentWish,
    Fact,
    OutgoingEmail,
    Registration,
    Seat,
    Sender,
    StepState,
    Submission,
    TimelineEntry,
    Wish,
    db_now,
)
from registrations.services import testimony, witness
from registrations.services.due import Due
from registrations.services.witness import Behind

Code = TimelineEntry.Code


class NotBehind(Exception):
    """The database is not behind its witness: there is nothing to resume."""


class Mails(StrEnum):
    """What becomes of mails that are open in the backup and may have been sent after it was made."""

    SEND = "send"
    HOLD = "hold"


@dataclass(frozen=True, slots=True)
class Report:
    """What waits in a restored database. All that is counted in `mails` (by kind) may have been sent already.

    `seats` are looked up before any call; `answers` are the people who get a mail once their seat is settled, some of them a
    second time; `settled` are the people who have their place by what the backup knows.
    """

    behind: Behind
    mails: dict[str, int]
    seats: int
    answers: int
    settled: int

    @property
    def mail_count(self) -> int:
        return sum(self.mails.values())


def report() -> Report:
    """What would happen if delivery was resumed. Changes nothing. Raises NotBehind."""
    behind = witness.behind()
    if behind is None:
        raise NotBehind
    by_kind = _mails_in_question(behind).order_by("kind").values_list("kind").annotate(count=Count("pk"))
    unanswered = Submission.objects.filter(mail=None).values("registration_id")
    waiting = Enrollment.objects.filter(wish=EnrollmentWish.IN, seat__in=_open_seats(), registration__in=unanswered)
    return Report(
        behind=behind,
        mails=dict(by_kind),
        seats=_open_seats().count(),
        answers=waiting.values("registration_id").distinct().count(),
        settled=Seat.objects.filter(state=StepState.SETTLED, wish=Wish.IN, fact=Fact.IN).values("address").distinct().count(),
    )


def resume(*, mails: Mails) -> Due:
    """Let delivery go on. Raises NotBehind.

    Every open seat is in doubt, so that it is looked up before any call. Mails that were open in the backup are held for
    staff, or sent as possible second copies; what was asked for since the restore was noticed is sent as ever.
    """
    with transaction.atomic():
        behind = _locked()
        questionable = _mails_in_question(behind)
        _lock_registrations(questionable)
        _open_seats().update(missed_at=None, in_doubt_since=db_now())
        _own_calls_may_have_been_made()
        _decide(questionable, mails)
        _catch_up()
    return Due(
        seats=frozenset(Account.objects.values_list("pk", flat=True)),
        emails=frozenset(Sender.objects.values_list("pk", flat=True)),
    )


def _open_seats() -> QuerySet[Seat]:
    return Seat.objects.filter(state__in=OPEN_STATES)


def _mails_in_question(behind: Behind) -> QuerySet[OutgoingEmail]:
    """Mails that were open in the backup. Whatever was queued while nothing could leave has not been sent for certain."""
    return OutgoingEmail.objects.filter(state__in=OPEN_STATES, silent=False, created_at__lt=behind.since)


def _locked() -> Behind:
    """The standstill, of which only one operator makes an end."""
    list(Delivery.objects.select_for_update().filter(pk=1))
    behind = witness.behind()
    if behind is None:
        raise NotBehind
    return behind


def _lock_registrations(mails: QuerySet[OutgoingEmail]) -> None:
    """In the order in which everybody locks: registrations, seats, mails."""
    seated = Enrollment.objects.filter(seat__in=_open_seats()).values("registration_id")
    concerned = Q(pk__in=seated) | Q(pk__in=mails.exclude(registration=None).values("registration_id"))
    list(Registration.objects.select_for_update().filter(concerned).order_by("pk").values_list("pk"))


def _own_calls_may_have_been_made() -> None:
    """Whoever is found at the platform since their form came counts as registered by us, so that a lost link is mended.

    Not where a moderator decides: whom they put out after the backup must not be let in again by us.
    """
    free = Q(session=None, event__moderated=False) | Q(session__moderated=False)
    _open_seats().filter(free, first_call_at=None).update(first_call_at=F("created_at"))


def _decide(questionable: QuerySet[OutgoingEmail], mails: Mails) -> None:
    people = [pk for pk in questionable.values_list("registration_id", flat=True) if pk is not None]
    if mails is Mails.SEND:
        questionable.update(possible_second_copy=True)
        TimelineEntry.write(people, Code.SECOND_COPY)
    else:
        questionable.update(
            state=StepState.PARKED,
            lease_token=None,
            lease_until=None,
            begun_at=None,
            reason="may_have_been_sent",
            reason_detail="",
        )
        TimelineEntry.write(people, Code.MAIL_PARKED, data={"reason": "may_have_been_sent"})


def _catch_up() -> None:
    """Put the count above all that any witness has seen."""
    switch = Delivery.objects.get(pk=1)
    highest = max(switch.ticks, switch.witnessed_ticks, testimony.seen(switch.installation))
    Delivery.objects.filter(pk=1).update(ticks=highest + 1, behind_since=None)
