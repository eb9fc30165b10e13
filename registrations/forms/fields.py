"""Form fields whose cleaned values are plain strings, and whose looks are hand-written templates.

Django's own widgets are kept for their attributes and parsing; their templates are not used, because rendering a form
through them costs more than accepting it.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any

import phonenumbers
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from registrations.forms.addresses import MAX_LENGTH as MAX_ADDRESS_LENGTH
from registrations.forms.addresses import InvalidAddress, normalise
from registrations.forms.spec import ConsentSpec

MAX_LINE = 200
MAX_PARAGRAPH = 4000
MAX_PHONE = 32

# The country meant by a number without a country code, where the page's language tells.
_REGION_BY_LANGUAGE = {"ru": "RU"}

# Characters that reorder or hide text around them: in a name they only serve to mislead whoever reads a list.
_BIDI_CONTROLS = dict.fromkeys((*range(0x202A, 0x202F), *range(0x2066, 0x206A)))
_LINE_ENDS = re.compile(r"\r\n?")


def _printable(text: str) -> str:
    kept = unicodedata.normalize("NFC", text.translate(_BIDI_CONTROLS))
    return "".join(c for c in kept if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs"))


class LineField(forms.CharField):
    """One line of text: control characters dropped, runs of white space made one space."""

    def __init__(self, *, attrs: dict[str, str] | None = None, max_length: int = MAX_LINE, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.TextInput(attrs))
        super().__init__(max_length=max_length, **kwargs)
        self.template_name = "registrations/fields/line.html"

    def to_python(self, value: Any) -> str:
        return " ".join(_printable(str(value)).split()) if value else ""


class ParagraphField(forms.CharField):
    """Several lines of text: line ends made one kind, control characters dropped."""

    def __init__(self, *, max_length: int = MAX_PARAGRAPH, **kwargs: Any) -> None:
        super().__init__(max_length=max_length, widget=forms.Textarea({"rows": "4"}), **kwargs)
        self.template_name = "registrations/fields/paragraph.html"

    def to_python(self, value: Any) -> str:
        return _printable(_LINE_ENDS.sub("\n", str(value))).strip() if value else ""


class AddressField(LineField):
    """An e-mail address, normalised."""

    default_error_messages = {"invalid": _("Enter an e-mail address like name@example.com.")}

    def __init__(self, *, autocomplete: str, **kwargs: Any) -> None:
        attrs = {
            "autocomplete": autocomplete,
            "inputmode": "email",
            "autocapitalize": "none",
            "spellcheck": "false",
        }
        super().__init__(widget=forms.EmailInput(attrs), max_length=MAX_ADDRESS_LENGTH, **kwargs)

    def clean(self, value: Any) -> str:
        text = str(super().clean(value))
        if not text:
            return ""
        try:
            return normalise(text)
        except InvalidAddress as error:
            raise ValidationError(self.error_messages["invalid"], code="invalid") from error


class PhoneField(LineField):
    """A telephone number, cleaned to E.164 (`+79001234567`). One without a country code follows the page's language."""

    default_error_messages = {"invalid": _("Enter a phone number with its country code, like +7 900 123-45-67.")}

    def __init__(self, **kwargs: Any) -> None:
        attrs = {"autocomplete": "tel", "inputmode": "tel"}
        super().__init__(widget=forms.TextInput({"type": "tel", **attrs}), max_length=MAX_PHONE, **kwargs)

    def clean(self, value: Any) -> str:
        text = str(super().clean(value))
        if not text:
            return ""
        try:
            number = phonenumbers.parse(text, _REGION_BY_LANGUAGE.get(get_language() or ""))
        except phonenumbers.NumberParseException as error:
            raise ValidationError(self.error_messages["invalid"], code="invalid") from error
        if not phonenumbers.is_possible_number(number):
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


class TickField(forms.BooleanField):
    """A box to tick: "yes" when ticked, "" when not."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.template_name = "registrations/fields/tick.html"

    def clean(self, value: Any) -> str:
        return "yes" if super().clean(value) else ""


class ConsentField(TickField):
    """A box to agree to a text, with a link to all of it; never ticked beforehand."""

    def __init__(self, consent: ConsentSpec) -> None:
        super().__init__(
            label=consent.statement,
            required=consent.required,
            error_messages={"required": _("Without this we may not register you.")},
        )
        self.url = consent.url
        self.template_name = "registrations/fields/consent.html"


class HiddenField(LineField):
    """One line that the page fills in and nobody sees. Nothing in it is ever an error: who could mend it?"""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=forms.HiddenInput(), required=False, **kwargs)
        self.template_name = "registrations/fields/hidden.html"

    def clean(self, value: Any) -> str:
        """A form that leaves the field out, as one written by hand may, gets the default."""
        text = self.to_python(self.initial if value is None else value)
        # No post may hold U+FFFD, which is what Django makes of bytes that are no text.
        return text.replace("\ufffd", "")[:MAX_LINE].strip()


class HeadingField(forms.Field):
    """Words between the questions, with nothing to answer."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, **kwargs)
        self.template_name = "registrations/fields/heading.html"

    def clean(self, value: Any) -> str:
        return ""
