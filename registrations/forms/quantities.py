"""Numbers and dates: typed in several ways, kept in one."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from registrations.forms.fields import LineField

_MAX_TYPED = 40
_NUMBER = re.compile(r"([+-]?)([0-9]{1,15})(?:[.,]([0-9]{1,6}))?")
_ISO = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})")
_DAY_FIRST = re.compile(r"([0-9]{1,2})[./]([0-9]{1,2})[./]([0-9]{4})")
_YEARS = range(1900, 2200)  # browsers send the year 26 as 0026


def number_from(text: str) -> Decimal | None:
    """Return the number that this says, with a point or a comma and spaces between thousands; None if it says none."""
    found = _NUMBER.fullmatch("".join(text.split()).replace("\u2212", "-"))
    return Decimal(f"{found[1]}{found[2]}.{found[3] or 0}") if found else None


def date_from(text: str) -> date | None:
    """Return the date that this says, as 2026-12-31 or 31.12.2026; None if it says none."""
    if found := _ISO.fullmatch(text.strip()):
        year, month, day = found.groups()
    elif found := _DAY_FIRST.fullmatch(text.strip()):
        day, month, year = found.groups()
    else:
        return None
    try:
        said = date(int(year), int(month), int(day))
    except ValueError:
        return None
    return said if said.year in _YEARS else None


def _plain(number: Decimal) -> str:
    text = f"{number:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


class NumberField(LineField):
    """A number, cleaned to plain digits with a point: "-3", "12.5". Bounds that are no numbers count as none."""

    default_error_messages = {
        "invalid": _("Enter a number, like 12 or 12.5."),
        "fraction": _("Enter a whole number."),
        "least": _("Enter a number that is at least %(bound)s."),
        "most": _("Enter a number that is at most %(bound)s."),
    }

    def __init__(self, *, least: str = "", most: str = "", decimals: bool = False, **kwargs: Any) -> None:
        self.least, self.most, self.decimals = number_from(least), number_from(most), decimals
        # No phone's number pad has a minus, so it is shown only where no minus is wanted.
        no_minus = self.least is not None and self.least >= 0
        keyboard = ({"inputmode": "decimal" if decimals else "numeric"}) if no_minus else {}
        super().__init__(max_length=_MAX_TYPED, attrs={"autocomplete": "off", **keyboard}, **kwargs)

    def clean(self, value: Any) -> str:
        text = str(super().clean(value))
        if not text:
            return ""
        number = number_from(text)
        if number is None:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        if not self.decimals and number != number.to_integral_value():
            raise ValidationError(self.error_messages["fraction"], code="fraction")
        for code, bound, passed in (
            ("least", self.least, self.least is None or number >= self.least),
            ("most", self.most, self.most is None or number <= self.most),
        ):
            if bound is not None and not passed:
                raise ValidationError(self.error_messages[code], code=code, params={"bound": _plain(bound)})
        return _plain(number)


class DateField(LineField):
    """A date, cleaned to 2026-12-31. Bounds that are no dates count as none."""

    default_error_messages = {
        "invalid": _("Enter a date, like 31.12.2026."),
        "least": _("Choose another date: %(bound)s or later."),
        "most": _("Choose another date: %(bound)s or earlier."),
    }

    def __init__(self, *, least: str = "", most: str = "", **kwargs: Any) -> None:
        self.least, self.most = date_from(least), date_from(most)
        bounds = {name: str(bound) for name, bound in (("min", self.least), ("max", self.most)) if bound}
        widget = forms.TextInput({"type": "date", "autocomplete": "off", **bounds})
        super().__init__(max_length=_MAX_TYPED, widget=widget, **kwargs)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {}  # a date has no length

    def prepare_value(self, value: Any) -> Any:
        """Browsers show a date only if it is spelt 2026-12-31."""
        said = date_from(value) if isinstance(value, str) else None
        return str(said) if said else value

    def clean(self, value: Any) -> str:
        text = str(super().clean(value))
        if not text:
            return ""
        said = date_from(text)
        if said is None:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        if self.least and said < self.least:
            raise ValidationError(self.error_messages["least"], code="least", params={"bound": date_format(self.least)})
        if self.most and said > self.most:
            raise ValidationError(self.error_messages["most"], code="most", params={"bound": date_format(self.most)})
        return str(said)
