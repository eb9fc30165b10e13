"""A date without a time."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from registrations.forms.quantities import DateField
from registrations.forms.spec import QuestionSpec, QuestionType


def _make_field(question: QuestionSpec) -> forms.Field:
    return DateField(
        label=question.label,
        help_text=question.help_text,
        required=question.required,
        least=question.options.minimum,
        most=question.options.maximum,
        error_messages={"required": _("Choose a date.")},
    )


DATE = QuestionType(
    key="date",
    label=_("Date"),
    make_field=_make_field,
    takes=frozenset({"default", "minimum", "maximum"}),
)
