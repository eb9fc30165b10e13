"""From a campaign's questions to a checked Django form. Knows nothing of the rest of the product."""

from registrations.forms.build import NameForm, SignUpForm, build_form, prefilled
from registrations.forms.dates import DatesForm
from registrations.forms.faults import question_faults
from registrations.forms.lost_link import LostLinkForm
from registrations.forms.spec import ChosenDates, DateSpec, DatesSpec, Options, QuestionSpec
from registrations.forms.types import TYPES, type_choices

__all__ = [
    "TYPES",
    "ChosenDates",
    "DateSpec",
    "DatesForm",
    "DatesSpec",
    "LostLinkForm",
    "NameForm",
    "Options",
    "QuestionSpec",
    "SignUpForm",
    "build_form",
    "prefilled",
    "question_faults",
    "type_choices",
]
