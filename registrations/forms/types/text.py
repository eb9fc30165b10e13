"""One line of text."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from registrations.forms.fields import LineField
from registrations.forms.spec import QuestionSpec, QuestionType


def _make_field(question: QuestionSpec) -> forms.Field:
    return LineField(
        label=question.label,
        help_text=question.help_text,
        required=question.required,
        attrs={"autocomplete": "on"},
        error_messages={"required": _("Answer this question.")},
    )


TEXT = QuestionType(key="text", label=_("One line of text"), make_field=_make_field)
