"""Keys that other systems sign people up with."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from rest_framework_api_key.models import AbstractAPIKey, BaseAPIKeyManager

from registrations.models.campaign import Campaign

USE_IS_KEPT_TO = timedelta(minutes=1)
"""How exactly the last use is known; more would be a write for each call."""


class ApiKeyManager(BaseAPIKeyManager):  # type: ignore[misc]
    """Makes keys, and keeps what they are checked by apart from what rows are called by."""

    def assign_key(self, obj: ApiKey) -> str:
        """Give a row a fresh key and return it; only its SHA-512 is kept, so this is the one time that it can be shown."""
        key, obj.prefix, obj.hashed_key = self.key_generator.generate()
        return str(key)


class ApiKey(AbstractAPIKey):  # type: ignore[misc]
    """One key, of one website or system; for one campaign, or for all. What is kept of it opens nothing."""

    id = models.BigAutoField(primary_key=True)
    name = models.CharField(_("name"), max_length=50, help_text=_("Whose key it is, for example the website that has it."))
    campaign = models.ForeignKey(
        Campaign,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="+",
        verbose_name=_("campaign"),
        help_text=_("The only campaign that the key signs people up for. Empty: all of them."),
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )
    revoked = models.BooleanField(
        _("revoked"), blank=True, default=False, help_text=_("A revoked key opens nothing any more. This cannot be undone.")
    )
    expiry_date = models.DateTimeField(_("expires"), null=True, blank=True, help_text=_("Empty: never."))
    last_used_at = models.DateTimeField(_("last used"), null=True, editable=False)

    objects: ClassVar[ApiKeyManager] = ApiKeyManager()

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")
        ordering = ["-created"]

    def was_used(self, now: datetime) -> None:
        """Remember the use, to the minute."""
        if self.last_used_at is None or now - self.last_used_at >= USE_IS_KEPT_TO:
            type(self).objects.filter(pk=self.pk).update(last_used_at=now)
