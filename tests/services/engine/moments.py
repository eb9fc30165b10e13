"""When something is due next, by what stands in the database."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q

from registrations.models import OPEN_STATES, Account, OutgoingEmail, Pause, Seat, Sender, Step, StepState, Submission

FOLLOW_UPS = (timedelta(minutes=2), timedelta(minutes=5))


def next_moment(now: datetime) -> datetime | None:
    """When something is due next; None if nothing waits any more."""
    moments: list[datetime | None] = []
    for model in (Seat, OutgoingEmail):
        for state, run_at, lease_until in model.objects.filter(state__in=OPEN_STATES).values_list(
            "state", "run_at", "lease_until"
        ):
            moments.append(run_at if state == StepState.QUEUED else lease_until)
    moments += Pause.objects.filter(ended_at=None).values_list("next_probe_at", flat=True)
    if moments:
        moments += Sender.objects.values_list("retry_at", flat=True)
        for holder in (Account, Sender):
            moments += holder.objects.values_list("lease_until", flat=True)
    for received_at in Submission.objects.filter(mail=None).values_list("received_at", flat=True):
        moments += [received_at + wait for wait in FOLLOW_UPS if received_at + wait > now]
    if not moments:
        return None
    return min((moment for moment in moments if moment is not None and moment > now), default=now + timedelta(seconds=60))


def is_due(model: type[Step], now: datetime) -> bool:
    """Whether a worker would find something to do."""
    due = Q(state=StepState.QUEUED, run_at__lte=now) | Q(state=StepState.LEASED, lease_until__lt=now)
    return model._default_manager.filter(due).exists()


def held_until(now: datetime) -> datetime | None:
    """Until when a dead worker, or the mail server's trouble, keeps others from working; None if nothing does."""
    moments = [*Account.objects.values_list("lease_until", flat=True)]
    for until in Sender.objects.values_list("lease_until", "retry_at"):
        moments += until
    return max((moment for moment in moments if moment is not None and moment > now), default=None)
