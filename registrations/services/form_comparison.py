"""What a person is shown of a second form that came under their address: what is on file beside what was sent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet, prefetch_related_objects

from registrations.models import Registration, Session, Submission
from registrations.services import private_page, second_forms
from registrations.services.campaigns import PublicSession
from registrations.services.private_page import PrivatePage


@dataclass(frozen=True, slots=True)
class Pair:
    """One question with the answer on file and the one that was sent; "" where there is none. No label: their name."""

    label: str
    on_file: str
    sent: str

    @property
    def differs(self) -> bool:
        return self.on_file != self.sent


@dataclass(frozen=True, slots=True)
class Dates:
    """What was chosen of a series; `every`: all of it, dates that are added later too."""

    sessions: tuple[PublicSession, ...]
    every: bool


@dataclass(frozen=True, slots=True)
class NewForm:
    """A form that came under a known address, beside what counts. `verdict` is one of `Submission.Verdict` or empty.

    `further` are the dates that it would add, None where it adds none.
    """

    id: int
    received_at: datetime
    verdict: str
    pairs: tuple[Pair, ...]
    has_other_words: bool
    dates: Dates | None
    further: Dates | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """The person's own page, and the form that they may say something about, if there is one."""

    person: PrivatePage
    form: NewForm | None


def read(*, token: str) -> Comparison:
    """The newest form that came under the registration that a token opens. Raises UnknownToken."""
    registration = private_page.find(token)
    prefetch_related_objects([registration], "campaign__questions")
    form = second_forms.newest(registration)
    shown = None if form is None else _new_form(registration, form)
    return Comparison(private_page.page_of(registration), shown)


def _new_form(registration: Registration, form: Submission) -> NewForm:
    further = second_forms.further_dates(registration, form)
    adds_dates = bool(further) or second_forms.adds_every_date(registration, form)
    return NewForm(
        id=form.pk,
        received_at=form.received_at,
        verdict=form.verdict,
        pairs=tuple(_pairs(registration, form)),
        has_other_words=second_forms.has_other_words(registration, form),
        dates=_dates(_dates_on_file(registration), every=registration.all_dates) if adds_dates else None,
        further=_dates(further, every=form.all_dates) if adds_dates else None,
    )


def _pairs(registration: Registration, form: Submission) -> Iterable[Pair]:
    """The names, then the answers as the form asks for them; those whose question is gone keep its key."""
    yield Pair("", registration.full_name, form.full_name)
    labels = {question.key: question.label for question in registration.campaign.questions.all()}
    asked = dict.fromkeys([*labels, *registration.answers, *form.answers])
    unseen = second_forms.unseen_keys(registration)
    for key in (key for key in asked if key not in unseen):
        pair = Pair(labels.get(key, key), registration.answers.get(key, ""), form.answers.get(key, ""))
        if pair.on_file or pair.sent:
            yield pair


def _dates_on_file(registration: Registration) -> QuerySet[Session]:
    return Session.objects.filter(pk__in=second_forms.dates_of(registration)).order_by("starts_at", "pk")


def _dates(sessions: Iterable[Session], *, every: bool) -> Dates:
    return Dates(
        tuple(
            PublicSession(title=session.title, starts_at=session.starts_at, ends_at=session.ends_at, id=session.pk)
            for session in sessions
            if session.starts_at
        ),
        every,
    )
