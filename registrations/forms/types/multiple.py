"""Any number of answers of several."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from registrations.forms.choosing import SeveralOfField
from registrations.forms.spec import QuestionSpec, QuestionType


def _make_field(question: QuestionSpec) -> forms.Field:
    return SeveralOfField(
        label=question.label,
        help_text=question.help_text,
        required=question.required,
        offered=question.choices,
        offers_other=question.options.offers_other,
        template="choices",
        error_messages={"required": _("Choose at least one answer.")},
    )


MULTIPLE = QuestionType(
    key="multiple",
    label=_("Boxes, several answers"),
    make_field=_make_field,
    takes=frozenset({"default", "offers_other"}),
    has_choices=True,
    has_several_lines=True,
)
