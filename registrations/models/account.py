"""Our credentials at webinar platforms, what pauses them, and who may send mail."""

from __future__ import annotations

import urllib.parse

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from registrations.models.clock import db_now
from registrations.models.fields import EncryptedTextField
from registrations.webinar.provider import Credentials
from registrations.webinar.registry import provider_choices


def default_time_zone() -> str:
    return "Europe/Moscow"


class Lease(models.Model):
    """Who works off this row's steps right now; at most one drain at a time."""

    lease_token = models.UUIDField(null=True, editable=False)
    lease_until = models.DateTimeField(null=True, editable=False)

    class Meta:
        abstract = True


class Account(Lease):
    """One account at one webinar platform, with its pace. `next_call_at` is the next free slot of its rate."""

    name = models.CharField(_("name"), max_length=120, help_text=_("For your own screens."))
    provider = models.CharField(_("platform"), max_length=40, choices=provider_choices, default="webinar_ru")
    base_url = models.URLField(_("API address"), max_length=300)
    api_key = EncryptedTextField(_("API key"))
    link_hosts = models.CharField(
        _("hosts of personal links"),
        max_length=300,
        blank=True,
        help_text=_("Separated by commas. Empty: the platform's usual ones. A link on any other host is refused."),
    )
    time_zone = models.CharField(_("time zone"), max_length=64, default=default_time_zone)
    calls_per_second = models.FloatField(
        _("calls per second"), default=2.0, validators=[MinValueValidator(0.05), MaxValueValidator(1000)]
    )
    unique_by_email = models.BooleanField(
        _("one registration per address"),
        default=True,
        help_text=_("The platform never registers the same address twice. Switch off to look twice before any repeat."),
    )
    notify_email = models.EmailField(
        _("who is told of trouble"), blank=True, help_text=_("One mail per pause. Empty: the installation's address.")
    )
    next_call_at = models.DateTimeField(default=db_now, editable=False)
    owner_name = models.CharField(_("belongs to"), max_length=200, blank=True, editable=False)
    checked_at = models.DateTimeField(_("checked"), null=True, editable=False)
    sync_began_at = models.DateTimeField(null=True, editable=False)
    synced_at = models.DateTimeField(_("events read"), null=True, editable=False)
    sync_trouble = models.CharField(max_length=300, blank=True, editable=False)

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        parts = urllib.parse.urlsplit(self.base_url)
        if parts.scheme != "https" and parts.hostname not in settings.PLAIN_HTTP_HOSTS:
            raise ValidationError({"base_url": _("The address must begin with https://.")})
        if parts.username or parts.password:
            raise ValidationError({"base_url": _("The address must not contain a user name or password.")})

    def credentials(self) -> Credentials:
        """What the platform library needs to open a connection; holds the key in clear."""
        hosts = tuple(host.strip() for host in self.link_hosts.split(",") if host.strip())
        return Credentials(base_url=self.base_url, api_key=self.api_key, link_hosts=hosts)

    @property
    def key_hint(self) -> str:
        """The last four characters of the key, all that is shown after it was typed."""
        return f"…{self.api_key[-4:]}" if len(self.api_key) >= 12 else "…"


class Pause(models.Model):
    """Something at the platform refuses us; only what the scope says stands still, and everybody keeps their place.

    Scope account: no `event` and no `verb`. Scope verb: only `verb`. Scope target: `event`, with `session` unless the target
    is the whole series, and `verb`.
    """

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="pauses")
    event = models.ForeignKey("registrations.Event", null=True, blank=True, on_delete=models.CASCADE, related_name="pauses")
    session = models.ForeignKey("registrations.Session", null=True, blank=True, on_delete=models.CASCADE, related_name="pauses")
    verb = models.CharField(max_length=20, blank=True)
    reason = models.CharField(_("reason"), max_length=60)
    reason_detail = models.CharField(_("in the platform's words"), max_length=300, blank=True)
    since = models.DateTimeField(_("since"), default=db_now)
    probes = models.PositiveIntegerField(_("tries to resume"), default=0)
    next_probe_at = models.DateTimeField(_("next try"))
    ended_at = models.DateTimeField(_("resumed at"), null=True, blank=True)

    class Meta:
        verbose_name = _("pause")
        verbose_name_plural = _("pauses")
        ordering = ["-since"]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "event", "verb"],
                condition=models.Q(ended_at=None, event__isnull=False, session=None),
                name="one_open_pause_per_event",
            ),
            models.UniqueConstraint(
                fields=["account", "session", "verb"],
                condition=models.Q(ended_at=None, session__isnull=False),
                name="one_open_pause_per_session",
            ),
            models.UniqueConstraint(
                fields=["account", "verb"],
                condition=models.Q(ended_at=None, event=None),
                name="one_open_pause_per_account",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reason} #{self.pk}"


class Sender(Lease):
    """An address that mails come from, with the mail server's trouble if there is any."""

    name = models.CharField(_("name"), max_length=120)
    address = models.EmailField(_("address"))
    reply_to = models.EmailField(_("answers go to"), blank=True)
    mails_per_second = models.FloatField(
        _("mails per second"),
        null=True,
        blank=True,
        validators=[MinValueValidator(0.01)],
        help_text=_("What your mail provider allows. Empty: as fast as it takes them."),
    )
    next_mail_at = models.DateTimeField(default=db_now, editable=False)
    trouble = models.CharField(_("trouble"), max_length=60, blank=True, editable=False)
    trouble_detail = models.CharField(max_length=300, blank=True, editable=False)
    trouble_since = models.DateTimeField(null=True, editable=False)
    trouble_count = models.PositiveIntegerField(default=0, editable=False)
    retry_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("sender")
        verbose_name_plural = _("senders")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.name} <{self.address}>"
