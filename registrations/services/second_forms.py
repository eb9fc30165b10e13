"""A known person's second form: it changes nothing by itself, and one press on a page that only their mails lead to decides.

Anybody can type anybody's address. So what was typed is shown behind the person's own token alone, and no mail repeats it.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from registrations.forms import TYPES
from registrations.models import (
    EnrollmentWish,
    Registration,
    Session,
    Submission,
    TimelineEntry,
    db_now,
)

Code = TimelineEntry.Code
Verdict = Submission.Verdict

PAGE = "form/"
"""Where, below a person's private page, their newest form is looked at. It stands in mails, so it may never change."""

SILENT_FOR = timedelta(days=1)
"""So long nobody who said "that was not me" hears of further forms."""


def newest(registration: Registration) -> Submission | None:
    """The form that the person may say something about: the newest, without those that were not theirs.

    None where there is none, or where whoever had left has signed up anew since: that said it all.
    """
    form = registration.submissions.filter(from_known_person=True).exclude(verdict=Verdict.NOT_MINE).order_by("-pk").first()
    if form is None or registration.timeline.filter(code=Code.RECEIVED, at__gt=form.received_at).exists():
        return None
    return form


def waiting(registration: Registration) -> Submission | None:
    """The newest form, if it says what is not on file and nobody has said anything about it."""
    form = newest(registration)
    return form if form is not None and not form.verdict and differs(registration, form) else None


def differs(registration: Registration, form: Submission) -> bool:
    """Whether a form says anything that is not on file."""
    return has_other_words(registration, form) or adds_dates(registration, form)


def adds_dates(registration: Registration, form: Submission) -> bool:
    """Whether a form chose dates that the person does not have. Nothing is asked of the database where it chose none."""
    return adds_every_date(registration, form) or bool(further_dates(registration, form))


def has_other_words(registration: Registration, form: Submission) -> bool:
    """Whether the name or an answer differs. One that was left out was left empty; one that nobody sees does not count."""
    if _words(registration) == _words(form):
        return False
    unseen = unseen_keys(registration)
    return _words(registration, unseen) != _words(form, unseen)


def unseen_keys(registration: Registration) -> frozenset[str]:
    """The keys of what a form takes from its address: nobody typed it, and where somebody comes from makes no form new."""
    questions = registration.campaign.questions.all()
    return frozenset(question.key for question in questions if question.type in TYPES and not TYPES[question.type].is_seen)


def adds_every_date(registration: Registration, form: Submission) -> bool:
    """Whether a form asks for all dates, later ones too, and the registration does not."""
    return form.all_dates and not registration.all_dates


def further_dates(registration: Registration, form: Submission) -> list[Session]:
    """The sessions still to come that a form chose and the registration does not have. Dates are only ever added."""
    wants_all = adds_every_date(registration, form)
    if not form.sessions and not wants_all:
        return []
    dated = registration.campaign.event.sessions.exclude(starts_at=None).exclude(pk__in=dates_of(registration))
    chosen = dated if wants_all else dated.filter(pk__in=form.sessions)
    now = db_now()
    return [session for session in chosen.order_by("starts_at", "pk") if not session.is_over(now)]


def dates_of(registration: Registration) -> set[int]:
    """The ids of the sessions that a registration is for by themselves."""
    kept = registration.enrollments.exclude(wish=EnrollmentWish.OUT).exclude(seat__session=None)
    return set(kept.values_list("seat__session_id", flat=True))


def was_disowned_lately(registration: Registration) -> bool:
    """Whether the person said within a day that a form was not theirs: until it is over they hear of no other."""
    return registration.timeline.filter(code=Code.FORM_DISOWNED, at__gt=db_now() - SILENT_FOR).exists()


def _words(of: Registration | Submission, unseen: Collection[str] = ()) -> tuple[str, dict[str, str]]:
    return of.full_name, {key: text for key, text in of.answers.items() if text and key not in unseen}
