"""Leaving and coming back, by the person's own private page."""

from __future__ import annotations

from django.db import transaction

from registrations.models import EnrollmentWish, HeldFor, Registration, StepState, TimelineEntry, db_now, fingerprint
from registrations.services import answering, dates, holding, restating, wishes
from registrations.services.campaigns import Availability, availability
from registrations.services.due import NOTHING, Due, emails_due
from registrations.services.signup import NotOpen
from registrations.services.tokens import find_registration


def cancel(*, token: str) -> Due:
    """The person does not want to come: withdraw them here and at the platform, and confirm it by mail.

    Raises UnknownToken. Doing it twice is the same as once.
    """
    with transaction.atomic():
        registration = locked(token)
        if not registration.enrollments.exclude(wish=EnrollmentWish.OUT).exists():
            return NOTHING
        waited = "" if holding.held(registration) is None else "yes"
        due = wishes.want_out(registration)
        _drop_unsent(registration)
        mail = answering.queue_mail(registration, kind="cancelled", waited=waited)
        registration.submissions.filter(mail=None).update(mail=mail)
        TimelineEntry.write([registration.pk], TimelineEntry.Code.CANCELLED)
        return due | emails_due(mail.sender_id)


def come_back(*, token: str) -> Due:
    """The person wants to come after all, and waits like anybody where there is no place. Their address is theirs: they have
    its page. Raises UnknownToken, NotOpen if the event takes nobody any more."""
    with transaction.atomic():
        # Like a new sign-up: the campaign before the registration, so that its places are counted by one at a time.
        holding.lock_campaign(token_hash=fingerprint(token))
        registration = locked(token)
        waiting = holding.held(registration)
        has_no_place = waiting is not None and waiting.held_for == HeldFor.NO_PLACE
        if not has_no_place and registration.enrollments.exclude(wish=EnrollmentWish.OUT).exists():
            return NOTHING
        campaign, now = registration.campaign, db_now()
        state = availability(campaign, may_be_closed=True)
        if state is not Availability.OPEN:
            raise NotOpen(state)
        if campaign.by_session and not has_no_place and not dates.had_before(registration, now=now):
            raise NotOpen(Availability.OVER)
        stop = holding.next_stop(campaign, now=now, besides=registration, confirmed=True)
        if has_no_place and stop is HeldFor.NO_PLACE:
            return NOTHING  # which they know
        due = wishes.want_in(registration, now=now)
        if not has_no_place:
            TimelineEntry.write([registration.pk], TimelineEntry.Code.CAME_BACK)
        elif stop is not HeldFor.PLACE:
            TimelineEntry.write([registration.pk], TimelineEntry.Code.MOVED_UP)
        if stop is not None:
            return holding.hold(registration, stop, now=now)
        restating.restate([registration], cause="return", now=now)
        return due


def locked(token: str) -> Registration:
    """The registration of a private page, locked, with what a mail to its person needs. Raises UnknownToken."""
    rows = Registration.objects.select_for_update(of=("self",)).select_related(
        "campaign__event__account", "campaign__session", "campaign__sender"
    )
    return find_registration(rows, token)


def _drop_unsent(registration: Registration) -> None:
    """Whatever has not left yet has become untrue; a mail that is just being sent is looked at by its sender."""
    unsent = registration.mails.filter(state=StepState.QUEUED)
    unsent.update(state=StepState.CANCELLED, reason="overtaken")
