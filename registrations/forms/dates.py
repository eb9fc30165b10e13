"""The boxes by which people choose sessions of a series, and the one for all of them, later ones too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.renderers import TemplatesSetting
from django.utils.translation import gettext_lazy as _

from registrations.forms.spec import ChosenDates, DatesSpec
from registrations.forms.yes_no import says_yes

SESSIONS = "sessions"
ALL_DATES = "all_dates"
HAD_ALL = "had_all_dates"
"""Says that the form was shown to somebody who had made the standing choice, so that pressing twice means the same twice."""


@dataclass(frozen=True, slots=True)
class Ticked:
    """What a form says: the boxes of single sessions, as text, and the one of all."""

    texts: tuple[str, ...] = ()
    all_dates: bool = False
    had_all: bool = False


class _DatesInput(forms.Widget):
    """Reads what was ticked; how it looks is the field's template."""

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> Ticked:
        posted = data.getlist(name) if hasattr(data, "getlist") else data.get(name) or ()
        texts = (posted,) if isinstance(posted, str) else posted
        all_dates, had_all = (_is_ticked(str(data.get(box) or "")) for box in (ALL_DATES, HAD_ALL))
        return Ticked(tuple(str(text).strip() for text in texts if text), all_dates, had_all)


def _is_ticked(text: str) -> bool:
    try:
        return says_yes(text)
    except ValueError:
        return False


class DatesField(forms.Field):
    """At least one of the offered sessions, or all. A fresh sign-up for all names none; whoever has made the standing choice
    before says with each box whether they come."""

    widget = _DatesInput
    default_error_messages = {
        "required": _("Choose at least one date."),
        "invalid_choice": _("One of the dates cannot be chosen any more. Choose from these."),
        "none_left": _("Choose at least one date. If you cannot attend at all, cancel your registration instead."),
    }

    def __init__(self, dates: DatesSpec) -> None:
        super().__init__(label=_("Dates"))
        self.dates = dates
        self.template_name = "registrations/fields/dates.html"

    def prepare_value(self, value: Any) -> Ticked:
        if isinstance(value, ChosenDates):
            return Ticked(tuple(str(pk) for pk in value.sessions), value.all_dates)
        return value if isinstance(value, Ticked) else Ticked()

    def clean(self, value: Any) -> ChosenDates:
        ticked = self.prepare_value(value)
        if ticked.all_dates and not ticked.had_all:
            return ChosenDates(all_dates=True)
        offered = {date.key: date.id for date in self.dates.dates}
        if not offered.keys() >= set(ticked.texts):
            raise ValidationError(self.error_messages["invalid_choice"], code="invalid_choice")
        if not ticked.texts:
            raise ValidationError(self.error_messages["required"], code="required")
        return ChosenDates(tuple(sorted(offered[text] for text in set(ticked.texts))), ticked.all_dates)


class DatesForm(forms.Form):
    """The dates of somebody who is registered."""

    default_renderer = TemplatesSetting
    use_required_attribute = False

    def __init__(self, dates: DatesSpec, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields[SESSIONS] = DatesField(dates)
        messages = self.fields[SESSIONS].error_messages
        messages["required"] = messages["none_left"]

    def chosen(self) -> ChosenDates:
        """Return what was chosen. Call it on a valid form."""
        found: ChosenDates = self.cleaned_data[SESSIONS]
        return found
