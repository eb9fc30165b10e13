"""What staff may do for one person: send the link again, try again, look at the link."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Max

from registrations.models import (
    EnrollmentWish,
    OutgoingEmail,
    Priority,
    Registration,
    Seat,
    StepState,
    TimelineEntry,
)
from registrations.services import answering
from registrations.services.due import NOTHING, Due, emails_due, seats_due

Code = TimelineEntry.Code


class AlreadyResent(Exception):
    """Somebody else resent the link since the screen was opened. `at` and `by` say when and who (a user's name, or empty)."""

    def __init__(self, at: datetime, by: str) -> None:
        super().__init__("already resent")
        self.at = at
        self.by = by


class NothingToSend(Exception):
    """There is no link to send yet."""


def link_generation(registration: Registration) -> int:
    """The number of link mails so far; a screen sends it along, so that two clicks make one mail."""
    return registration.mails.filter(kind="link").aggregate(last=Max("generation"))["last"] or 0


def resend_link(
    *, registration_id: int, user_id: int, expected_generation: int | None = None, priority: Priority = Priority.NOW
) -> Due:
    """Send a person's link as a new generation. Raises AlreadyResent, NothingToSend."""
    with transaction.atomic():
        locked = Registration.objects.select_for_update(of=("self",)).select_related(
            "campaign__sender", "campaign__event__account", "campaign__session"
        )
        registration = locked.get(pk=registration_id)
        if expected_generation is not None and link_generation(registration) != expected_generation:
            latest = registration.mails.filter(kind="link").select_related("requested_by").latest("generation")
            raise AlreadyResent(latest.created_at, latest.requested_by.get_username() if latest.requested_by else "")
        seats = Seat.objects.filter(enrollments__registration=registration, enrollments__wish=EnrollmentWish.IN)
        if not seats.exclude(link_hash=None).exists():
            raise NothingToSend
        mail = answering.queue_mail(registration, kind="link", priority=priority, requested_by_id=user_id)
        TimelineEntry.write([registration_id], Code.RESENT, actor_id=user_id, data={"mail": mail.pk})
        return emails_due(mail.sender_id)


@dataclass(frozen=True, slots=True)
class BulkResend:
    """How many people's links are sent again, and how many have no link yet."""

    sent: int
    without_link: int
    due: Due


def resend_links(*, registration_ids: Iterable[int], user_id: int) -> BulkResend:
    """Send many people's links again, after whatever somebody waits for right now."""
    due, sent, without_link = NOTHING, 0, 0
    for registration_id in registration_ids:
        try:
            due |= resend_link(registration_id=registration_id, user_id=user_id, priority=Priority.BULK)
            sent += 1
        except NothingToSend:
            without_link += 1
    return BulkResend(sent, without_link, due)


def try_again(*, registration_id: int, user_id: int) -> Due:
    """Put everything of a person that waits, or needs attention, back into the queue now."""
    due = NOTHING
    with transaction.atomic():
        Registration.objects.select_for_update(of=("self",)).get(pk=registration_id)
        waiting = [StepState.PARKED, StepState.QUEUED]
        seats = Seat.objects.select_for_update(of=("self",)).filter(
            enrollments__registration_id=registration_id, state__in=waiting
        )
        for seat in seats.order_by("pk"):
            seat.requeue()
            seat.save()
            due |= seats_due(seat.account_id)
        mails = OutgoingEmail.objects.select_for_update(of=("self",)).filter(registration_id=registration_id, state__in=waiting)
        for mail in mails.order_by("pk"):
            may_be_out = mail.reason == "may_have_been_sent"
            mail.requeue()
            mail.reason = "sent_again_by_staff" if may_be_out else ""
            mail.save()
            due |= emails_due(mail.sender_id)
        TimelineEntry.write([registration_id], Code.TRIED_AGAIN, actor_id=user_id)
    return due


def try_all_again(*, registration_ids: Iterable[int], user_id: int) -> Due:
    """The same for many people."""
    due = NOTHING
    for registration_id in registration_ids:
        due |= try_again(registration_id=registration_id, user_id=user_id)
    return due


def try_notices_again(*, mail_ids: Iterable[int]) -> Due:
    """Put mails to staff that wait or need attention back into the queue; mails to people go by `try_again`."""
    with transaction.atomic():
        waiting = OutgoingEmail.objects.select_for_update(of=("self",)).filter(
            pk__in=mail_ids, registration=None, state__in=[StepState.PARKED, StepState.QUEUED]
        )
        mails = list(waiting.order_by("pk"))
        for mail in mails:
            mail.requeue()
            mail.save()
    return emails_due(*(mail.sender_id for mail in mails))


def show_links(*, registration_id: int, user_id: int) -> list[str]:
    """A person's join links, for staff; every look is a line in the timeline."""
    seats = Seat.objects.filter(enrollments__registration_id=registration_id, enrollments__wish=EnrollmentWish.IN).exclude(
        link_hash=None
    )
    links = [seat.link for seat in seats]
    TimelineEntry.write([registration_id], Code.LINK_SEEN, actor_id=user_id)
    return links
