"""The sign-up form of a campaign."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, ClassVar

from django import forms
from django.forms.renderers import TemplatesSetting
from django.utils.translation import gettext_lazy as _

from registrations.forms.dates import SESSIONS, DatesField
from registrations.forms.fields import AddressField, ConsentField, LineField
from registrations.forms.spec import ChosenDates, ConsentSpec, DatesSpec, QuestionSpec
from registrations.forms.types import TYPES
from registrations.forms.typos import likely_address

PREFIX = "q_"
"""What the names of a campaign's own fields begin with, so that no question can shadow a fixed field."""

CONSENT_PREFIX = "consent_"
"""The same for the boxes by which somebody agrees to a text."""

MAX_NAME = 100

SEEN = "email_seen"
"""The address about which a visitor has been asked already whether it is mistyped."""

MEANT = "email_meant"
"""The address that a visitor says they meant, when asked."""


class NameForm(forms.Form):
    """How a person is called."""

    default_renderer = TemplatesSetting
    use_required_attribute = False

    first_name = LineField(
        label=_("First name"),
        max_length=MAX_NAME,
        attrs={"autocomplete": "given-name", "autocapitalize": "words", "spellcheck": "false"},
        error_messages={"required": _("Enter your first name.")},
    )
    last_name = LineField(
        label=_("Last name"),
        max_length=MAX_NAME,
        attrs={"autocomplete": "family-name", "autocapitalize": "words", "spellcheck": "false"},
        error_messages={"required": _("Enter your last name.")},
    )


class SignUpForm(NameForm):
    """Name and e-mail, which every form has. `build_form` adds a campaign's dates and questions."""

    field_order = (SESSIONS,)

    question_keys: ClassVar[tuple[str, ...]] = ()
    consent_keys: ClassVar[tuple[str, ...]] = ()

    email = AddressField(
        label=_("E-mail"),
        help_text=_("Your personal link will be sent here."),
        autocomplete="email",
        error_messages={"required": _("Enter your e-mail address.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs["enterkeyhint"] = "next"
        field.widget.attrs["enterkeyhint"] = "send"
        self._asks_about = self._is_about = ""

    @property
    def suspected(self) -> str:
        """The posted address if it looks mistyped, asked about or not; it goes into the next try as `SEEN`."""
        return self._is_about if self.errors is not None else ""

    @property
    def suggestion(self) -> str:
        """The address to ask the visitor about: what they probably meant. "" if there is nothing to ask, or no more."""
        return self._asks_about if self.errors is not None else ""

    def clean(self) -> None:
        """A mistyped address is asked about once: what is pressed then, or the same address again, counts."""
        address = self.cleaned_data.get("email", "")
        meant = likely_address(address)
        if not meant:
            return
        if self.data.get(MEANT) == meant:
            self.cleaned_data["email"] = meant
            self.data = self.data.copy()  # type: ignore[attr-defined]  # mistakes elsewhere bring the form back with it
            self.data["email"] = meant  # type: ignore[index]
            return
        self._is_about = address
        if self.data.get(SEEN) != address:
            self._asks_about = meant

    def answers(self) -> dict[str, str]:
        """Return the answers to the campaign's own questions by key, "" where unanswered. Call it on a valid form."""
        cleaned: Mapping[str, str] = self.cleaned_data
        return {key: cleaned[PREFIX + key] for key in self.question_keys}

    def consents(self) -> tuple[str, ...]:
        """Return the keys of the texts that were agreed to. Call it on a valid form."""
        return tuple(key for key in self.consent_keys if self.cleaned_data[CONSENT_PREFIX + key])

    def dates(self) -> ChosenDates:
        """Return the sessions that were chosen, none where there is nothing to choose. Call it on a valid form."""
        found: ChosenDates = self.cleaned_data.get(SESSIONS) or ChosenDates()
        return found


def build_form(
    questions: Sequence[QuestionSpec], consents: Sequence[ConsentSpec] = (), dates: DatesSpec | None = None
) -> type[SignUpForm]:
    """Return the form class for these questions, in their order after first name, last name and e-mail, and these boxes.

    Where there are dates to choose from, they come first.

    Raises `KeyError` for a question whose type is not registered.
    """
    return _build(tuple(questions), tuple(consents), dates)


@lru_cache(maxsize=256)
def _build(questions: tuple[QuestionSpec, ...], consents: tuple[ConsentSpec, ...], dates: DatesSpec | None) -> type[SignUpForm]:
    choice = {SESSIONS: DatesField(dates)} if dates is not None else {}
    fields = {PREFIX + question.key: question_field(question) for question in questions}
    boxes = {CONSENT_PREFIX + consent.key: ConsentField(consent) for consent in consents}
    keys = {
        "question_keys": tuple(question.key for question in questions if TYPES[question.type].has_answer),
        "consent_keys": tuple(consent.key for consent in consents),
    }
    return type("CampaignForm", (SignUpForm,), {**choice, **fields, **boxes, **keys})


def question_field(question: QuestionSpec) -> forms.Field:
    """Return the form field of a question, with its placeholder and default. Raises `KeyError` for an unknown type."""
    question_type = TYPES[question.type]
    field = question_type.make_field(question)
    if "placeholder" in question_type.takes and question.options.placeholder:
        field.widget.attrs["placeholder"] = question.options.placeholder
    if "default" in question_type.takes:
        field.initial = question.options.default
    return field


def prefilled(questions: Sequence[QuestionSpec], parameters: Mapping[str, str]) -> dict[str, str]:
    """Return what a fresh form begins with, by field name: hidden questions are filled from the page's parameters."""
    return {
        PREFIX + question.key: value
        for question in questions
        if question.options.url_parameter and "url_parameter" in TYPES[question.type].takes
        if (value := str(question_field(question).clean(parameters.get(question.options.url_parameter, ""))))
    }
