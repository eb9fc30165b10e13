"""A link that was stored for the wrong person: taken back from both, and both are registered anew."""

from __future__ import annotations

import logging

from django.db import transaction

from registrations.models import (
    OPEN_STATES,
    EnrollmentWish,
    Fact,
    Registration,
    Seat,
    StepState,
    Submission,
    TimelineEntry,
    db_now,
)
from registrations.services import answering, outcomes, steps
from registrations.services.due import NOTHING, Due, seats_due
from registrations.services.errands import Errand
from registrations.webinar.provider import Participation

logger = logging.getLogger(__name__)


def who_holds(seat: Seat, present: Participation) -> Seat | None:
    """Another seat that holds the participation which the platform's own list says is this person's."""
    same = Seat.objects.filter(account_id=seat.account_id, participation_id=present.participation_id)
    return same.exclude(pk=seat.pk).first()


def heal(seat: Seat, holder: Seat, present: Participation) -> Errand:
    """The platform once answered `holder` with what is `seat`'s, and nobody could see that then (a single answer has no
    address). `holder` may have opened the link: so that registration is deleted, which kills its link, and both get one of
    their own."""
    if not (yield outcomes.ask_to_delete(present.participation_id)):
        steps.doubt(seat, reason="wrong_link")
        return NOTHING
    return _both_anew(seat, holder)


def _both_anew(seat: Seat, holder: Seat) -> Due:
    logger.error("wrong link healed", extra={"seats": [holder.pk, seat.pk]})
    with transaction.atomic():
        registrations = answering.lock_registrations(seat, holder)
        wrong = Seat.objects.select_for_update(of=("self",)).get(pk=holder.pk)
        if wrong.participation_id == holder.participation_id:
            _take_back(wrong)
        steps.postpone(seat, reason="wrong_link", delay=0, in_doubt_since=None, fact=Fact.OUT, **outcomes.NOT_THERE)
        wanting = [registration.pk for registration in registrations]
        TimelineEntry.write(wanting, TimelineEntry.Code.LINK_REVOKED, data={"seats": [wrong.pk, seat.pk]})
    return seats_due(seat.account_id)


def _take_back(wrong: Seat) -> None:
    """The holder's own registration may be there or not: look. Whatever is being done for the seat now is fenced out."""
    now = db_now()
    for name, value in outcomes.NOT_THERE.items():
        setattr(wrong, name, value)
    wrong.fact = Fact.UNKNOWN
    wrong.version += 1
    wrong.requeue()
    wrong.in_doubt_since, wrong.reason = now, "wrong_link"
    wrong.save()
    for registration in Registration.objects.filter(enrollments__seat=wrong, enrollments__wish=EnrollmentWish.IN):
        _answer_again(registration)


def _answer_again(registration: Registration) -> None:
    """Mails with the wrong link that have not left never do; the last form is answered once the right link is there."""
    registration.mails.filter(kind="link", state__in=OPEN_STATES).update(
        state=StepState.CANCELLED, reason="overtaken", lease_token=None, lease_until=None
    )
    last = registration.submissions.exclude(mail=None).order_by("-pk").first()
    if last is not None:
        Submission.objects.filter(pk=last.pk).update(mail=None, from_known_person=False)
