"""Keys of other websites and systems: shown once, and then known by their beginning."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework_api_key.admin import APIKeyModelAdmin  # noqa: F401  # registers a screen of its own
from rest_framework_api_key.models import APIKey as UnusedApiKey

from registrations.admin.labels import OK, QUIET, badge, moment
from registrations.admin.screens import StaffModelAdmin, user_id
from registrations.models import ApiKey

admin.site.unregister(UnusedApiKey)


@admin.register(ApiKey)
class ApiKeyAdmin(StaffModelAdmin):
    """Who has a key, for what, and when it was last used."""

    list_display = ("name", "beginning", "campaign", "state", "used")
    sortable_by = ()
    autocomplete_fields = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApiKey]:
        keys: QuerySet[ApiKey] = super().get_queryset(request)
        return keys.select_related("campaign")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        if obj is None:
            return ("name", "campaign", "expiry_date")
        return ("name", "beginning", "campaign", "expiry_date", "revoked", "used")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """What a key is for does not change, and what is revoked stays so."""
        if obj is None:
            return ()
        return ("beginning", "campaign", "used") + (("revoked", "expiry_date") if obj.revoked else ())

    @admin.display(description=gettext_lazy("begins with"))
    def beginning(self, key: ApiKey) -> str:
        return f"{key.prefix}…"

    @admin.display(description=gettext_lazy("last used"))
    def used(self, key: ApiKey) -> str:
        return moment(key.last_used_at, settings.TIME_ZONE)

    @admin.display(description=gettext_lazy("state"))
    def state(self, key: ApiKey) -> SafeString:
        if key.revoked:
            return badge(QUIET, "close", _("Revoked"))
        if key.has_expired:
            return badge(QUIET, "history", _("Expired"))
        return badge(OK, "check", _("Works"))

    def save_model(self, request: HttpRequest, obj: ApiKey, form: Any, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
            return
        key = ApiKey.objects.assign_key(obj)
        obj.created_by_id = user_id(request)
        super().save_model(request, obj, form, change)
        told = _("The key of “%(name)s” is %(key)s. Copy it now: it is not kept and cannot be shown again.")
        messages.warning(request, told % {"name": obj.name, "key": key})
