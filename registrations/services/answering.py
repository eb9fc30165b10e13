"""The mail that answers a submission: one, once its last seat is settled; a word in between if that takes long."""

from __future__ import annotations

import logging
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import timedelta

from django.db import DatabaseError, transaction
from django.db.models import Max, Q, QuerySet

from registrations.models import (
    Enrollment,
    EnrollmentWish,
    OutgoingEmail,
    Priority,
    Registration,
    Seat,
    Sender,
    StepState,
    Submission,
    TimelineEntry,
    db_now,
)
from registrations.models.writing import write_each
from registrations.services.due import NOTHING, Due, emails_due
from registrations.services.senders import sender_of

GOES_WITH_WHAT_THERE_IS = timedelta(minutes=2)
LATE = timedelta(minutes=5)
KNOWN_MAIL_GAP = timedelta(minutes=10)
KNOWN_MAILS_A_DAY = 3
FOLLOW_UP_BATCH = 200

logger = logging.getLogger(__name__)


def lock_registrations(*seats: Seat) -> list[Registration]:
    """Lock the registrations that have to do with seats; always before the seats themselves."""
    ids = list(Enrollment.objects.filter(seat__in=seats).values_list("registration_id", flat=True))
    return list(_lockable().filter(pk__in=ids).order_by("pk"))


def _lockable() -> QuerySet[Registration]:
    """Registrations to lock, with what a mail to them needs."""
    return Registration.objects.select_for_update(of=("self",)).select_related("campaign__sender").defer("token")


def answer_newcomers(seats: Iterable[Seat], answered: Iterable[Registration]) -> Due:
    """Answer those who began to share a seat after it was locked for settling: they found it open, and nobody else looks."""
    known = [registration.pk for registration in answered]
    newcomers = Enrollment.objects.filter(seat__in=list(seats)).exclude(registration_id__in=known).select_related("seat")
    due = NOTHING
    for newcomer in newcomers:
        with transaction.atomic():
            due |= answer(lock_registrations(newcomer.seat))
    return due


def answer(registrations: Iterable[Registration], *, incomplete: bool = False) -> Due:
    """Queue the answers of all submissions whose seats are settled (with `incomplete`: where at least one is).

    Call it in the transaction that settled a seat, with the registrations locked.
    """
    by_id = {registration.pk: registration for registration in registrations}
    unanswered = Submission.objects.filter(registration__in=by_id, mail=None).order_by("pk")
    waiting = list(unanswered)
    arrived = _with_links({submission.registration_id for submission in waiting}, incomplete=incomplete)
    answered = [(by_id[item.registration_id], item) for item in waiting if item.registration_id in arrived]
    due = _send_links([(registration, item) for registration, item in answered if not item.from_known_person])
    for registration, submission in answered:
        if submission.from_known_person:
            due |= _answer_known(registration, submission)
    return due


def _with_links(registration_ids: set[int], *, incomplete: bool) -> set[int]:
    """Those of the registrations whose seats have all arrived, or with `incomplete` at least one."""
    seats: dict[int, list[bool]] = defaultdict(list)
    wanting = Enrollment.objects.filter(registration__in=registration_ids, wish=EnrollmentWish.IN).select_related("seat")
    for enrollment in wanting.defer("seat__link"):
        seat = enrollment.seat
        seats[enrollment.registration_id].append(seat.is_fulfilled and seat.state == StepState.SETTLED)
    enough = any if incomplete else all
    return {registration for registration, arrived in seats.items() if enough(arrived)}


def _send_links(letters: list[tuple[Registration, Submission]]) -> Due:
    """Queue the first link mails of many people at once; an imported list does not go before those who wait at a form."""
    if not letters:
        return NOTHING
    last = _last_generations([registration for registration, _ in letters], kind="link")
    senders: dict[int, Sender] = {}
    mails, now = [], db_now()
    for registration, submission in letters:
        if registration.campaign_id not in senders:
            senders[registration.campaign_id] = sender_of(registration.campaign)
        last[registration.pk] += 1
        mails.append(
            OutgoingEmail(
                sender=senders[registration.campaign_id],
                registration=registration,
                kind="link",
                generation=last[registration.pk],
                priority=Priority.NOW if submission.imported_id is None else Priority.BULK,
                run_at=now,
                created_at=now,
            )
        )
    for mail, (_, submission) in zip(OutgoingEmail.objects.bulk_create(mails), letters, strict=True):
        submission.mail = mail
    write_each([submission for _, submission in letters], ["mail"])
    lines = {mail.registration_id: {"mail": mail.pk, "kind": mail.kind} for mail in mails if mail.registration_id}
    TimelineEntry.write_all(TimelineEntry.Code.MAIL_QUEUED, lines)
    return emails_due(*(sender.pk for sender in senders.values()))


def _last_generations(registrations: Iterable[Registration], *, kind: str) -> Counter[int]:
    mails = OutgoingEmail.objects.filter(registration__in=list(registrations), kind=kind, occasion="")
    last = mails.order_by().values("registration_id").annotate(last=Max("generation"))
    return Counter(dict(last.values_list("registration_id", "last")))


def _answer_known(registration: Registration, submission: Submission) -> Due:
    mail = _pending_link_mail(registration, submission) or queue_mail(
        registration, kind="known", silent=_known_mails_used_up(registration)
    )
    Submission.objects.filter(pk=submission.pk).update(mail=mail)
    return emails_due(mail.sender_id)


def _pending_link_mail(registration: Registration, submission: Submission) -> OutgoingEmail | None:
    """The first link mail, if it is still on its way and says all that this form's repeat could want to know."""
    same = (submission.first_name, submission.last_name, submission.answers) == (
        registration.first_name,
        registration.last_name,
        registration.answers,
    )
    if not same:
        return None
    return registration.mails.filter(kind="link", state__in=[StepState.QUEUED, StepState.LEASED]).first()


def answer_without_link(registrations: Iterable[Registration]) -> Due:
    """A known person's form whose seat needs attention: it is answered all the same, with what is known."""
    due = NOTHING
    for registration in registrations:
        parked = registration.enrollments.filter(wish=EnrollmentWish.IN, seat__state=StepState.PARKED)
        repeats = registration.submissions.filter(mail=None, from_known_person=True)
        if repeats.exists() and parked.exists():
            for submission in repeats.order_by("pk"):
                due |= _answer_known(registration, submission)
    return due


def _known_mails_used_up(registration: Registration) -> bool:
    """At most one such mail to an address in ten minutes, three a day: anyone can type anyone's address."""
    now = db_now()
    sent = OutgoingEmail.objects.filter(registration__email=registration.email, kind="known", silent=False)
    today = sent.filter(created_at__gt=now - timedelta(days=1))
    return today.filter(created_at__gt=now - KNOWN_MAIL_GAP).exists() or today.count() >= KNOWN_MAILS_A_DAY


def queue_mail(
    registration: Registration,
    *,
    kind: str,
    silent: bool = False,
    priority: Priority = Priority.NOW,
    requested_by_id: int | None = None,
    **facts: str,
) -> OutgoingEmail:
    """Queue the next generation of a kind of mail. The registration must be locked, so that two callers get two numbers."""
    mail = OutgoingEmail.objects.create(
        sender=sender_of(registration.campaign),
        registration=registration,
        kind=kind,
        generation=_last_generations([registration], kind=kind)[registration.pk] + 1,
        silent=silent,
        facts=facts,
        priority=priority,
        requested_by_id=requested_by_id,
    )
    if not silent:
        TimelineEntry.write([registration.pk], TimelineEntry.Code.MAIL_QUEUED, data={"mail": mail.pk, "kind": kind})
    return mail


def follow_up() -> Due:
    """What time alone makes due: answers that go with what there is, and the word that a link will be late."""
    now = db_now()
    due = NOTHING
    waiting = Submission.objects.filter(mail=None, received_at__lte=now - GOES_WITH_WHAT_THERE_IS).filter(
        Q(late_notice_at=None, from_known_person=False, received_at__lte=now - LATE)
        | Q(registration__enrollments__seat__state=StepState.SETTLED)
        | Q(from_known_person=True, registration__enrollments__seat__state=StepState.PARKED)
    )
    # The slice walks round: whoever was looked at and still waits must not keep the others from being looked at.
    for registration_id in waiting.values_list("registration_id", flat=True).distinct().order_by("?")[:FOLLOW_UP_BATCH]:
        try:
            with transaction.atomic():
                due |= _follow_up_one(registration_id)
        except DatabaseError:
            raise
        except Exception:
            logger.exception("a waiting form could not be followed up", extra={"registration": registration_id})
    return due


def _follow_up_one(registration_id: int) -> Due:
    registration = _lockable().get(pk=registration_id)
    due = answer([registration], incomplete=True) | answer_without_link([registration])
    return due | _say_it_is_late(registration)


def _say_it_is_late(registration: Registration) -> Due:
    now = db_now()
    late = registration.submissions.filter(mail=None, late_notice_at=None, from_known_person=False, received_at__lte=now - LATE)
    if not late.update(late_notice_at=now):
        return NOTHING
    parked = registration.enrollments.filter(wish=EnrollmentWish.IN, seat__state=StepState.PARKED).exists()
    mail = queue_mail(registration, kind="delayed", why="attention" if parked else "slow")
    TimelineEntry.write([registration.pk], TimelineEntry.Code.TOLD_LATE, data={"mail": mail.pk})
    return emails_due(mail.sender_id)


def give_up(registrations: Iterable[Registration], *, why: str) -> Due:
    """The event is over or gone and there will be no link: say so, once to each person who still waits for an answer."""
    due = NOTHING
    for registration in registrations:
        waiting = registration.submissions.filter(mail=None)
        if waiting.exists():
            mail = queue_mail(registration, kind="no_link", why=why)
            waiting.update(mail=mail)
            due |= emails_due(mail.sender_id)
    return due
