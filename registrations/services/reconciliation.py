"""Comparing the platform's participants lists with our seats, once a night. It reports, and changes nothing anywhere."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

from registrations.mailing.times import known_zone
from registrations.models import (
    Account,
    Campaign,
    Delivery,
    Event,
    EventStatus,
    Fact,
    Pause,
    Reconciliation,
    Seat,
    Session,
    StepState,
    Wish,
    db_now,
)
from registrations.services import dates, pace
from registrations.services.platform import connected
from registrations.webinar.errors import PlatformError, Throttled
from registrations.webinar.provider import Participation, Target

NIGHT_HOURS = range(2, 5)
TAKEN_UP_AFTER = timedelta(hours=1)
TRIED_AGAIN_AFTER = timedelta(minutes=10)
SLICE_SECONDS = 50.0
PATIENCE_SECONDS = 60.0

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the comparison of one target went: its row, and what kept it from being finished (empty: nothing)."""

    comparison: Reconciliation
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class _Ours:
    """What we hold of one target at one moment: who is in and at rest, by seat id, and everybody who may be there."""

    settled: dict[int, tuple[str | None, str]]
    addresses: frozenset[str]
    participations: frozenset[str]


def compare_due() -> list[Outcome]:
    """Compare what is due: between two and five at night by the account's clock, each target once. Works for one slice."""
    deadline = time.monotonic() + SLICE_SECONDS
    outcomes: list[Outcome] = []
    if Delivery.is_paused():
        return outcomes
    for account in _accounts():
        clock = _clock(account)
        if clock.hour in NIGHT_HOURS:
            for outcome in _compare_account(account, clock.date(), again=False):
                outcomes.append(outcome)
                if outcome.trouble or time.monotonic() > deadline:
                    break
    return outcomes


def compare_now(*, again: bool = False) -> Iterator[Outcome]:
    """Compare every target that was not compared today; with `again` those too, in place of today's former comparison.

    It only reads, so an operator may ask for it while everything is paused.
    """
    for account in _accounts():
        yield from _compare_account(account, _clock(account).date(), again=again)


def _accounts() -> QuerySet[Account]:
    """The accounts that can be asked now."""
    stopped = Pause.objects.filter(ended_at=None, event=None, verb="").values("account_id")
    return Account.objects.exclude(pk__in=stopped)


def _clock(account: Account) -> datetime:
    return db_now().astimezone(known_zone(account.time_zone) or ZoneInfo("UTC"))


def _compare_account(account: Account, day: date, *, again: bool) -> Iterator[Outcome]:
    for event, session in _targets(account):
        comparison = _claim(event, session, day, again=again)
        if comparison is not None:
            yield _compare(account, comparison)


def _targets(account: Account) -> list[tuple[Event, Session | None]]:
    """What campaigns sign up for and is not over."""
    campaigns = Campaign.objects.filter(event__account=account).select_related("event", "session").order_by("pk")
    now = db_now()
    targets: dict[tuple[Event, Session | None], Event | Session] = {}
    for campaign in campaigns:
        chosen = dates.open_sessions(campaign.event_id, now=now) if campaign.by_session else [campaign.session]
        targets |= {(campaign.event, session): session or campaign.event for session in chosen}
    return [
        target
        for target, place in targets.items()
        if not place.is_over(now) and target[0].status != EventStatus.CANCELLED and place.missing_since is None
    ]


def _claim(event: Event, session: Session | None, day: date, *, again: bool) -> Reconciliation | None:
    """The day's one comparison of a target, if nobody is at it or has done it; whoever broke off is replaced after an hour."""
    now = db_now()
    try:
        with transaction.atomic():
            return Reconciliation.objects.create(event=event, session=session, day=day, made_at=now)
    except IntegrityError:
        row = Reconciliation.objects.filter(event=event, session=session, day=day)
    free = Q(finished_at=None, made_at__lt=now - TAKEN_UP_AFTER)
    if again:
        free |= Q(finished_at__isnull=False)
    if not row.filter(free).update(made_at=now, finished_at=None):
        return None
    return row.filter(made_at=now).select_related("event", "session").first()


def _compare(account: Account, comparison: Reconciliation) -> Outcome:
    mine = Reconciliation.objects.filter(pk=comparison.pk, made_at=comparison.made_at, finished_at=None)
    try:
        values = _difference(account, comparison)
    except PlatformError as error:
        if isinstance(error, Throttled):
            pace.hold_off(account_id=account.pk, seconds=error.retry_after)
        mine.update(made_at=db_now() - TAKEN_UP_AFTER + TRIED_AGAIN_AFTER)
        logger.warning("a participants list could not be compared", extra={"comparison": comparison.pk, "reason": error.code})
        return Outcome(comparison, trouble=error.code)
    mine.update(finished_at=db_now(), **values)
    comparison.refresh_from_db()
    return Outcome(comparison)


def _difference(account: Account, comparison: Reconciliation) -> dict[str, object]:
    """What each side has and the other has not. Reading takes time, so only what holds before and after it counts."""
    before = _ours(comparison)
    listed = _listed(account, comparison)
    missing = _not_listed(before, listed)
    if missing:
        # People who leave while a list is read page by page push others past the reader: one miss proves nothing.
        missing &= _not_listed(before, _listed(account, comparison))
    after = _ours(comparison)
    return {
        "here": len(after.settled),
        "there": len(listed),
        "missing": sorted(pk for pk in missing if after.settled.get(pk) == before.settled[pk]),
        "strangers": sum(not _is_known(item, before) and not _is_known(item, after) for item in listed),
    }


def _ours(comparison: Reconciliation) -> _Ours:
    """Known is whoever has a seat anywhere in the event: a session's list shows the whole series' people too."""
    seats = Seat.objects.filter(event=comparison.event_id)
    out = Q(wish=Wish.OUT, fact=Fact.OUT, state=StepState.SETTLED)
    there = seats.exclude(out).values_list("participation_id", "address")
    settled = seats.filter(session=comparison.session_id, wish=Wish.IN, fact=Fact.IN, state=StepState.SETTLED)
    return _Ours(
        settled={pk: (mine, address) for pk, mine, address in settled.values_list("pk", "participation_id", "address")},
        addresses=frozenset(address for _, address in there),
        participations=frozenset(mine for mine, _ in there if mine),
    )


def _listed(account: Account, comparison: Reconciliation) -> list[Participation]:
    """Everybody at the platform, each once. Raises the platform's errors."""
    target = Target(
        event_id=comparison.event.external_id, session_id=comparison.session.external_id if comparison.session else ""
    )
    with connected(account, patience=PATIENCE_SECONDS) as provider:
        return list({item.participation_id: item for item in provider.participations(target)}.values())


def _not_listed(ours: _Ours, listed: Iterable[Participation]) -> set[int]:
    ids, addresses = set(), set()
    for item in listed:
        ids.add(item.participation_id)
        addresses.add(item.email)
    return {
        pk
        for pk, (participation_id, address) in ours.settled.items()
        if participation_id not in ids and address not in addresses
    }


def _is_known(item: Participation, ours: _Ours) -> bool:
    return item.participation_id in ours.participations or item.email in ours.addresses
