"""Where each person stands, in the words that every screen uses."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from django.db import models
from django.db.models import Case, CharField, Exists, Min, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce, Least, Substr
from django.utils.translation import gettext_lazy as _

from registrations.models import (
    OPEN_STATES,
    Delivery,
    Enrollment,
    EnrollmentWish,
    Fact,
    HeldFor,
    OutgoingEmail,
    Pause,
    Registration,
    StepState,
)

LINK_KINDS = ("link", "known")
RANK_DIGITS = 2
CHUNK = 1_000


class Standing(models.TextChoices):
    """One word for the whole chain, from the form to the room."""

    RECEIVED = "received", _("Received")
    REGISTERING = "registering", _("Registering")
    HELD = "held", _("Waiting for approval")
    UNCONFIRMED = "unconfirmed", _("Address not confirmed")
    WAITING = "waiting", _("On the waiting list")
    NO_PLACE = "no_place", _("No place")
    DECLINED = "declined", _("Declined")
    REGISTERED = "registered", _("Registered")
    HANDED_OVER = "handed_over", _("Mail handed over")
    SECOND_COPY = "second_copy", _("Possible second copy")
    ATTENTION = "attention", _("Needs attention")
    PAUSED = "paused", _("Paused")
    ENTERED = "entered", _("Entered the room")
    CANCELLED = "cancelled", _("Cancelled")
    ERASED = "erased", _("Erased")


STANDING_OF: Mapping[str, Standing] = {
    HeldFor.CONFIRMATION: Standing.UNCONFIRMED,
    HeldFor.APPROVAL: Standing.HELD,
    HeldFor.PLACE: Standing.WAITING,
    HeldFor.NO_PLACE: Standing.NO_PLACE,
    HeldFor.DECLINED: Standing.DECLINED,
}
"""What an enrollment is held for → where the person stands."""

_URGENCY = (
    Standing.ERASED,
    Standing.CANCELLED,
    Standing.ATTENTION,
    Standing.ENTERED,
    Standing.HELD,
    Standing.UNCONFIRMED,
    Standing.WAITING,
    Standing.NO_PLACE,
    Standing.DECLINED,
    Standing.PAUSED,
    Standing.REGISTERING,
    Standing.RECEIVED,
    Standing.SECOND_COPY,
    Standing.HANDED_OVER,
    Standing.REGISTERED,
)
"""What is said of somebody of whom several things hold: the first of these."""


def with_standing(registrations: QuerySet[Registration]) -> QuerySet[Registration]:
    """Add `standing` (a Standing value) to each registration, computed in the database so that lists can filter by it.

    Costs two look-ups by index for each row that is read, however many there are.
    """
    return registrations.annotate(standing=_standing())


@cache
def _standing() -> Substr:
    by_seats = Case(
        When(token="", then=_ranked(Standing.ERASED)),  # the private page is the first thing that goes
        default=Coalesce(_most_urgent(_by_seats()), _ranked(Standing.CANCELLED)),
        output_field=CharField(),
    )
    by_mails = Coalesce(_most_urgent(_by_mails()), _ranked(Standing.REGISTERED))
    return Substr(Least(by_seats, by_mails), RANK_DIGITS + 1, output_field=CharField())


def _ranked(standing: Standing) -> Value:
    """A standing behind its rank, so that the smallest text of all that hold is what to say."""
    return Value(f"{_URGENCY.index(standing):0{RANK_DIGITS}}{standing.value}")


def _most_urgent(rows: QuerySet[Any]) -> Subquery:
    """The least `word` of the rows of one registration. An aggregate: PostgreSQL would work an EXISTS out for everybody."""
    mine = rows.order_by().filter(registration=OuterRef("pk")).values("registration")
    return Subquery(mine.annotate(least=Min("word")).values("least"), output_field=CharField())


def _by_seats() -> QuerySet[Enrollment]:
    wants_in, is_held = Q(wish=EnrollmentWish.IN), Q(wish=EnrollmentWish.HELD)
    is_open = wants_in & Q(seat__state__in=OPEN_STATES)
    missing = is_open & ~Q(seat__fact=Fact.IN)
    word = Case(
        When(wants_in & Q(seat__state=StepState.PARKED), then=_ranked(Standing.ATTENTION)),
        When(wants_in & Q(seat__visited_at__isnull=False), then=_ranked(Standing.ENTERED)),
        *(When(is_held & Q(held_for=held_for), then=_ranked(standing)) for held_for, standing in STANDING_OF.items()),
        When(is_held, then=_ranked(Standing.HELD)),
        When(is_open & _paused(), then=_ranked(Standing.PAUSED)),
        When(missing & Q(seat__attempts__gt=0), then=_ranked(Standing.REGISTERING)),
        When(missing, then=_ranked(Standing.RECEIVED)),
        default=_ranked(Standing.REGISTERED),
        output_field=CharField(),
    )
    return Enrollment.objects.exclude(wish=EnrollmentWish.OUT).annotate(word=word)


def _by_mails() -> QuerySet[OutgoingEmail]:
    arrived = Q(kind__in=LINK_KINDS, state=StepState.SETTLED, silent=False)
    word = Case(
        When(state=StepState.PARKED, then=_ranked(Standing.ATTENTION)),
        When(arrived & Q(possible_second_copy=True), then=_ranked(Standing.SECOND_COPY)),
        When(arrived, then=_ranked(Standing.HANDED_OVER)),
        default=_ranked(Standing.REGISTERED),
        output_field=CharField(),
    )
    return OutgoingEmail.objects.annotate(word=word)


def _paused() -> Q:
    """Seats of enrollments that an open pause, or the switch for everything, keeps waiting."""
    standing = Pause.objects.filter(ended_at=None, account=OuterRef("seat__account"))
    standing = standing.filter(verb__in=["", "register"])
    by_account = Q(Exists(standing.filter(event=None)))
    by_session = Q(Exists(standing.filter(session=OuterRef("seat__session"))))
    by_series = Q(seat__session=None) & Q(Exists(standing.filter(event=OuterRef("seat__event"), session=None)))
    everything = Q(Exists(Delivery.objects.filter(paused_at__isnull=False)))
    return by_account | by_session | by_series | everything


def newest_of_standing(
    *, people: QuerySet[Registration], standing: Standing, limit: int, at_most: int
) -> tuple[list[int], bool]:
    """Ids of up to `limit` of these people who stand so, the newest first, and whether people were left unlooked at.

    Looks through `at_most` people. Where somebody stands is worked out for a chunk of people at a time: no database can tell
    beforehand how many of them will stand so, and each guesses wrong.
    """
    found: list[int] = []
    chunk: list[int] = []
    for looked_at in range(0, at_most, CHUNK):
        older = people.filter(pk__lt=chunk[-1]) if looked_at else people
        chunk = list(older.order_by("-pk").values_list("pk", flat=True)[:CHUNK])
        there = with_standing(Registration.objects.filter(pk__in=chunk)).filter(Q(standing=standing))
        found.extend(there.order_by("-pk").values_list("pk", flat=True))
        if len(found) >= limit or len(chunk) < CHUNK:
            return found[:limit], False
    return found, True


def standing_of(registration: Registration) -> Standing:
    """Where one person stands now."""
    annotated: Any = with_standing(Registration.objects.filter(pk=registration.pk)).get()
    return Standing(annotated.standing)
