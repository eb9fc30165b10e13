"""Whom to register: the names and answers that a seat stands for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NoReturn

from django.db.models import Prefetch, prefetch_related_objects

from registrations.forms import TYPES
from registrations.models import Enrollment, EnrollmentWish, Question, Registration, Seat
from registrations.webinar.errors import Misconfigured, Rejected, Scope, Unavailable
from registrations.webinar.provider import ExtraField, Person


@dataclass(frozen=True, slots=True)
class _Gap:
    """An extra field that one registration cannot fill: no question is mapped to it, or there is no answer."""

    field: ExtraField
    unmapped: bool


def with_people(seats: list[Seat]) -> list[Seat]:
    """The same seats, with the registrations that want them in (`seat.wanted_by`), oldest first."""
    wanting = (
        Enrollment.objects.filter(wish=EnrollmentWish.IN)
        .select_related("registration__campaign")
        .prefetch_related("registration__campaign__questions")
        .defer("registration__token")
        .order_by("registration_id")
    )
    prefetch_related_objects(seats, Prefetch("enrollments", queryset=wanting, to_attr="wanted_by"))
    return seats


def registrations_of(seat: Seat) -> list[Registration]:
    """Those who want a seat of `with_people` in."""
    return [enrollment.registration for enrollment in seat.wanted_by]  # type: ignore[attr-defined]


def person_for(seat: Seat) -> Person:
    """The person as the platform gets them, from the oldest registration that fills all extra fields.

    Raises Misconfigured (scope target) if no campaign has a question for a field, Rejected if only this person's answer is
    missing. The platform wants every extra field of everyone, required or not (MTS Link article 19671).
    """
    wanted = seat.place.wanted_fields()
    gaps: list[_Gap] = []
    for registration in registrations_of(seat):
        extra, gap = _extra_values(registration, wanted)
        if gap is None:
            return Person(
                email=seat.address,
                first_name=registration.first_name,
                last_name=registration.last_name,
                extra=extra,
                approved=True,
            )
        gaps.append(gap)
    if not gaps:
        raise Rejected("nobody_wants_this_seat")
    gap = next((gap for gap in gaps if not gap.unmapped), gaps[0])
    if gap.unmapped:
        _raise_unmapped(seat, gap.field)
    raise Rejected("missing_answer", gap.field.label, fields={gap.field.key: "missing"})


def _raise_unmapped(seat: Seat, field: ExtraField) -> NoReturn:
    """Nobody of the event can be registered, unless another campaign of it has the question: then only these wait."""
    others = Question.objects.filter(campaign__event_id=seat.event_id, extra_field=field.key)
    if others.exists():
        raise Unavailable("extra_field", field.label)
    raise Misconfigured("extra_field", field.label, scope=Scope.TARGET, fields={field.key: "unmapped"})


def _extra_values(registration: Registration, wanted: tuple[ExtraField, ...]) -> tuple[dict[str, str], _Gap | None]:
    questions = {question.extra_field: question for question in registration.campaign.questions.all()}
    values: dict[str, str] = {}
    for field in wanted:
        question = questions.get(field.key)
        if question is None:
            return values, _Gap(field, unmapped=True)
        value = _as_sent(question, str(registration.answers.get(question.key) or question.fallback))
        if not value:
            return values, _Gap(field, unmapped=False)
        values[field.key] = value
    return values, None


def _as_sent(question: Question, answer: str) -> str:
    """The platform has one line for an answer, so what was chosen stands side by side in it."""
    question_type = TYPES.get(question.type)
    return ", ".join(answer.splitlines()) if question_type and question_type.has_several_lines else answer
