"""The form of whoever lost their links: an address."""

from __future__ import annotations

from typing import Any

from django import forms
from django.forms.renderers import TemplatesSetting
from django.utils.translation import gettext_lazy as _

from registrations.forms.fields import AddressField


class LostLinkForm(forms.Form):
    """The address that links are wanted for."""

    default_renderer = TemplatesSetting
    use_required_attribute = False

    email = AddressField(
        label=_("E-mail"),
        help_text=_("The address that you signed up with."),
        autocomplete="email",
        error_messages={"required": _("Enter your e-mail address.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].widget.attrs["enterkeyhint"] = "send"
