"""A box to tick, for example a consent. It takes no default: a box that is ticked already is nobody's consent."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from registrations.forms.fields import TickField
from registrations.forms.spec import QuestionSpec, QuestionType


def _make_field(question: QuestionSpec) -> forms.Field:
    return TickField(
        label=question.label,
        help_text=question.help_text,
        required=question.required,
        error_messages={"required": _("Tick this box to register.")},
    )


CHECKBOX = QuestionType(key="checkbox", label=_("Box to tick"), make_field=_make_field)
