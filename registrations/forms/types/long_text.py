"""Several lines of text."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from registrations.forms.fields import MAX_PARAGRAPH, ParagraphField
from registrations.forms.spec import QuestionSpec, QuestionType


def _make_field(question: QuestionSpec) -> forms.Field:
    return ParagraphField(
        label=question.label,
        help_text=question.help_text,
        required=question.required,
        min_length=question.options.min_length,
        max_length=min(question.options.max_length or MAX_PARAGRAPH, MAX_PARAGRAPH),
        error_messages={"required": _("Answer this question.")},
    )


LONG_TEXT = QuestionType(
    key="long_text",
    label=_("Several lines of text"),
    make_field=_make_field,
    takes=frozenset({"placeholder", "default", "min_length", "max_length"}),
)
