"""A further e-mail address, for example a colleague's."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from registrations.forms.fields import AddressField
from registrations.forms.spec import QuestionSpec, QuestionType


def _make_field(question: QuestionSpec) -> forms.Field:
    # Not autocomplete="email": browsers would put the visitor's own address here as well.
    return AddressField(
        label=question.label,
        help_text=question.help_text,
        required=question.required,
        autocomplete="off",
        error_messages={"required": _("Enter an e-mail address.")},
    )


EMAIL = QuestionType(
    key="email",
    label=_("E-mail address"),
    make_field=_make_field,
    takes=frozenset({"placeholder", "default"}),
)
