"""A durable unit of work that is a database row. The rules of one row are here; taking rows in turn is `services.steps`."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from registrations.models.clock import db_now


class StepState(models.TextChoices):
    QUEUED = "queued", _("queued")
    LEASED = "leased", _("under way")
    SETTLED = "settled", _("done")
    PARKED = "parked", _("needs attention")
    HELD = "held", _("held")
    CANCELLED = "cancelled", _("cancelled")


class Priority(models.IntegerChoices):
    """Which steps go first when all are due."""

    NOW = 0, _("now")
    TIMED = 10, _("timed")
    BULK = 20, _("bulk")


MAX_LOST_LEASES = 5
"""Whatever has cost so many workers their lease, or stumbled so often, waits for a person."""

OPEN_STATES = (StepState.QUEUED, StepState.LEASED)


class Step(models.Model):
    """What seats, mails, messages and webhooks have in common.

    A worker *claims* rows (sets a lease), *begins* each just before its outside call, and *finishes* it by an UPDATE that
    names its lease and version. A row whose lease ran out after it was begun is *in doubt*: its call may have worked.
    """

    state = models.CharField(_("state"), max_length=10, choices=StepState.choices, default=StepState.QUEUED)
    run_at = models.DateTimeField(_("due at"), default=db_now)
    priority = models.PositiveSmallIntegerField(default=Priority.NOW, choices=Priority.choices)
    version = models.PositiveIntegerField(default=1)
    lease_token = models.UUIDField(null=True, editable=False)
    lease_until = models.DateTimeField(null=True, editable=False)
    begun_at = models.DateTimeField(null=True, editable=False)
    in_doubt_since = models.DateTimeField(_("in doubt since"), null=True, editable=False)
    attempts = models.PositiveIntegerField(_("tries"), default=0)
    lost_leases = models.PositiveSmallIntegerField(default=0, editable=False)
    reason = models.CharField(_("reason"), max_length=60, blank=True)
    reason_detail = models.CharField(_("in the other side's words"), max_length=300, blank=True)
    settled_at = models.DateTimeField(_("done at"), null=True, editable=False)
    created_at = models.DateTimeField(default=db_now, editable=False)

    class Meta:
        abstract = True

    @property
    def is_open(self) -> bool:
        """Work on this row goes on by itself."""
        return self.state in OPEN_STATES

    @property
    def lost_too_often(self) -> bool:
        """This row harms whoever works on it: no further try without a person."""
        return self.lost_leases >= MAX_LOST_LEASES

    def requeue(self) -> None:
        """Make the row due now, with a clean slate of tries, unless its owner is at work on it.

        A row in doubt keeps its wait: the other side may still be at the former call.
        """
        now = db_now()
        self.run_at = max(self.run_at, now) if self.in_doubt_since is not None else now
        self.attempts = 0
        self.lost_leases = 0
        self.reason = self.reason_detail = ""
        if self.state != StepState.LEASED:
            self.state = StepState.QUEUED
