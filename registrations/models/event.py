"""The platform's events and sessions, mirrored here by sync."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from registrations.models.account import Account
from registrations.models.clock import db_now
from registrations.webinar.provider import ExtraField, Status


class EventStatus(models.TextChoices):
    PLANNED = Status.PLANNED.value, _("planned")
    LIVE = Status.LIVE.value, _("live")
    FINISHED = Status.FINISHED.value, _("finished")
    CANCELLED = "cancelled", _("cancelled")


class Mirrored(models.Model):
    """What events and sessions have in common. `external_id` is the platform's id.

    `missing_since` is set while the platform answers that it does not know the id: one such answer proves nothing.
    `extra_fields` is a list of `{"key", "label", "required", "choices"}`: what the platform wants of everyone.
    `schedule_version` rises whenever the beginning, the end or the title changes.
    `looked_at` is when the participants list was last begun to be read whole.
    """

    external_id = models.CharField(_("id at the platform"), max_length=64)
    title = models.CharField(_("title"), max_length=300)
    status = models.CharField(_("status"), max_length=10, choices=EventStatus.choices, default=EventStatus.PLANNED)
    starts_at = models.DateTimeField(_("starts"), null=True, blank=True)
    ends_at = models.DateTimeField(_("ends"), null=True, blank=True)
    missing_since = models.DateTimeField(null=True, editable=False)
    schedule_version = models.PositiveIntegerField(default=0, editable=False)
    seen_at = models.DateTimeField(_("read"), default=db_now, editable=False)
    moderated = models.BooleanField(_("the platform asks for approval"), default=False)
    extra_fields = models.JSONField(_("extra fields"), default=list, blank=True)
    detailed_at = models.DateTimeField(null=True, editable=False)
    looked_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.title

    def wanted_fields(self) -> tuple[ExtraField, ...]:
        """The extra fields as the platform library names them."""
        return tuple(
            ExtraField(key=item["key"], label=item["label"], required=item["required"], choices=tuple(item["choices"]))
            for item in self.extra_fields
        )

    @staticmethod
    def stored_fields(fields: tuple[ExtraField, ...]) -> list[dict[str, Any]]:
        """The same as `extra_fields` keeps them."""
        return [
            {"key": item.key, "label": item.label, "required": item.required, "choices": list(item.choices)} for item in fields
        ]

    def is_over(self, now: datetime) -> bool:
        """Nobody can enter any more: cancelled, finished, or its end has passed."""
        if self.status in (EventStatus.CANCELLED, EventStatus.FINISHED):
            return True
        return self.ends_at is not None and self.ends_at <= now


class Event(Mirrored):
    """One event of an account: single, or a series of sessions."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="events", verbose_name=_("account"))
    is_series = models.BooleanField(_("series"), default=False)
    time_zone = models.CharField(_("time zone"), max_length=64, blank=True)

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering = ["-starts_at", "title"]
        constraints = [models.UniqueConstraint(fields=["account", "external_id"], name="one_mirror_per_event")]

    @property
    def zone(self) -> str:
        """IANA name of the zone that this event's times are told in."""
        return self.time_zone or self.account.time_zone


class Session(Mirrored):
    """One dated meeting of an event."""

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="sessions")

    class Meta:
        verbose_name = _("session")
        verbose_name_plural = _("sessions")
        ordering = ["starts_at", "pk"]
        constraints = [models.UniqueConstraint(fields=["event", "external_id"], name="one_mirror_per_session")]
