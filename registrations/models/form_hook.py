"""Form builders that post to us what people filled in on their pages."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from registrations.models.campaign import Campaign
from registrations.models.clock import db_now
from registrations.models.fields import fingerprint

USE_IS_KEPT_TO = timedelta(minutes=1)
"""How exactly the last use is known; more would be a write for each form."""

MAX_FIELD_NAME = 60


class FormHook(models.Model):
    """One form at a builder. Its address holds a secret, of which only the fingerprint is kept.

    `basis` is why we may write to people who come by it, as whoever set it up asserts; it never changes, so that what came
    by it keeps the basis it came with.
    """

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="form_hooks", verbose_name=_("campaign"))
    name = models.CharField(_("name"), max_length=100, help_text=_("Which form it is, for example the page where it stands."))
    basis = models.CharField(
        _("why we may write to them"),
        max_length=300,
        help_text=_("How people agree on that page: the text of the box, and where it stands. It cannot change later."),
    )
    field_map = models.JSONField(
        _("fields"),
        default=dict,
        blank=True,
        help_text=_(
            'Which field of theirs is which of ours, as {"their name": "our key"}. Ours are email, first_name, last_name, name'
            ' (both in one) and the keys of the questions; "" leaves a field out. Usual names need no line.'
        ),
    )
    active = models.BooleanField(_("takes forms"), default=True)
    secret_hash = models.CharField(max_length=64, unique=True, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )
    created_at = models.DateTimeField(_("set up"), default=db_now, editable=False)
    last_used_at = models.DateTimeField(_("last used"), null=True, editable=False)

    class Meta:
        verbose_name = _("form hook")
        verbose_name_plural = _("form hooks")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.name

    def set_new_secret(self) -> str:
        """Give the hook a fresh secret and return it: this is the one time that it can be shown."""
        secret = secrets.token_urlsafe(32)
        self.secret_hash = fingerprint(secret)
        return secret

    def was_used(self, now: datetime) -> None:
        """Remember the use, to the minute."""
        if self.last_used_at is None or now - self.last_used_at >= USE_IS_KEPT_TO:
            type(self).objects.filter(pk=self.pk).update(last_used_at=now)


class HookRefusal(models.Model):
    """What did not get through by a hook, and how often. `field` is a field's name; nothing of what people typed is kept."""

    class Reason(models.TextChoices):
        UNMAPPED = "unmapped", _("a field that nothing of ours is filled from; the rest was taken")
        MISSING = "missing", _("a field that we need is empty or not sent")
        FAULTY = "faulty", _("what stands in a field cannot be right")
        NOT_OPEN = "not_open", _("the campaign takes no sign-ups")
        UNREADABLE = "unreadable", _("not a form as builders send it")

    hook = models.ForeignKey(FormHook, on_delete=models.CASCADE, related_name="refusals")
    reason = models.CharField(_("reason"), max_length=12, choices=Reason.choices)
    field = models.CharField(_("field"), max_length=MAX_FIELD_NAME, blank=True)
    count = models.PositiveIntegerField(_("how often"), default=0)
    last_at = models.DateTimeField(_("last time"))

    class Meta:
        verbose_name = _("refusal")
        verbose_name_plural = _("refusals")
        ordering = ["-last_at"]
        constraints = [models.UniqueConstraint(fields=["hook", "reason", "field"], name="one_count_per_refusal")]

    def __str__(self) -> str:
        return f"{self.reason} {self.field}".strip()
