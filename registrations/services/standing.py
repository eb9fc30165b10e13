"""Where each person stands, in the words that every screen uses."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Case, CharField, Exists, OuterRef, Q, QuerySet, Value, When
from django.utils.translation import gettext_lazy as _

from registrations.models import (
    Delivery,
    Enrollment,
    EnrollmentWish,
    Fact,
    OutgoingEmail,
    Pause,
    Registration,
    Seat,
    StepState,
)

LINK_KINDS = ("link", "known")


class Standing(models.TextChoices):
    """One word for the whole chain, from the form to the room."""

    RECEIVED = "received", _("Received")
    REGISTERING = "registering", _("Registering")
    HELD = "held", _("Waiting for approval")
    REGISTERED = "registered", _("Registered")
    HANDED_OVER = "handed_over", _("Mail handed over")
    SECOND_COPY = "second_copy", _("Possible second copy")
    ATTENTION = "attention", _("Needs attention")
    PAUSED = "paused", _("Paused")
    ENTERED = "entered", _("Entered the room")
    CANCELLED = "cancelled", _("Cancelled")


def with_standing(registrations: QuerySet[Registration]) -> QuerySet[Registration]:
    """Add `standing` (a Standing value) to each registration, computed in the database so that lists can filter by it."""
    mine = Enrollment.objects.filter(registration=OuterRef("pk"))
    seats = Seat.objects.filter(enrollments__registration=OuterRef("pk"), enrollments__wish=EnrollmentWish.IN)
    mails = OutgoingEmail.objects.filter(registration=OuterRef("pk"))
    links = mails.filter(kind__in=LINK_KINDS, state=StepState.SETTLED, silent=False)
    open_seats = seats.filter(state__in=[StepState.QUEUED, StepState.LEASED])
    stopped = open_seats.filter(_paused())
    return registrations.annotate(
        standing=Case(
            When(~Exists(mine.exclude(wish=EnrollmentWish.OUT)), then=Value(Standing.CANCELLED)),
            When(Exists(seats.filter(state=StepState.PARKED)), then=Value(Standing.ATTENTION)),
            When(Exists(mails.filter(state=StepState.PARKED)), then=Value(Standing.ATTENTION)),
            When(Exists(seats.filter(visited_at__isnull=False)), then=Value(Standing.ENTERED)),
            When(Exists(mine.filter(wish=EnrollmentWish.HELD)), then=Value(Standing.HELD)),
            When(Exists(stopped), then=Value(Standing.PAUSED)),
            When(Exists(open_seats.filter(attempts__gt=0).exclude(fact=Fact.IN)), then=Value(Standing.REGISTERING)),
            When(Exists(open_seats.exclude(fact=Fact.IN)), then=Value(Standing.RECEIVED)),
            When(Exists(links.filter(possible_second_copy=True)), then=Value(Standing.SECOND_COPY)),
            When(Exists(links), then=Value(Standing.HANDED_OVER)),
            default=Value(Standing.REGISTERED),
            output_field=CharField(),
        )
    )


def _paused() -> Q:
    """Seats that an open pause, or the switch for everything, keeps waiting."""
    standing = Pause.objects.filter(ended_at=None, account=OuterRef("account"))
    standing = standing.filter(verb__in=["", "register"])
    by_account = Q(Exists(standing.filter(event=None)))
    by_session = Q(Exists(standing.filter(session=OuterRef("session"))))
    by_series = Q(session=None) & Q(Exists(standing.filter(event=OuterRef("event"), session=None)))
    everything = Q(Exists(Delivery.objects.filter(paused_at__isnull=False)))
    return by_account | by_session | by_series | everything


def standing_of(registration: Registration) -> Standing:
    """Where one person stands now."""
    annotated: Any = with_standing(Registration.objects.filter(pk=registration.pk)).get()
    return Standing(annotated.standing)
