"""The extra fields that a platform wants of everybody, and whether a campaign's questions fill them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from registrations.forms import TYPES
from registrations.webinar.provider import ExtraField


@dataclass(frozen=True, slots=True)
class MappedQuestion:
    """What of a question matters to the platform's extra fields; `name` is what the marketer calls it."""

    name: str
    extra_field: str
    required: bool
    fallback: str
    choices: tuple[str, ...]
    type: str = "text"
    offers_other: bool = False


def mapping_faults(*, wanted: Iterable[ExtraField], questions: Iterable[MappedQuestion]) -> list[str]:
    """What keeps a campaign from filling the platform's extra fields, as sentences for the marketer; empty if nothing does.

    The platform wants every extra field of everybody, required or not (MTS Link article 19671).
    """
    by_field = {question.extra_field: question for question in questions if question.extra_field}
    faults = []
    for field in wanted:
        question = by_field.pop(field.key, None)
        if question is None:
            faults.append(
                _("The platform asks everyone for “%(label)s”, and no question fills it. Add one.") % {"label": field.label}
            )
        elif not (question.required or question.fallback):
            faults.append(
                _("“%(question)s” fills the platform's field “%(label)s”, so it must be required or have a fallback.")
                % {"question": question.name, "label": field.label}
            )
        elif field.choices and (question.offers_other or TYPES[question.type].has_several_lines):
            faults.append(
                _("The platform's field “%(label)s” takes one of its own choices only; “%(question)s” allows other answers.")
                % {"question": question.name, "label": field.label}
            )
        elif field.choices and set(question.choices) - set(field.choices):
            faults.append(
                _("“%(question)s” offers choices that the platform's field “%(label)s” does not have: %(choices)s.")
                % {
                    "question": question.name,
                    "label": field.label,
                    "choices": ", ".join(sorted(set(question.choices) - set(field.choices))),
                }
            )
    faults.extend(
        _("“%(question)s” fills a field that the event does not have.") % {"question": question.name}
        for question in by_field.values()
    )
    return faults
