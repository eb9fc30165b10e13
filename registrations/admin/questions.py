"""The questions of a campaign's form, edited together with it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy
from unfold.admin import StackedInline
from unfold.forms import PaginationInlineFormSet

from registrations.admin.question_form import KEY_LENGTH, QuestionForm
from registrations.admin.transliteration import latin_slug
from registrations.models import Campaign, Event, Question, Session
from registrations.services.extra_fields import MappedQuestion, mapping_faults
from registrations.webinar.provider import ExtraField


def wanted_fields(event: Event | None, session: Session | None) -> tuple[ExtraField, ...]:
    """The extra fields that the platform wants of everyone in a target."""
    place = session or event
    return place.wanted_fields() if place is not None else ()


class QuestionFormSet(PaginationInlineFormSet):  # type: ignore[misc]
    """All questions of one campaign; together they must fill what the platform wants of everyone."""

    instance: Campaign

    def clean(self) -> None:
        self._make_keys()
        self._put_new_ones_last()
        super().clean()
        if any(self.errors) or self.instance.event_id is None:
            return
        event, session = self.instance.event, self.instance.session
        faults = mapping_faults(wanted=wanted_fields(event, session), questions=self._mapped())
        if faults:
            raise forms.ValidationError(faults)

    def _kept(self) -> list[QuestionForm]:
        filled = [form for form in self.forms if form.instance.pk is not None or form.has_changed()]
        return [form for form in filled if not self._should_delete_form(form)]

    def _make_keys(self) -> None:
        forms_kept = [form for form in self._kept() if hasattr(form, "cleaned_data")]
        taken = {str(form.cleaned_data.get("key") or "") for form in forms_kept}
        for form in forms_kept:
            if not form.cleaned_data.get("key") and form.cleaned_data.get("label"):
                key = latin_slug(form.cleaned_data["label"], length=KEY_LENGTH, taken=taken, otherwise="question")
                taken.add(key)
                form.cleaned_data["key"] = form.instance.key = key

    def _put_new_ones_last(self) -> None:
        """New questions come after the others, as they stand on the screen, where only saved ones can be dragged."""
        old = [form.instance.position for form in self._kept() if form.instance.pk is not None]
        new = [form for form in self._kept() if form.instance.pk is None]
        for position, form in enumerate(new, start=max(old, default=0) + 1):
            form.instance.position = position

    def _mapped(self) -> list[MappedQuestion]:
        return [
            MappedQuestion(
                name=form.instance.label,
                extra_field=form.instance.extra_field,
                required=form.instance.required,
                fallback=form.instance.fallback,
                choices=form.instance.choice_list(),
                type=form.instance.type,
                offers_other=bool(form.cleaned_data.get("offers_other")),
            )
            for form in self._kept()
        ]


class QuestionInline(StackedInline):  # type: ignore[misc]
    """The questions below a campaign; dragged into their order."""

    model = Question
    form = QuestionForm
    formset = QuestionFormSet
    extra = 0
    classes = ("rs-questions",)
    ordering_field = "position"
    hide_ordering_field = True
    verbose_name_plural = gettext_lazy("questions (besides first name, last name and e-mail)")

    class Media:
        js = ("registrations/questions.js",)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        rows: list[Any] = [("label", "type"), "required", "help_text", "choices", "offers_other", "url_parameter"]
        rows += [("min_length", "max_length"), ("minimum", "maximum"), "decimals", "placeholder", "default"]
        mapped = obj is not None and obj.pk and obj.questions.exclude(extra_field="").exists()
        if self._offered(request) or mapped:
            rows.append(("extra_field", "fallback"))
        return [(None, {"fields": [*rows, "key", "position"]})]

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        formset = super().get_formset(request, obj, **kwargs)
        formset.form.offered = self._offered(request)
        if obj is None or obj.pk is None:
            # A new campaign begins with a question for each field that the platform wants.
            formset.extra = len(self._offered(request))
        return formset

    @staticmethod
    def _offered(request: HttpRequest) -> tuple[ExtraField, ...]:
        return getattr(request, "offered_fields", ())


def first_questions(fields: tuple[ExtraField, ...]) -> list[dict[str, Any]]:
    """Questions that fill the platform's extra fields, to begin a new campaign with."""
    return [
        {
            "label": field.label,
            "type": "choice" if field.choices else "text",
            "required": True,
            "choices": "\n".join(field.choices),
            "extra_field": field.key,
            "position": number,
        }
        for number, field in enumerate(fields, start=1)
    ]
