"""What waits at an account, and how many calls and seconds that takes at its pace; or why nothing goes on."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import timedelta
from enum import StrEnum

from django.db.models import Count, Q, QuerySet

from registrations.models import (
    OPEN_STATES,
    Account,
    Bulk,
    Campaign,
    Delivery,
    Enrollment,
    EnrollmentWish,
    Fact,
    Pause,
    Priority,
    Seat,
    Verb,
    Wish,
    db_now,
)
from registrations.services import heartbeats, pace, pauses
from registrations.services.coalescing import QUEUE_FORMS_AT
from registrations.webinar.registry import PROVIDERS

SOON = timedelta(minutes=1)
"""Whose next try is later than this is not reckoned with: a few stragglers say nothing of how long the others wait."""


_Group = tuple[int, int, int | None, bool]
"""Account, event and session (None: the whole series) of seats, and whether each takes a call of its own."""


class Unknown(StrEnum):
    """Why nobody can tell how long it takes."""

    EVERYTHING_PAUSED = "everything_paused"
    WORKERS_SILENT = "workers_silent"
    ACCOUNT_PAUSED = "account_paused"
    TARGET_PAUSED = "target_paused"
    MAIL_TROUBLE = "mail_trouble"
    LATER_TRY = "later_try"


class Backlog:
    """What waits at some accounts, in a few queries however many they are.

    `stopped` says why nothing goes on at all; `has_pauses`, whether some of it stands still.
    """

    def __init__(self, accounts: Iterable[Account]) -> None:
        self._now = db_now()
        self._accounts = {account.pk: account for account in accounts}
        standing = Pause.objects.filter(account__in=self._accounts, ended_at=None)
        self._pauses = list(standing.select_related("event", "session"))
        self.has_pauses = bool(self._pauses)
        self.stopped = _everything_stopped()

    def standstill(self, account: Account, campaign: Campaign | None = None) -> Unknown | None:
        """Why nobody gets in: into anything of an account, or into a campaign's target."""
        mine = [pause for pause in self._pauses if pause.account_id == account.pk]
        if any(pauses.is_account_wide(pause) for pause in mine):
            return Unknown.ACCOUNT_PAUSED
        if campaign is not None and any(_keeps_out(pause, campaign) for pause in mine):
            return Unknown.TARGET_PAUSED
        return None

    def moving(self) -> QuerySet[Seat]:
        """Open seats that are worked off now, as far as they need a call."""
        seats = Seat.objects.filter(account__in=self._accounts, state__in=OPEN_STATES, run_at__lte=self._now + SOON)
        for pause in self._pauses:
            seats = seats.exclude(pauses.covers(pause), account=pause.account_id)
        return seats.exclude(wish=Wish.OUT, participation_id=None)

    def calls(self, marks: Sequence[Q], *, newcomers: tuple[Campaign, int] | None = None) -> list[int]:
        """How many calls the moving seats take that fit each mark; `newcomers` are people whose seats are not there yet."""
        counts = {f"n{number}": Count("pk", filter=mark) if mark else Count("pk") for number, mark in enumerate(marks)}
        groups = self.moving().annotate(alone=self._alone()).order_by().values_list("account", "event", "session", "alone")
        found: dict[_Group, list[int]] = {
            (account, event, session, alone): numbers for account, event, session, alone, *numbers in groups.annotate(**counts)
        }
        if newcomers is not None:
            campaign, count = newcomers
            never = campaign.bulk == Bulk.NEVER
            group = (campaign.event.account_id, campaign.event_id, campaign.session_id, never)
            found[group] = [count + others for others in found.get(group, [0] * len(marks))]
        return [sum(self._calls_for(group, numbers[place]) for group, numbers in found.items()) for place in range(len(marks))]

    def seconds(self, account: Account, calls: int) -> float:
        """How long so many calls of an account take, from its next slot on."""
        held_off = max((account.next_call_at - self._now).total_seconds(), 0.0)
        return held_off + calls * pace.interval(account.calls_per_second)

    def _alone(self) -> Q:
        """Seats that take a call of their own; the same rule as `coalescing` has for one seat."""
        tried = Q(attempts__gt=0) | Q(in_doubt_since__isnull=False) | Q(wish=Wish.OUT) | Q(fact=Fact.IN)
        if not Campaign.objects.filter(event__account__in=self._accounts).exclude(bulk=Bulk.QUEUE).exists():
            return tried
        wanting = Enrollment.objects.filter(
            wish=EnrollmentWish.IN, seat__account__in=self._accounts, seat__state__in=OPEN_STATES
        ).values("seat")
        never = Q(pk__in=wanting.filter(registration__campaign__bulk=Bulk.NEVER))
        imports = Q(pk__in=wanting.filter(registration__campaign__bulk=Bulk.IMPORTS))
        return tried | never | (~Q(priority=Priority.BULK) & imports)

    def _calls_for(self, group: _Group, people: int) -> int:
        account, _, _, alone = group
        limit = PROVIDERS[self._accounts[account].provider].capabilities.bulk_limit
        in_bulk = not alone and people >= QUEUE_FORMS_AT and limit >= QUEUE_FORMS_AT
        return math.ceil(people / limit) if in_bulk else people


def _everything_stopped() -> Unknown | None:
    if Delivery.is_paused():
        return Unknown.EVERYTHING_PAUSED
    at_work = {heartbeats.SEATS, heartbeats.MAILS}
    silent = any(silence.kind in at_work for silence in heartbeats.silences())
    return Unknown.WORKERS_SILENT if silent else None


def _keeps_out(pause: Pause, campaign: Campaign) -> bool:
    target = pause.event_id is None or (pause.event_id, pause.session_id) == (campaign.event_id, campaign.session_id)
    return target and pause.verb in ("", Verb.REGISTER)
