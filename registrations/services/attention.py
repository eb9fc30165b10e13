"""What waits for a person, and what stands still: the same numbers for every staff screen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q, QuerySet

from registrations.models import (
    OPEN_STATES,
    Account,
    Campaign,
    Delivery,
    Enrollment,
    EnrollmentWish,
    Erasure,
    EventStatus,
    OutgoingEmail,
    Pause,
    Registration,
    Seat,
    Sender,
    StepState,
    db_now,
)
from registrations.models.conditions import literally
from registrations.services.standing import with_standing


@dataclass(frozen=True, slots=True)
class Overview:
    """What is parked, which pauses stand, which senders are in trouble, since when everything is paused.

    Seats are counted, not people: a person with two parked seats needs two looks.
    """

    parked_seats: int
    parked_mails: int
    parked_erasures: int
    pauses: tuple[Pause, ...]
    senders: tuple[Sender, ...]
    accounts: tuple[Account, ...]
    everything_since: datetime | None
    everything_by: str

    @property
    def parked(self) -> int:
        return self.parked_seats + self.parked_mails + self.parked_erasures

    @property
    def account_pauses(self) -> tuple[Pause, ...]:
        """The pauses under which nothing of an account works."""
        return tuple(pause for pause in self.pauses if pause.event_id is None and not pause.verb)

    @property
    def is_calm(self) -> bool:
        """Nothing waits for a person and nothing stands still."""
        return not (self.parked or self.pauses or self.senders or self.accounts or self.everything_since)


def overview() -> Overview:
    """All that needs attention now. Seven queries, each over a partial index or a handful of rows."""
    switch = Delivery.objects.filter(paused_at__isnull=False).select_related("paused_by").first()
    return Overview(
        parked_seats=Seat.objects.filter(literally("state", StepState.PARKED)).count(),
        parked_mails=OutgoingEmail.objects.filter(literally("state", StepState.PARKED)).count(),
        parked_erasures=Erasure.objects.filter(state=StepState.PARKED).count(),
        pauses=tuple(
            Pause.objects.filter(ended_at=None).select_related("account", "event__account", "session").order_by("since")
        ),
        senders=tuple(Sender.objects.exclude(trouble="")),
        accounts=tuple(Account.objects.exclude(sync_trouble="").defer("api_key")),
        everything_since=switch.paused_at if switch else None,
        everything_by=switch.paused_by.get_username() if switch and switch.paused_by else "",
    )


def registrations_needing_attention() -> QuerySet[Enrollment, int]:
    """Ids of registrations with a parked seat or mail."""
    by_mail = _of_mails(literally("state", StepState.PARKED) & Q(registration__isnull=False))
    return _of_seats(literally("state", StepState.PARKED)).union(by_mail)


def registrations_at_work() -> QuerySet[Enrollment, int]:
    """Ids of registrations with a seat that is queued or under way."""
    return _of_seats(literally("state", *OPEN_STATES))


def registrations_entered() -> QuerySet[Enrollment, int]:
    """Ids of registrations whose person has been seen in a room."""
    return _of_seats(Q(visited_at__isnull=False))


def registrations_held() -> QuerySet[Enrollment, int]:
    """Ids of registrations that wait for something, or wait no more because they were left out."""
    return _wishing(literally("wish", EnrollmentWish.HELD))


def registrations_cancelled() -> QuerySet[Enrollment, int]:
    """Ids of registrations that do not want one of their seats any more."""
    return _wishing(literally("wish", EnrollmentWish.OUT))


def registrations_mailed_twice() -> QuerySet[OutgoingEmail, int]:
    """Ids of registrations with a mail that may have arrived twice."""
    return _of_mails(Q(possible_second_copy=True))


def _of_seats(condition: Q) -> QuerySet[Enrollment, int]:
    # Not by a join: SQLite may begin with the enrollments, which are many, and ask each for its seat.
    return _wishing(Q(seat__in=Seat.objects.filter(condition).order_by().values("pk")))


def _wishing(condition: Q) -> QuerySet[Enrollment, int]:
    return Enrollment.objects.filter(condition).order_by().values_list("registration_id", flat=True)


def _of_mails(condition: Q) -> QuerySet[OutgoingEmail, int]:
    return OutgoingEmail.objects.filter(condition).order_by().values_list("registration_id", flat=True)


def coming_campaigns(*, limit: int) -> list[Campaign]:
    """Published campaigns whose event is not over, the soonest first."""
    coming = Q(event__ends_at__gt=db_now()) | Q(event__ends_at=None)
    found = Campaign.objects.filter(coming, published=True).exclude(event__status=EventStatus.CANCELLED)
    found = found.select_related("event__account", "session").defer("event__account__api_key")
    return list(found.order_by("event__starts_at", "pk")[:limit])


def standings(*, campaign_ids: list[int]) -> dict[int, dict[str, int]]:
    """How many people of each campaign stand where: campaign id → Standing value → people."""
    people = with_standing(Registration.objects.filter(campaign__in=campaign_ids)).order_by()
    found: dict[int, dict[str, int]] = {}
    for campaign_id, standing, count in people.values_list("campaign_id", "standing").annotate(count=Count("pk")):  # type: ignore[misc]
        found.setdefault(campaign_id, {})[standing] = count
    return found
