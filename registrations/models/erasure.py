"""A person's wish to be forgotten, from the request to the receipt."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from registrations.models.clock import db_now
from registrations.models.fields import EncryptedTextField


class Erasure(models.Model):
    """One address to be erased here and at the platforms. Until `finished_at` it is a tombstone: nothing more is done for
    the registrations it found. `address` is forgotten in the end; `receipt` says in counts what was erased and what stays.
    """

    address = EncryptedTextField(blank=True, editable=False)
    address_hash = models.CharField(max_length=64, db_index=True, editable=False)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    requested_at = models.DateTimeField(_("requested"), default=db_now, editable=False)
    finished_at = models.DateTimeField(_("finished"), null=True, editable=False)
    receipt = models.JSONField(_("receipt"), default=dict, editable=False)

    class Meta:
        verbose_name = _("erasure")
        verbose_name_plural = _("erasures")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"#{self.pk}"
