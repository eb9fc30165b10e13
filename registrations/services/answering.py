"""The mail that answers a submission: one, once its last seat is settled; a word in between if that takes long."""

from __future__ import annotations

import logging
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import timedelta

from django.db import DatabaseError, transaction
from django.db.models import Exists, F, Max, OuterRef, Q, QuerySet

from registrations.models import (
    Enrollment,
    EnrollmentWish,
    HeldFor,
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
from registrations.services import restating, second_forms
from registrations.services.due import NOTHING, Due, emails_due
from registrations.services.held_mails import HELD_FOR, MAIL_OF
from registrations.services.senders import sender_of

GOES_WITH_WHAT_THERE_IS = timedelta(minutes=2)
LATE = timedelta(minutes=5)
KNOWN_MAIL_GAP = timedelta(minutes=10)
KNOWN_MAILS_A_DAY = 3
FOLLOW_UP_BATCH = 200
LIMITED_KINDS = ("known", *HELD_FOR)
"""Mails that a stranger's form can bring about again and again."""

_WAITED_FOR = Q(late_notice_at=None) | Q(late_notice_at__gt=F("received_at"))
_MISSING = Q(wish=EnrollmentWish.IN, seat__link_hash=None) & ~Q(seat__state=StepState.CANCELLED)

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
    """Queue the answers of all submissions whose seats are settled; with `incomplete` where at least one is and somebody waits.

    Call it in the transaction that settled a seat, with the registrations locked.
    """
    by_id = {registration.pk: registration for registration in registrations}
    unanswered = Submission.objects.filter(registration__in=by_id, mail=None).order_by("pk")
    waiting = [submission for submission in unanswered if submission.is_waited_for or not incomplete]
    arrived = _arrived({submission.registration_id for submission in waiting}, incomplete=incomplete)
    answered = [(by_id[item.registration_id], item) for item in waiting if item.registration_id in arrived]
    due = _send_links([(registration, item) for registration, item in answered if not item.from_known_person])
    for registration, submission in answered:
        if submission.from_known_person:
            due |= _answer_known(registration, submission, held_for=arrived[registration.pk])
    return due


def _arrived(registration_ids: set[int], *, incomplete: bool) -> dict[int, str]:
    """Those of the registrations whose seats have all arrived, or with `incomplete` at least one: id → what it waits for."""
    seats: dict[int, list[bool]] = defaultdict(list)
    held_for: dict[int, str] = {}
    current = Enrollment.objects.filter(registration__in=registration_ids).exclude(wish=EnrollmentWish.OUT)
    for enrollment in current.select_related("seat").defer("seat__link"):
        seat = enrollment.seat
        if seat.state != StepState.CANCELLED:  # one of several sessions may be over before somebody is in
            seats[enrollment.registration_id].append(seat.is_fulfilled and seat.state == StepState.SETTLED)
        held_for[enrollment.registration_id] = enrollment.held_for
    enough = any if incomplete else all
    return {registration: held_for[registration] for registration, arrived in seats.items() if enough(arrived)}


def _send_links(letters: list[tuple[Registration, Submission]]) -> Due:
    """Queue the first link mails of many people at once; what nobody waits for does not go before those who wait at a form."""
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
                priority=Priority.NOW if submission.is_waited_for else Priority.BULK,
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


def _answer_known(registration: Registration, submission: Submission, *, held_for: str) -> Due:
    mail = _pending_link_mail(registration, submission) or _known_mail(registration, held_for)
    Submission.objects.filter(pk=submission.pk).update(mail=mail)
    return emails_due(mail.sender_id)


def _known_mail(registration: Registration, held_for: str) -> OutgoingEmail:
    """What a known person is told anew: that they are registered, or what they wait for; and where the newest form says
    something else, that, without a word of what it says."""
    silent = known_mails_used_up(registration) or second_forms.was_disowned_lately(registration)
    if held_for:
        return _held_mail(registration, held_for, silent=silent, again=True)
    new_form = "" if silent or second_forms.waiting(registration) is None else second_forms.PAGE
    return queue_mail(registration, kind="known", silent=silent, new_form=new_form)


def _pending_link_mail(registration: Registration, submission: Submission) -> OutgoingEmail | None:
    """The first link mail, if it is still on its way and says all that this form's repeat could want to know."""
    if second_forms.differs(registration, submission):
        return None
    return registration.mails.filter(kind="link", state__in=[StepState.QUEUED, StepState.LEASED]).first()


def say_what_it_waits_for(registration: Registration, held_for: str, *, silent: bool = False) -> Due:
    """Queue the mail that says what a registration waits for; it answers whatever form of theirs is not answered yet."""
    mail = _held_mail(registration, held_for, silent=silent)
    registration.submissions.filter(mail=None).update(mail=mail)
    return emails_due(mail.sender_id)


def answer_at_once(registration: Registration) -> Due:
    """A known person's form where a new one's would be answered without asking the platform: so is theirs."""
    due = NOTHING
    held = registration.enrollments.filter(wish=EnrollmentWish.HELD).values_list("held_for", flat=True).first()
    for submission in registration.submissions.filter(mail=None, from_known_person=True).order_by("pk"):
        due |= _answer_known(registration, submission, held_for=held or "")
    return due


def _held_mail(registration: Registration, held_for: str, *, silent: bool, again: bool = False) -> OutgoingEmail:
    """`again`: it changed nothing that they sent another form. `kept`: they keep their turn for a place meanwhile."""
    is_kept = held_for == HeldFor.CONFIRMATION and registration.campaign.places is not None
    kind, yes = MAIL_OF[held_for], {True: "yes", False: ""}
    return queue_mail(registration, kind=kind, silent=silent, kept=yes[is_kept], again=yes[again])


def answer_without_link(registrations: Iterable[Registration]) -> Due:
    """A known person's form whose seat needs attention: it is answered all the same, with what is known."""
    due = NOTHING
    for registration in registrations:
        parked = registration.enrollments.filter(wish=EnrollmentWish.IN, seat__state=StepState.PARKED)
        repeats = registration.submissions.filter(mail=None, from_known_person=True)
        if repeats.exists() and parked.exists():
            for submission in repeats.order_by("pk"):
                due |= _answer_known(registration, submission, held_for="")
    return due


def known_mails_used_up(registration: Registration) -> bool:
    """At most one such mail to an address in ten minutes, three a day: anyone can type anyone's address."""
    now = db_now()
    sent = OutgoingEmail.objects.filter(registration__email=registration.email, kind__in=LIMITED_KINDS, silent=False)
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
        | Q(registration__enrollments__seat__state=StepState.SETTLED) & (_WAITED_FOR | ~Exists(_missing()))
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
    due = answer([registration]) | _answer_in_part(registration) | answer_without_link([registration])
    return due | _say_it_is_late(registration)


def _answer_in_part(registration: Registration) -> Due:
    """Answer with the links that there are; whoever still lacks one is sent them all again once the last has come."""
    own = registration.submissions.filter(mail=None, from_known_person=False).exists()
    due = answer([registration], incomplete=True)
    if own and due and registration.enrollments.filter(_MISSING).exists():
        restating.restate([registration], cause="rest", now=db_now(), is_waited_for=False)
    return due


def _missing() -> QuerySet[Enrollment]:
    """The seats that the registration of a submission still waits for."""
    return Enrollment.objects.filter(_MISSING, registration=OuterRef("registration"))


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
        if registration.enrollments.filter(wish=EnrollmentWish.IN).exclude(seat__state=StepState.CANCELLED).exists():
            due |= answer([registration])  # one of several sessions; the others are still to come
        elif waiting.exists():
            mail = queue_mail(registration, kind="no_link", why=why)
            waiting.update(mail=mail)
            due |= emails_due(mail.sender_id)
    return due
