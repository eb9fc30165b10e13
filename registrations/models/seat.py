"""One address in one target at the platform: what is wanted, and what is known to be so."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from registrations.models.account import Account
from registrations.models.event import Event, Session
from registrations.models.fields import EncryptedTextField, fingerprint
from registrations.models.step import Step, StepState
from registrations.webinar.provider import Target


class Wish(models.TextChoices):
    IN = "in", _("wanted in")
    OUT = "out", _("wanted out")


class Fact(models.TextChoices):
    UNKNOWN = "unknown", _("not known")
    IN = "in", _("in")
    OUT = "out", _("out")


class Verb(models.TextChoices):
    """The kind of call a seat's next step makes; pauses may name one."""

    REGISTER = "register", _("registering")
    DELETE = "delete", _("deleting")


class Seat(Step):
    """One normalised address in one target. Work is due until the fact equals the wish; a changed wish raises `version`.

    `session` is empty for a whole-series seat. `link` is the personal join link, a secret; `link_hash` makes it unique, so
    that one link can never belong to two people. `participation_id` is what the platform calls the registration.
    `admitted_at` remembers that the platform let this participation in: whoever is out after that was put out there.
    `link_version` rises with every new link, so that calendars replace the old one.
    `missed_at` is when a look at the participants list first did not find a seat in doubt.
    """

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="seats", db_index=False)
    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="seats")
    session = models.ForeignKey(Session, null=True, blank=True, on_delete=models.PROTECT, related_name="seats")
    address = models.EmailField(_("address"))
    wish = models.CharField(_("wish"), max_length=3, choices=Wish.choices, default=Wish.IN)
    fact = models.CharField(_("fact"), max_length=7, choices=Fact.choices, default=Fact.UNKNOWN)
    participation_id = models.CharField(_("registration at the platform"), max_length=64, null=True, blank=True)  # noqa: DJ001
    link = EncryptedTextField(blank=True, editable=False)
    link_hash = models.CharField(max_length=64, null=True, unique=True, editable=False)  # noqa: DJ001
    link_inferred = models.BooleanField(default=False, editable=False)
    link_version = models.PositiveIntegerField(default=0, editable=False)
    first_call_at = models.DateTimeField(null=True, editable=False)
    admitted_at = models.DateTimeField(null=True, editable=False)
    missed_at = models.DateTimeField(null=True, editable=False)
    visited_at = models.DateTimeField(_("entered the room"), null=True, editable=False)

    class Meta:
        verbose_name = _("seat")
        verbose_name_plural = _("seats")
        constraints = [
            models.UniqueConstraint(fields=["event", "address"], condition=models.Q(session=None), name="one_seat_per_series"),
            models.UniqueConstraint(
                fields=["session", "address"], condition=models.Q(session__isnull=False), name="one_seat_per_session"
            ),
            models.UniqueConstraint(fields=["account", "participation_id"], name="one_seat_per_participation"),
        ]
        indexes = [
            models.Index(
                fields=["account", "priority", "run_at", "id"],
                name="seat_due",
                condition=models.Q(state__in=[StepState.QUEUED, StepState.LEASED]),
            ),
            models.Index(fields=["state"], name="seat_parked", condition=models.Q(state=StepState.PARKED)),
            models.Index(fields=["visited_at"], name="seat_visited", condition=models.Q(visited_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"

    @property
    def target(self) -> Target:
        """The same as the platform library names it."""
        return Target(event_id=self.event.external_id, session_id=self.session.external_id if self.session is not None else "")

    @property
    def place(self) -> Event | Session:
        """The mirror of the target."""
        return self.session or self.event

    def of_target(self) -> models.QuerySet[Seat]:
        """All seats of the same target."""
        return Seat.objects.filter(event=self.event, session=self.session)

    @property
    def verb(self) -> Verb:
        return Verb.REGISTER if self.wish == Wish.IN else Verb.DELETE

    @property
    def is_fulfilled(self) -> bool:
        """The fact equals the wish, and whoever is in has a link."""
        if self.wish == Wish.OUT:
            return self.fact == Fact.OUT
        return self.fact == Fact.IN and bool(self.link_hash)

    def want(self, wish: Wish) -> bool:
        """Set the wish; True if that changes it. The row must be locked or fresh, and saved by the caller.

        A leased row keeps its lease: its owner finds the version changed and puts the row back in the queue.
        """
        if self.wish == wish:
            return False
        self.wish = wish
        self.version += 1
        self.requeue()
        return True

    @staticmethod
    def link_fingerprint(link: str) -> str | None:
        """What `link_hash` holds for a link; None for no link, so that many seats may have none."""
        return fingerprint(link) if link else None
