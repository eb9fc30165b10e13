"""A telephone number."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from registrations.forms.fields import PhoneField
from registrations.forms.spec import QuestionSpec, QuestionType


def _make_field(question: QuestionSpec) -> forms.Field:
    return PhoneField(
        label=question.label,
        help_text=question.help_text,
        required=question.required,
        error_messages={"required": _("Enter a phone number.")},
    )


PHONE = QuestionType(
    key="phone",
    label=_("Phone number"),
    make_field=_make_field,
    takes=frozenset({"placeholder", "default"}),
)
