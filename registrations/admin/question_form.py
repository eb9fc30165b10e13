"""The form of one question: what its type takes, checked so that nobody is asked what cannot be answered."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from registrations.forms import TYPES, Options, QuestionSpec, question_faults
from registrations.models import Question
from registrations.webinar.provider import ExtraField

KEY_LENGTH = 40

OPTIONS = tuple(field.name for field in fields(Options))


class QuestionForm(forms.ModelForm):  # type: ignore[type-arg]
    """One question. Its key is made from its label and stays; `offered` are the extra fields it may fill."""

    offered: ClassVar[tuple[ExtraField, ...]] = ()

    key = forms.SlugField(
        label=gettext_lazy("Key"),
        max_length=KEY_LENGTH,
        required=False,
        widget=UnfoldAdminTextInputWidget(),
        help_text=gettext_lazy("What answers are kept under. Empty: made from the label. It cannot change later."),
    )
    extra_field = forms.ChoiceField(
        label=gettext_lazy("Fills the platform's field"), required=False, widget=UnfoldAdminSelectWidget()
    )
    offers_other = forms.BooleanField(
        label=gettext_lazy("Also takes an answer of one's own"), required=False, widget=UnfoldBooleanSwitchWidget()
    )
    url_parameter = forms.CharField(
        label=gettext_lazy("Parameter of the page's address"),
        max_length=64,
        required=False,
        widget=UnfoldAdminTextInputWidget(),
        help_text=gettext_lazy("With utm_source here, a link that ends in ?utm_source=news leaves the answer “news”."),
    )
    min_length = forms.IntegerField(
        label=gettext_lazy("Characters at least"), required=False, widget=UnfoldAdminIntegerFieldWidget()
    )
    max_length = forms.IntegerField(
        label=gettext_lazy("Characters at most"), required=False, widget=UnfoldAdminIntegerFieldWidget()
    )
    minimum = forms.CharField(
        label=gettext_lazy("Smallest number, or first date"),
        max_length=40,
        required=False,
        widget=UnfoldAdminTextInputWidget(),
    )
    maximum = forms.CharField(
        label=gettext_lazy("Greatest number, or last date"),
        max_length=40,
        required=False,
        widget=UnfoldAdminTextInputWidget(),
    )
    decimals = forms.BooleanField(
        label=gettext_lazy("Decimals are allowed"), required=False, widget=UnfoldBooleanSwitchWidget()
    )
    placeholder = forms.CharField(
        label=gettext_lazy("Example"),
        max_length=100,
        required=False,
        widget=UnfoldAdminTextInputWidget(),
        help_text=gettext_lazy("Stands in the field while it is empty. Whatever people must know belongs in the help."),
    )
    default = forms.CharField(
        label=gettext_lazy("Begins with"),
        max_length=1000,
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        help_text=gettext_lazy("The answer that is there before anybody changes it; several answers one per line."),
    )

    class Meta:
        model = Question
        fields = ("label", "type", "required", "help_text", "choices", "extra_field", "fallback", "key", "position")
        widgets = {"choices": UnfoldAdminTextareaWidget(attrs={"rows": 4})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk is not None:
            self.fields["key"].disabled = True
        kept = Options.read(self.instance.options)
        for name in OPTIONS:
            self.initial.setdefault(name, getattr(kept, name))
        # For questions.js: what of the form matters to each type.
        self.fields["type"].widget.attrs["data-takes"] = json.dumps({key: _parts(key) for key in TYPES})
        chosen = self.instance.extra_field
        choices = [("", _("None")), *((field.key, field.label) for field in self.offered)]
        if chosen and chosen not in dict(choices):
            choices.append((chosen, _("%(key)s (the event has it no more)") % {"key": chosen}))
        self.fields["extra_field"].choices = choices  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        super().clean()
        values = self.cleaned_data
        values["default"] = "\n".join(values.get("default", "").splitlines())
        options = Options(**{name: values[name] for name in OPTIONS if name in values})
        self.instance.options = options.as_json()
        if "type" in values:
            for name, sentence in question_faults(self._spec(options)):
                if name not in self.errors:
                    self.add_error(name, sentence)
            if values.get("extra_field") and not TYPES[values["type"]].has_answer:
                self.add_error("extra_field", _("A heading has no answer that the platform could get."))
        return values

    def _spec(self, options: Options) -> QuestionSpec:
        values = self.cleaned_data
        return QuestionSpec(
            key="question",
            type=values["type"],
            label=values.get("label", ""),
            help_text=values.get("help_text", ""),
            required=values.get("required", False),
            choices=Question(choices=values.get("choices", "")).choice_list(),
            options=options,
        )


def _parts(type_key: str) -> list[str]:
    """The parts of the form that only some types take, and this one does."""
    question_type = TYPES[type_key]
    parts = {
        "choices": question_type.has_choices,
        "help_text": question_type.is_seen,
        "required": question_type.can_be_required,
    }
    return [*(name for name, taken in parts.items() if taken), *sorted(question_type.takes)]
