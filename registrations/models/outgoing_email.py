"""One mail to one person, as durable work."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from registrations.models.account import Sender
from registrations.models.fields import EncryptedTextField
from registrations.models.registration import Registration
from registrations.models.step import Step, StepState


class OutgoingEmail(Step):
    """One mail. Unique by (registration, kind, occasion, generation); a generation is a deliberate resend.

    Everything the mail depends on is frozen into `letter` (encrypted JSON) when it is first begun, with its `message_id`, so
    that a repeat after a crash is the same mail. `data_started_at` is set in the instant between RCPT and DATA.
    `silent` mails are worked off like any other but never handed to a mail server. Mails to staff have no registration.
    """

    sender = models.ForeignKey(Sender, on_delete=models.PROTECT, related_name="mails", db_index=False)
    registration = models.ForeignKey(Registration, null=True, on_delete=models.CASCADE, related_name="mails")
    recipient = models.EmailField(blank=True)
    kind = models.CharField(_("kind"), max_length=30)
    occasion = models.CharField(max_length=100, blank=True)
    generation = models.PositiveIntegerField(default=1)
    facts = models.JSONField(default=dict)
    silent = models.BooleanField(default=False)
    letter = EncryptedTextField(blank=True, editable=False)
    message_id = models.CharField(max_length=200, blank=True, editable=False)
    data_started_at = models.DateTimeField(null=True, editable=False)
    possible_second_copy = models.BooleanField(_("possible second copy"), default=False)
    server_reply = models.CharField(_("mail server's words"), max_length=300, blank=True)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        verbose_name = _("mail")
        verbose_name_plural = _("mails")
        constraints = [
            models.UniqueConstraint(
                fields=["registration", "kind", "occasion", "generation"],
                condition=models.Q(registration__isnull=False),
                name="one_mail_per_generation",
            ),
            models.UniqueConstraint(
                fields=["recipient", "kind", "occasion", "generation"],
                condition=models.Q(registration=None),
                name="one_staff_mail_per_occasion",
            ),
        ]
        indexes = [
            models.Index(
                fields=["sender", "priority", "run_at", "id"],
                name="mail_due",
                condition=models.Q(state__in=[StepState.QUEUED, StepState.LEASED]),
            ),
            models.Index(fields=["state"], name="mail_parked", condition=models.Q(state=StepState.PARKED)),
            models.Index(fields=["id"], name="mail_dropped", condition=models.Q(state=StepState.CANCELLED)),
            models.Index(fields=["registration"], name="mail_twice", condition=models.Q(possible_second_copy=True)),
            models.Index(fields=["kind", "id"], name="mail_of_kind"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"
