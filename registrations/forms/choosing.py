"""Fields that offer texts to choose from, and perhaps room for a text of one's own beside them.

The chosen text itself is the value, so that answers survive whatever is offered later.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from registrations.forms.fields import LineField

OTHER = "__other__"
"""What a form posts in place of an offered text when the one typed beside counts."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a form says: the chosen texts, perhaps `OTHER` among them, and what was typed beside."""

    texts: tuple[str, ...] = ()
    typed: str = ""


class _ChosenInput(forms.Widget):
    """Reads what was chosen; how it looks is the field's template."""

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> Chosen:
        if isinstance(read := data.get(name), Chosen):
            return read  # a plain text that the field has read, as programs send it
        posted = data.getlist(name) if hasattr(data, "getlist") else data.get(name) or ()
        texts = (posted,) if isinstance(posted, str) else posted
        return Chosen(tuple(str(text) for text in texts if text), str(data.get(f"{name}.other") or ""))


class _ChosenField(forms.Field):
    """What one and several have in common. `clean` takes what a form posts, and also the plain text that it makes of it."""

    widget = _ChosenInput
    other = OTHER
    default_error_messages = {
        "invalid_choice": _("Choose one of the listed answers."),
        "other": _("Write your own answer, or choose another."),
    }

    def __init__(self, *, offered: Iterable[str], offers_other: bool = False, template: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.offered = tuple(dict.fromkeys(offered))
        self.offers_other = offers_other
        self.template_name = f"registrations/fields/{template}.html"

    def prepare_value(self, value: Any) -> Chosen:
        return value if isinstance(value, Chosen) else self._read(str(value or ""))

    def clean(self, value: Any) -> str:
        answer = self._answer(self.prepare_value(value))
        if self.required and not answer:
            raise ValidationError(self.error_messages["required"], code="required")
        return answer

    def _read(self, text: str) -> Chosen:
        raise NotImplementedError

    def _answer(self, chosen: Chosen) -> str:
        raise NotImplementedError

    def _known(self, chosen: Chosen) -> tuple[str, ...]:
        """The chosen texts. What was typed beside counts where "other" is chosen, or nothing at all."""
        texts = chosen.texts or ((OTHER,) if self.offers_other and chosen.typed.strip() else ())
        if set(texts) - {*self.offered, *((OTHER,) if self.offers_other else ())}:
            raise ValidationError(self.error_messages["invalid_choice"], code="invalid_choice")
        return texts

    def _typed(self, chosen: Chosen) -> str:
        text = str(_TYPED.clean(chosen.typed))
        if not text:
            raise ValidationError(self.error_messages["other"], code="other")
        return text


_TYPED = LineField(required=False)


class OneOfField(_ChosenField):
    """One of the offered texts. `template` is how they are offered: `choice`, a list to open, or `choices`, all in sight."""

    input_type = "radio"

    def _read(self, text: str) -> Chosen:
        text = text.strip()
        if not text or text in self.offered or not self.offers_other:
            return Chosen((text,) if text else ())
        return Chosen((OTHER,), text)

    def _answer(self, chosen: Chosen) -> str:
        texts = self._known(chosen)
        return "" if not texts else self._typed(chosen) if texts[-1] == OTHER else texts[-1]


class SeveralOfField(_ChosenField):
    """Any number of the offered texts: a line for each, in the order in which they are offered; one's own comes last."""

    input_type = "checkbox"

    def _read(self, text: str) -> Chosen:
        """A plain text has a line for each answer, or semicolons between them, as people write in a cell."""
        lines = [line.strip() for line in text.splitlines()]
        said = [part.strip() for line in lines for part in ([line] if line in self.offered else line.split(";"))]
        own = [part for part in said if part and part not in self.offered]
        if not (own and self.offers_other):
            return Chosen(tuple(part for part in said if part))
        return Chosen((*(part for part in said if part in self.offered), OTHER), "; ".join(own))

    def _answer(self, chosen: Chosen) -> str:
        texts = self._known(chosen)
        answers = [text for text in self.offered if text in texts]
        if OTHER in texts:
            answers.append(self._typed(chosen))
        return "\n".join(dict.fromkeys(answers))
