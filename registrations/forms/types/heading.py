"""A heading between the questions; its help is the text below it."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from registrations.forms.fields import HeadingField
from registrations.forms.spec import QuestionSpec, QuestionType


def _make_field(question: QuestionSpec) -> forms.Field:
    return HeadingField(label=question.label, help_text=question.help_text)


HEADING = QuestionType(
    key="heading",
    label=_("Heading"),
    make_field=_make_field,
    has_answer=False,
    can_be_required=False,
)
