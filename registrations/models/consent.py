"""What people agree to, in which words, and who agreed when."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from registrations.models.campaign import Campaign, language_choices
from registrations.models.clock import db_now
from registrations.models.fields import fingerprint
from registrations.models.registration import Submission


class Purpose(models.TextChoices):
    """What an agreement is for. Each has a box of its own: one tick must never stand for two purposes."""

    PROCESSING = "processing", _("processing personal data")
    TRANSFER = "transfer", _("passing data to the webinar platform")
    MARKETING = "marketing", _("news and offers")
    OTHER = "other", _("something else")


class ConsentText(models.Model):
    """One version of the words of an agreement: what stands beside the box, and the document that it links to.

    Once somebody has agreed to it, it never changes; new words are a new version. `fingerprint` is the SHA-256 of both.
    """

    purpose = models.CharField(_("what for"), max_length=20, choices=Purpose.choices)
    language = models.CharField(_("language"), max_length=10, choices=language_choices, default="ru")
    statement = models.CharField(
        _("words beside the box"), max_length=300, help_text=_("One sentence, such as “I agree that my data is processed”.")
    )
    document = models.TextField(_("document"), help_text=_("The whole text, on a page of its own. Plain text."))
    fingerprint = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(_("written"), default=db_now, editable=False)

    class Meta:
        verbose_name = _("consent text")
        verbose_name_plural = _("consent texts")
        ordering = ["purpose", "-pk"]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()}: {self.statement}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.fingerprint = self._fingerprint()
        super().save(*args, **kwargs)

    @property
    def is_fixed(self) -> bool:
        """Somebody has agreed to these very words."""
        return self.pk is not None and self.given.exists()

    def clean(self) -> None:
        self.document = self.document.replace("\r\n", "\n")
        if ConsentText.objects.filter(fingerprint=self._fingerprint()).exclude(pk=self.pk).exists():
            raise ValidationError(_("There is a version with exactly these words."))

    def _fingerprint(self) -> str:
        return fingerprint("\n".join((self.purpose, self.language, self.statement, self.document)))


class ConsentBox(models.Model):
    """A box to tick on a campaign's form. Never ticked beforehand."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="consent_boxes")
    text = models.ForeignKey(ConsentText, on_delete=models.PROTECT, related_name="boxes", verbose_name=_("consent text"))
    required = models.BooleanField(
        _("required"), default=True, help_text=_("Nobody can sign up without it. Never for news and offers.")
    )
    position = models.PositiveSmallIntegerField(_("order"), default=0)

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        ordering = ["position", "pk"]
        constraints = [models.UniqueConstraint(fields=["campaign", "text"], name="one_box_per_text")]

    def __str__(self) -> str:
        return str(self.text)

    def clean(self) -> None:
        if self.required and self.text_id is not None and self.text.purpose == Purpose.MARKETING:
            raise ValidationError({"required": _("Nobody may be made to agree to news and offers.")})


class Consent(models.Model):
    """That somebody ticked a box: which words, when, from which address, on which page. Never changed, only erased."""

    submission = models.ForeignKey(Submission, on_delete=models.CASCADE, related_name="consents")
    text = models.ForeignKey(ConsentText, on_delete=models.PROTECT, related_name="given")
    fingerprint = models.CharField(max_length=64)
    given_at = models.DateTimeField(default=db_now)
    ip = models.GenericIPAddressField(null=True)
    page = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name = _("given consent")
        verbose_name_plural = _("given consents")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"#{self.pk}"
