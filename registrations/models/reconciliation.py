"""What the platform holds against what we hold, compared once a night."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from registrations.models.clock import db_now
from registrations.models.event import Event, Session


class Reconciliation(models.Model):
    """One comparison of a target's participants list with our seats; at most one for a target and day, whoever starts it.

    `missing` are the ids of seats that should be in and are not listed; `strangers` counts people who are listed and whom we
    did not register. Nothing follows by itself: a person decides.
    """

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="reconciliations", verbose_name=_("event"))
    session = models.ForeignKey(
        Session, null=True, blank=True, on_delete=models.CASCADE, related_name="reconciliations", verbose_name=_("session")
    )
    day = models.DateField(_("day"))
    made_at = models.DateTimeField(_("compared"), default=db_now)
    finished_at = models.DateTimeField(null=True, editable=False)
    here = models.PositiveIntegerField(_("registered here"), default=0)
    there = models.PositiveIntegerField(_("registered at the platform"), default=0)
    missing = models.JSONField(_("missing at the platform"), default=list)
    strangers = models.PositiveIntegerField(_("at the platform only"), default=0)

    class Meta:
        verbose_name = _("comparison")
        verbose_name_plural = _("comparisons")
        ordering = ["-day", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["event", "day"], condition=models.Q(session=None), name="one_comparison_per_series_and_day"
            ),
            models.UniqueConstraint(
                fields=["session", "day"], condition=models.Q(session__isnull=False), name="one_comparison_per_session_and_day"
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"
