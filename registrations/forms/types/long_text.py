"""Several lines of text."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from registrations.forms.fields import ParagraphField
from registrations.forms.spec import QuestionSpec, QuestionType


def _make_field(question: QuestionSpec) -> forms.Field:
    return ParagraphField(
        label=question.label,
        help_text=question.help_text,
        required=question.required,
        error_messages={"required": _("Answer this question.")},
    )


LONG_TEXT = QuestionType(key="long_text", label=_("Several lines of text"), make_field=_make_field)
