"""All types of questions. A new type is one module here and one line below."""

from __future__ import annotations

from collections.abc import Mapping

from registrations.forms.spec import QuestionType
from registrations.forms.types.checkbox import CHECKBOX
from registrations.forms.types.choice import CHOICE
from registrations.forms.types.date import DATE
from registrations.forms.types.email import EMAIL
from registrations.forms.types.heading import HEADING
from registrations.forms.types.hidden import HIDDEN
from registrations.forms.types.long_text import LONG_TEXT
from registrations.forms.types.multiple import MULTIPLE
from registrations.forms.types.number import NUMBER
from registrations.forms.types.phone import PHONE
from registrations.forms.types.radio import RADIO
from registrations.forms.types.text import TEXT

TYPES: Mapping[str, QuestionType] = {
    question_type.key: question_type
    for question_type in (
        TEXT,
        LONG_TEXT,
        EMAIL,
        PHONE,
        NUMBER,
        DATE,
        RADIO,
        CHOICE,
        MULTIPLE,
        CHECKBOX,
        HIDDEN,
        HEADING,
    )
}


def type_choices() -> list[tuple[str, str]]:
    """Return `(key, label)` of every type, labels in the active language, for a model's or a form's `choices=`."""
    return [(question_type.key, str(question_type.label)) for question_type in TYPES.values()]
