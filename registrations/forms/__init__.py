"""From a campaign's questions to a checked Django form. Knows nothing of the rest of the product."""

from registrations.forms.build import SignUpForm, build_form
from registrations.forms.spec import QuestionSpec
from registrations.forms.types import TYPES, type_choices

__all__ = ["TYPES", "QuestionSpec", "SignUpForm", "build_form", "type_choices"]
