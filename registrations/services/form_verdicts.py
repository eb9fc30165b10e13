"""What a person says of a second form that came under their address, and what follows from it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from django.db import transaction

from registrations.models import (
    EnrollmentWish,
    Registration,
    Session,
    StepState,
    Submission,
    TimelineEntry,
    db_now,
)
from registrations.services import answering, cancelling, restating, second_forms, wishes
from registrations.services.due import NOTHING, Due
from registrations.services.second_forms import Verdict

Code = TimelineEntry.Code

FINAL = (Verdict.ADOPTED, Verdict.NOT_MINE)

_HISTORY = {Verdict.ADOPTED: Code.FORM_ADOPTED, Verdict.LEFT: Code.FORM_LEFT, Verdict.NOT_MINE: Code.FORM_DISOWNED}


class UnknownForm(Exception):
    """No such form came under the registration that a token opens."""


class Hindrance(StrEnum):
    """What holds instead of what a person has just chosen."""

    ADOPTED = "adopted"
    NOT_MINE = "not_mine"
    NEWER = "newer"
    CANCELLED = "cancelled"
    OVER = "over"


class Hindered(Exception):
    """Nothing was changed; `hindrance` says why."""

    def __init__(self, hindrance: Hindrance) -> None:
        super().__init__(hindrance.value)
        self.hindrance = hindrance


def decide(*, token: str, form_id: int, verdict: Verdict) -> Due:
    """Write down what a person says of a form that came under their address; ADOPTED makes it what counts.

    Raises UnknownToken, UnknownForm, Hindered. Saying it twice is saying it once. What was left may still be decided.
    """
    with transaction.atomic():
        registration = cancelling.locked(token)
        form = registration.submissions.filter(pk=form_id, from_known_person=True).first()
        if form is None:
            raise UnknownForm
        if form.verdict == verdict:
            return NOTHING
        if form.verdict in FINAL:
            raise Hindered(Hindrance(form.verdict))
        due = _adopt(registration, form) if verdict == Verdict.ADOPTED else NOTHING
        registration.submissions.filter(pk=form.pk).update(verdict=verdict)
        TimelineEntry.write([registration.pk], _HISTORY[verdict], data={"submission": form.pk})
        return due


def _adopt(registration: Registration, form: Submission) -> Due:
    """Have a form count. It was checked when it was typed; the platform keeps the name it has, as after a correction."""
    current = second_forms.newest(registration)
    if current is None or current.pk != form.pk:
        raise Hindered(Hindrance.NEWER)
    if not registration.enrollments.exclude(wish=EnrollmentWish.OUT).exists():
        raise Hindered(Hindrance.CANCELLED)
    now = db_now()
    if (registration.campaign.session or registration.campaign.event).is_over(now):
        raise Hindered(Hindrance.OVER)
    registration.first_name, registration.last_name = form.first_name, form.last_name
    further = second_forms.further_dates(registration, form)
    unseen = second_forms.unseen_keys(registration)
    registration.answers = form.answers | {key: text for key, text in registration.answers.items() if key in unseen}
    registration.all_dates = registration.all_dates or form.all_dates
    registration.save(update_fields=["first_name", "last_name", "answers", "all_dates"])
    due = _add_dates(registration, further, now) if further else NOTHING
    parked = registration.enrollments.filter(wish=EnrollmentWish.IN, seat__state=StepState.PARKED)
    if parked.exists():  # what the platform refused may be what has just changed
        due |= wishes.ask_again(registration)
    return due


def _add_dates(registration: Registration, further: list[Session], now: datetime) -> Due:
    """Enroll the person in dates that a form chose besides, with one mail that has all links."""
    added = [session.pk for session in further]
    due = wishes.add_sessions(registration, added, now=now)
    data = {"added": added, "left": [], "all_dates": registration.all_dates}
    TimelineEntry.write([registration.pk], Code.DATES_CHANGED, at=now, data=data)
    if registration.enrollments.filter(wish=EnrollmentWish.IN).exists():
        restating.restate([registration], cause="dates", now=now)
    return due | answering.answer([registration])
