"""Leaving and coming back, by the person's own private page."""

from __future__ import annotations

from django.db import transaction

from registrations.models import (
    Campaign,
    EnrollmentWish,
    Registration,
    StepState,
    Submission,
    TimelineEntry,
    db_now,
    fingerprint,
)
from registrations.services import answering, wishes
from registrations.services.campaigns import Availability, availability
from registrations.services.due import NOTHING, Due, emails_due
from registrations.services.signup import NotOpen
from registrations.services.tokens import find_registration


def cancel(*, token: str) -> Due:
    """The person does not want to come: withdraw them here and at the platform, and confirm it by mail.

    Raises UnknownToken. Doing it twice is the same as once.
    """
    with transaction.atomic():
        registration = _locked(token)
        if not registration.enrollments.exclude(wish=EnrollmentWish.OUT).exists():
            return NOTHING
        due = wishes.want_out(registration)
        _drop_unsent(registration)
        mail = answering.queue_mail(registration, kind="cancelled")
        registration.submissions.filter(mail=None).update(mail=mail)
        TimelineEntry.write([registration.pk], TimelineEntry.Code.CANCELLED)
        return due | emails_due(mail.sender_id)


def come_back(*, token: str) -> Due:
    """The person wants to come after all. Raises UnknownToken, NotOpen if the event takes nobody any more."""
    with transaction.atomic():
        # Like a new sign-up: the campaign before the registration, so that its places are counted by one at a time.
        Campaign.objects.select_for_update(of=("self",)).filter(registrations__token_hash=fingerprint(token)).first()
        registration = _locked(token)
        if registration.enrollments.filter(wish=EnrollmentWish.IN).exists():
            return NOTHING
        state = availability(registration.campaign, may_be_closed=True)
        if state is not Availability.OPEN:
            raise NotOpen(state)
        due = wishes.want_in(registration, now=db_now())
        _write_return(registration)
        TimelineEntry.write([registration.pk], TimelineEntry.Code.CAME_BACK)
        return due


def _locked(token: str) -> Registration:
    locked = Registration.objects.select_for_update(of=("self",)).select_related(
        "campaign__event__account", "campaign__session", "campaign__sender"
    )
    return find_registration(locked, token)


def _drop_unsent(registration: Registration) -> None:
    """Whatever has not left yet has become untrue; a mail that is just being sent is looked at by its sender."""
    unsent = registration.mails.filter(state=StepState.QUEUED)
    unsent.update(state=StepState.CANCELLED, reason="overtaken")


def _write_return(registration: Registration) -> None:
    """Coming back is a submission of the same content, so that it is answered by one mail like any other."""
    number = registration.submissions.count()
    Submission.objects.create(
        campaign=registration.campaign,
        registration=registration,
        form_token=f"return:{registration.pk}",
        content_hash=fingerprint(f"{registration.pk}:{number}"),
        progress_hash=fingerprint(f"return:{registration.token}:{number}"),
        email=registration.email,
        first_name=registration.first_name,
        last_name=registration.last_name,
        answers=registration.answers,
    )
