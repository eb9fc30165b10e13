"""Whether anything may leave this installation at all, and who is at work."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from registrations.models.clock import db_now


class Delivery(models.Model):
    """The switch for everything: while it stands still, nothing is sent and no platform is called. One row, of id 1.

    `ticks` counts the work that was taken up, and witnesses outside the database remember it by `installation`: a database
    that is behind its witness was restored from a backup, and then `behind_since` stops everything until an operator resumes.
    """

    paused_at = models.DateTimeField(_("paused at"), null=True, blank=True)
    paused_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    installation = models.UUIDField(default=uuid.uuid4, editable=False)
    ticks = models.PositiveBigIntegerField(default=0, editable=False)
    behind_since = models.DateTimeField(null=True, editable=False)
    witnessed_ticks = models.PositiveBigIntegerField(default=0, editable=False)

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("delivery")

    def __str__(self) -> str:
        return "delivery"

    @classmethod
    def is_paused(cls) -> bool:
        """An operator has paused everything, or a restored database waits for one."""
        stopped = models.Q(paused_at__isnull=False) | models.Q(behind_since__isnull=False)
        return cls.objects.filter(stopped).exists()


class Heartbeat(models.Model):
    """A process that works off steps, and when it last said that it is at it."""

    name = models.CharField(_("process"), max_length=200, unique=True)
    beat_at = models.DateTimeField(_("last heard of"), default=db_now)

    class Meta:
        verbose_name = _("heartbeat")
        verbose_name_plural = _("heartbeats")

    def __str__(self) -> str:
        return self.name
