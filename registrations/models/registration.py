"""One person in one campaign, the forms they sent, and what they want."""

from __future__ import annotations

import secrets

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from registrations.models.campaign import Campaign
from registrations.models.clock import db_now
from registrations.models.fields import EncryptedTextField, fingerprint
from registrations.models.seat import Seat


class Registration(models.Model):
    """One person in one campaign, found by their normalised address. Holds the answers that count and the private token.

    `attribution` says where they came from when they first signed up; None where nobody knows. `all_dates` is the standing
    choice of every session of the series, those that are added later too.
    """

    campaign = models.ForeignKey(
        Campaign, on_delete=models.PROTECT, related_name="registrations", verbose_name=_("campaign"), db_index=False
    )
    email = models.EmailField(_("e-mail"))
    first_name = models.CharField(_("first name"), max_length=100)
    last_name = models.CharField(_("last name"), max_length=100, blank=True)
    answers = models.JSONField(_("answers"), default=dict)
    language = models.CharField(_("language"), max_length=10)
    time_zone = models.CharField(_("time zone"), max_length=64, blank=True)
    token = EncryptedTextField(editable=False)
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    attribution = models.JSONField(_("came from"), null=True, editable=False)
    all_dates = models.BooleanField(_("all dates, later ones too"), default=False)
    created_at = models.DateTimeField(_("signed up"), default=db_now, editable=False)

    class Meta:
        verbose_name = _("registration")
        verbose_name_plural = _("registrations")
        ordering = ["-pk"]
        constraints = [models.UniqueConstraint(fields=["campaign", "email"], name="one_registration_per_person")]
        permissions = [
            ("view_join_link", _("Can see personal join links")),
            ("resend_link", _("Can resend links")),
            ("approve_registration", _("Can approve and decline people")),
        ]
        indexes = [
            models.Index(fields=["campaign", "id"], name="registration_of_campaign"),
            models.Index(fields=["language", "id"], name="registration_in_language"),
            models.Index(fields=["created_at"], name="registration_signed_up"),
            models.Index(fields=["email"], name="registration_email"),
            models.Index(fields=["campaign", "id"], name="registration_all_dates", condition=models.Q(all_dates=True)),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"

    def set_new_token(self) -> None:
        """Give the private page a fresh address: 32 random bytes; the old one opens nothing any more."""
        self.token = secrets.token_urlsafe(32)
        self.token_hash = fingerprint(self.token)

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()


class Import(models.Model):
    """One list of people that staff brought into a campaign. `basis` is why we may write to them, as the importer asserts.

    Its forms are told from other forms by the name `import:<id>`, so that going on with a broken-off import repeats nobody.
    """

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="imports", verbose_name=_("campaign"))
    name = models.CharField(_("list"), max_length=200)
    basis = models.CharField(_("why we may write to them"), max_length=300)
    imported_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    began_at = models.DateTimeField(_("began"), default=db_now, editable=False)
    ended_at = models.DateTimeField(_("written down"), null=True, editable=False)
    new = models.PositiveIntegerField(_("new people"), default=0)
    known = models.PositiveIntegerField(_("known before"), default=0)
    refused = models.PositiveIntegerField(_("rows refused"), default=0)

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.name


class Submission(models.Model):
    """One accepted form post, or one row of an import; never changed but for what was answered to it.

    Unique by (campaign, form token, content): the same content again is a repeat. The visitor follows it by a progress
    token of which only the fingerprint is kept. `mail` is the mail that answers it; `late_notice` says it will be late.
    `basis` is why we may write to somebody who ticked no box, as whoever handed the form in asserts. `sessions` are the ids of
    the chosen ones, `all_dates` the standing choice of all. `verdict` is what a known person said of it.
    """

    class Verdict(models.TextChoices):
        ADOPTED = "adopted", _("adopted")
        LEFT = "left", _("left as it was")
        NOT_MINE = "not_mine", _("not theirs")

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="submissions")
    registration = models.ForeignKey(Registration, on_delete=models.CASCADE, related_name="submissions")
    form_token = models.CharField(max_length=64)
    content_hash = models.CharField(max_length=64)
    progress_hash = models.CharField(max_length=64, unique=True)
    email = models.EmailField()
    first_name = models.CharField(max_length=100)
    last_name = models.CharField(max_length=100, blank=True)
    answers = models.JSONField(default=dict)
    sessions = models.JSONField(default=list)
    all_dates = models.BooleanField(default=False)
    verdict = models.CharField(max_length=8, blank=True, choices=Verdict.choices)
    from_known_person = models.BooleanField(default=False)
    basis = models.CharField(max_length=300, blank=True)
    attribution = models.JSONField(null=True)
    imported = models.ForeignKey(Import, null=True, on_delete=models.PROTECT, related_name="submissions")
    received_at = models.DateTimeField(default=db_now)
    mail = models.ForeignKey("registrations.OutgoingEmail", null=True, on_delete=models.SET_NULL, related_name="answers_to")
    late_notice_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("submission")
        verbose_name_plural = _("submissions")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["campaign", "form_token", "content_hash"], name="one_submission_per_content")
        ]
        indexes = [models.Index(fields=["received_at"], name="submission_unanswered", condition=models.Q(mail=None))]

    def __str__(self) -> str:
        return f"#{self.pk}"

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def is_waited_for(self) -> bool:
        """Somebody waits for the answer: not those whom a list brought, nor those who are enrolled in a date added later."""
        return self.late_notice_at != self.received_at


class EnrollmentWish(models.TextChoices):
    IN = "in", _("wants in")
    HELD = "held", _("held")
    OUT = "out", _("out")


class HeldFor(models.TextChoices):
    """What an enrollment waits for, or why it waits for nothing more. Whoever waits for a place, or found none, takes none."""

    CONFIRMATION = "confirmation", _("the person to confirm their address")
    APPROVAL = "approval", _("approval")
    PLACE = "place", _("a place")
    NO_PLACE = "no_place", _("nothing: all places were taken")
    DECLINED = "declined", _("nothing: the organiser declined")


class Enrollment(models.Model):
    """One registration's wish for one seat. A seat is wanted while any enrollment wants in. `held_for`: why it is held.

    All enrollments of one registration are held for the same thing. `changed_at` is since when, and who has waited longest.
    """

    registration = models.ForeignKey(Registration, on_delete=models.CASCADE, related_name="enrollments")
    seat = models.ForeignKey(Seat, on_delete=models.PROTECT, related_name="enrollments")
    wish = models.CharField(max_length=4, choices=EnrollmentWish.choices, default=EnrollmentWish.IN)
    held_for = models.CharField(max_length=12, blank=True, choices=HeldFor.choices)
    changed_at = models.DateTimeField(default=db_now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["registration", "seat"], name="one_wish_per_seat")]
        indexes = [
            models.Index(fields=["registration"], name="wish_held", condition=models.Q(wish=EnrollmentWish.HELD)),
            models.Index(fields=["registration"], name="wish_out", condition=models.Q(wish=EnrollmentWish.OUT)),
            models.Index(fields=["registration"], name="wish_place", condition=models.Q(held_for=HeldFor.PLACE)),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"
