"""What nobody is asked: a parameter of the page's address, for example where a visitor comes from."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from registrations.forms.fields import HiddenField
from registrations.forms.spec import QuestionSpec, QuestionType


def _make_field(question: QuestionSpec) -> forms.Field:
    return HiddenField(label=question.label)


HIDDEN = QuestionType(
    key="hidden",
    label=_("Hidden, from the address"),
    make_field=_make_field,
    takes=frozenset({"default", "url_parameter"}),
    can_be_required=False,
    is_seen=False,
)
