"""One line of text."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from registrations.forms.fields import MAX_LINE, LineField
from registrations.forms.spec import QuestionSpec, QuestionType


def _make_field(question: QuestionSpec) -> forms.Field:
    return LineField(
        label=question.label,
        help_text=question.help_text,
        required=question.required,
        min_length=question.options.min_length,
        max_length=min(question.options.max_length or MAX_LINE, MAX_LINE),
        attrs={"autocomplete": "on"},
        error_messages={"required": _("Answer this question.")},
    )


TEXT = QuestionType(
    key="text",
    label=_("One line of text"),
    make_field=_make_field,
    takes=frozenset({"placeholder", "default", "min_length", "max_length"}),
)
