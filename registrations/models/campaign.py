"""What a marketer sets up: the sign-up page of one event."""

from __future__ import annotations

import secrets

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from registrations.forms.types import type_choices
from registrations.models.account import Sender
from registrations.models.clock import db_now
from registrations.models.event import Event, Session
from registrations.models.websites import is_secure, origins

DEFAULT_ACCENT = "#2f5bea"


def language_choices() -> list[tuple[str, str]]:
    return [(code, str(name)) for code, name in settings.LANGUAGES]


def new_form_key() -> str:
    """A key for a form on somebody's own page; it stands there for everybody to read."""
    return secrets.token_urlsafe(12)


class Bulk(models.TextChoices):
    """When many people may be registered by one call, whose answer says less about each."""

    QUEUE = "queue", _("when a queue forms")
    IMPORTS = "imports", _("for imports only")
    NEVER = "never", _("never")


class Choosing(models.TextChoices):
    """What people sign up for where a campaign is for a series."""

    WHOLE = "whole", _("the whole series, by one registration")
    EACH = "each", _("every session of the series, one by one")
    DATES = "dates", _("the dates they choose")


class Campaign(models.Model):
    """The sign-up page of one event, its texts, questions and opening times. `session` is empty where it is for a series.

    Whoever signs up may first have to confirm their address, be approved, or wait for a place: `Enrollment.held_for`.
    """

    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="campaigns", verbose_name=_("event"))
    session = models.ForeignKey(
        Session,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="campaigns",
        verbose_name=_("session"),
        help_text=_("People are registered for this one session. Empty: for the whole series, or the dates they choose."),
    )
    choosing = models.CharField(
        _("people sign up for"),
        max_length=5,
        choices=Choosing.choices,
        default=Choosing.WHOLE,
        help_text=_(
            "One registration for all is possible only where the series allows it on the platform. Sessions that are added "
            "later are taken too by whoever has all of them."
        ),
    )
    slug = models.SlugField(_("address of the page"), max_length=80, unique=True)
    title = models.CharField(_("title"), max_length=200)
    organizer = models.CharField(_("organiser"), max_length=200, blank=True, help_text=_("Who invites, as people know you."))
    description = models.TextField(
        _("description"), blank=True, help_text=_("Simple HTML: paragraphs, lists, bold, links. The rest is removed.")
    )
    language = models.CharField(_("language"), max_length=10, choices=language_choices, default="ru")
    opens_at = models.DateTimeField(_("opens"), null=True, blank=True)
    closes_at = models.DateTimeField(_("closes"), null=True, blank=True)
    places = models.PositiveIntegerField(_("places"), null=True, blank=True, help_text=_("Empty: no limit."))
    waiting_list = models.BooleanField(
        _("waiting list"),
        default=False,
        help_text=_("Whoever finds no place waits for one and moves up by themselves. They are told by mail only."),
    )
    approval = models.BooleanField(
        _("approval"), default=False, help_text=_("You decide about each person before they are registered on the platform.")
    )
    confirm_address = models.BooleanField(
        _("confirmed address"),
        default=False,
        help_text=_(
            "People press a button in a mail before they are registered. Whoever does not frees their place after two hours."
        ),
    )
    bulk = models.CharField(
        _("many people in one call"),
        max_length=10,
        choices=Bulk.choices,
        default=Bulk.QUEUE,
        help_text=_("Fifty people take one call instead of fifty. Whoever the answer leaves out is registered singly."),
    )
    published = models.BooleanField(_("published"), default=True)
    listed = models.BooleanField(
        _("listed"),
        default=True,
        help_text=_(
            "On the front page, in the feeds and in search engines. Without it only those who have the address find it."
        ),
    )
    contact_email = models.EmailField(
        _("contact for people"), blank=True, help_text=_("Shown on every page and mail. Empty: the installation's.")
    )
    mail_intro = models.TextField(
        _("your words in the mail"),
        blank=True,
        help_text=_("Plain text above the link. You may use {{first_name}}, {{last_name}}, {{event}} and {{date}}."),
    )
    accent = models.CharField(
        _("accent colour"),
        max_length=7,
        default=DEFAULT_ACCENT,
        validators=[RegexValidator(r"^#[0-9a-fA-F]{6}$", _("A colour looks like #2f5bea."))],
    )
    cover = models.CharField(max_length=32, blank=True, editable=False)
    """What the files of the cover are called by: `services.covers`."""
    cover_width = models.PositiveSmallIntegerField(default=0, editable=False)
    cover_alt = models.CharField(
        _("what the cover shows"),
        max_length=200,
        blank=True,
        help_text=_("In a few words, for people who cannot see it, and where it does not load."),
    )
    cover_decorates = models.BooleanField(
        _("the cover only decorates"),
        default=False,
        help_text=_("It says nothing that the words do not: no description is needed."),
    )
    sender = models.ForeignKey(
        Sender, null=True, blank=True, on_delete=models.PROTECT, related_name="campaigns", verbose_name=_("sender")
    )
    websites = models.TextField(
        _("your websites"),
        blank=True,
        help_text=_("Where the form may stand, one address per line, like https://www.example.org. Empty: on no other site."),
    )
    proof_of_work = models.BooleanField(
        _("proof of work"),
        default=False,
        help_text=_(
            "Browsers work for a second or two before a form is taken, which is dear for programs that send many. People have "
            "nothing to do; without JavaScript they cannot use the form."
        ),
    )
    form_key = models.CharField(max_length=32, default=new_form_key, editable=False)
    created_at = models.DateTimeField(default=db_now, editable=False)

    class Meta:
        verbose_name = _("campaign")
        verbose_name_plural = _("campaigns")
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return f"/c/{self.slug}/"

    @property
    def by_session(self) -> bool:
        """People get a seat in each of several sessions, all or those they choose, and not one in the whole series."""
        return self.session_id is None and self.choosing != Choosing.WHOLE

    @property
    def chooses_dates(self) -> bool:
        """People say which of the sessions they come to."""
        return self.session_id is None and self.choosing == Choosing.DATES

    @property
    def contact(self) -> str:
        """The human to write to, on every page and mail."""
        return self.contact_email or settings.CONTACT_EMAIL

    @property
    def wants_proof(self) -> bool:
        """Whether browsers have to work for this form. Never where our pages cannot let them: nobody could sign up."""
        return self.proof_of_work and is_secure(settings.PUBLIC_URL)

    def website_list(self) -> tuple[str, ...]:
        """The origins that may hold the form. Only what is one: they go into a header."""
        return origins(self.websites)


class Question(models.Model):
    """One field of a campaign's form. Its key never changes, so that answers survive new labels."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="questions")
    key = models.SlugField(
        _("key"), max_length=40, help_text=_("A short name that answers are kept under; it cannot change later.")
    )
    type = models.CharField(_("type"), max_length=20, choices=type_choices, default="text")
    label = models.CharField(_("label"), max_length=200)
    help_text = models.CharField(_("help"), max_length=300, blank=True)
    required = models.BooleanField(_("required"), default=False)
    choices = models.TextField(_("choices"), blank=True, help_text=_("One per line."))
    options = models.JSONField(_("options"), default=dict, blank=True)
    """What else the type takes, read by `forms.Options`."""
    extra_field = models.CharField(
        _("fills the platform's field"),
        max_length=64,
        blank=True,
        help_text=_("An extra field of the event at the platform that this answer is sent as."),
    )
    fallback = models.CharField(
        _("sent for earlier sign-ups"),
        max_length=200,
        blank=True,
        help_text=_("What the platform gets for people who signed up before this question existed."),
    )
    position = models.PositiveSmallIntegerField(_("order"), default=0)

    class Meta:
        verbose_name = _("question")
        verbose_name_plural = _("questions")
        ordering = ["position", "pk"]
        constraints = [models.UniqueConstraint(fields=["campaign", "key"], name="one_question_per_key")]

    def __str__(self) -> str:
        return self.label

    def clean(self) -> None:
        if self.pk and not Question.objects.filter(pk=self.pk, key=self.key).exists():
            raise ValidationError({"key": _("The key cannot change: the answers are kept under it.")})

    def choice_list(self) -> tuple[str, ...]:
        return tuple(line.strip() for line in self.choices.splitlines() if line.strip())
