"""A number, whole or with decimals."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from registrations.forms.quantities import NumberField
from registrations.forms.spec import QuestionSpec, QuestionType


def _make_field(question: QuestionSpec) -> forms.Field:
    return NumberField(
        label=question.label,
        help_text=question.help_text,
        required=question.required,
        least=question.options.minimum,
        most=question.options.maximum,
        decimals=question.options.decimals,
        error_messages={"required": _("Enter a number.")},
    )


NUMBER = QuestionType(
    key="number",
    label=_("Number"),
    make_field=_make_field,
    takes=frozenset({"placeholder", "default", "minimum", "maximum", "decimals"}),
)
