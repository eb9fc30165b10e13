"""The form of an account: the key goes in and never comes out."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from registrations.models import Account
from registrations.models.account import default_time_zone
from registrations.webinar.registry import PROVIDERS

_REGIONS = ("Africa/", "America/", "Asia/", "Atlantic/", "Australia/", "Europe/", "Indian/", "Pacific/")


def zone_choices() -> list[tuple[str, str]]:
    """IANA names of places where people live, and UTC."""
    places = sorted(name for name in available_timezones() if name.startswith(_REGIONS))
    return [(name, name.replace("_", " ")) for name in [*places, "UTC"]]


class AccountForm(forms.ModelForm):  # type: ignore[type-arg]
    """Everything about an account that people decide."""

    base_url = forms.URLField(
        label=capfirst(gettext_lazy("API address")), max_length=300, assume_scheme="https", widget=UnfoldAdminTextInputWidget()
    )
    api_key = forms.CharField(
        label=gettext_lazy("API key"),
        error_messages={"required": gettext_lazy("An account needs a key.")},
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password", "spellcheck": "false"}),
    )
    time_zone = forms.ChoiceField(
        label=gettext_lazy("Time zone"),
        choices=zone_choices,
        initial=default_time_zone,
        widget=UnfoldAdminSelectWidget(),
        help_text=gettext_lazy("For events whose own zone the platform does not tell."),
    )

    class Meta:
        model = Account
        fields = (
            "name", "provider", "base_url", "api_key", "time_zone", "notify_email",
            "link_hosts", "calls_per_second", "unique_by_email",
        )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # The key must not reach the page, and an empty field is no change.
        self.initial["api_key"] = ""
        if self.instance.pk is None:
            provider = next(iter(PROVIDERS.values()))
            self.initial.setdefault("base_url", provider.default_base_url)
        if "api_key" in self.fields:
            self.fields["api_key"].required = self.instance.pk is None
            self.fields["api_key"].help_text = self._key_help()

    def _key_help(self) -> str:
        if self.instance.pk is None:
            return _("You find it in the platform's settings. It is kept encrypted and never shown again.")
        return _("The key in use ends in %(hint)s. Leave this empty to keep it.") % {"hint": self.instance.key_hint}

    def clean_api_key(self) -> str:
        """What was typed, or the key in use."""
        return str(self.cleaned_data["api_key"] or self.instance.api_key)
