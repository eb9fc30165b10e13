"""One answer of several, all of them in sight."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from registrations.forms.choosing import OneOfField
from registrations.forms.spec import QuestionSpec, QuestionType


def _make_field(question: QuestionSpec) -> forms.Field:
    return OneOfField(
        label=question.label,
        help_text=question.help_text,
        required=question.required,
        offered=question.choices,
        offers_other=question.options.offers_other,
        template="choices",
        error_messages={"required": _("Choose an answer.")},
    )


RADIO = QuestionType(
    key="radio",
    label=_("Buttons, one answer"),
    make_field=_make_field,
    takes=frozenset({"default", "offers_other"}),
    has_choices=True,
)
