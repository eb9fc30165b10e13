"""How long people still wait for their link: what waits at an account, at its pace, the more urgent first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import Count, Max, Q, QuerySet

from registrations.models import (
    OPEN_STATES,
    Account,
    Campaign,
    EnrollmentWish,
    Fact,
    OutgoingEmail,
    Seat,
    Sender,
    Wish,
    db_now,
)
from registrations.services import dates
from registrations.services.backlog import SOON, Backlog, Unknown
from registrations.services.standing import LINK_KINDS


@dataclass(frozen=True, slots=True)
class Forecast:
    """How many people wait for a link, and how many seconds until the last of them has it in a mail.

    `seconds` is None where nobody can tell, and `reason` says why. `later` of the people wait for a try that comes later, or
    for a pause to end: the seconds are those of the others.
    """

    people: int
    seconds: float | None
    reason: Unknown | None = None
    later: int = 0


NOBODY = Forecast(people=0, seconds=0.0)

_WITHOUT_A_LINK = Q(wish=Wish.IN) & ~Q(fact=Fact.IN, link_hash__isnull=False)


@dataclass(frozen=True, slots=True)
class _Crowd:
    """Who waits in one campaign: for a seat (in the queue until `last`), for a mail that leaves, or for a later try."""

    campaign: Campaign
    seats: int = 0
    last: tuple[int, datetime] | None = None
    mails: int = 0
    later: int = 0

    @property
    def people(self) -> int:
        return self.seats + self.mails + self.later


def for_account(*, account_id: int) -> Forecast:
    """Until everybody at an account is done."""
    account = Account.objects.defer("api_key").get(pk=account_id)
    backlog = Backlog([account])
    waiting = Seat.objects.filter(_WITHOUT_A_LINK, account=account, state__in=OPEN_STATES).count()
    moving = backlog.moving().filter(_WITHOUT_A_LINK).count()
    mails = _open_mails().filter(registration__campaign__event__account=account)
    leaving = mails.filter(run_at__lte=db_now() + SOON).count()
    people, later = waiting + mails.count(), waiting - moving + mails.count() - leaving
    if not people:
        return NOBODY
    post = _Post(Campaign.objects.filter(event__account=account))
    if reason := backlog.stopped or (waiting and backlog.standstill(account)) or post.trouble():
        return Forecast(people, None, reason)
    if later == people:
        return Forecast(people, None, Unknown.TARGET_PAUSED if backlog.has_pauses else Unknown.LATER_TRY)
    [calls] = backlog.calls([Q()])
    return Forecast(people, max(backlog.seconds(account, calls), post.seconds(moving)), later=later)


def for_campaign(*, campaign_id: int) -> Forecast:
    """Until everybody of a campaign is done."""
    return for_campaigns(campaign_ids=[campaign_id])[campaign_id]


def for_campaigns(*, campaign_ids: Iterable[int]) -> dict[int, Forecast]:
    """The same for many campaigns, in a few queries however many they are."""
    campaigns = _with_accounts(Campaign.objects.filter(pk__in=list(campaign_ids)))
    return _forecasts(campaigns, {"campaign__in": campaigns})


def for_registration(*, registration_id: int) -> Forecast:
    """Until one person is done."""
    [campaign] = _with_accounts(Campaign.objects.filter(registrations=registration_id))
    return _forecasts([campaign], {"pk": registration_id})[campaign.pk]


def for_import(*, campaign_id: int, count: int) -> Forecast:
    """Until so many new people are done whom an import is about to bring into a campaign."""
    [campaign] = _with_accounts(Campaign.objects.filter(pk=campaign_id))
    account = campaign.event.account
    backlog = Backlog([account])
    post = _Post([campaign])
    if not count:
        return NOBODY
    if reason := backlog.stopped or backlog.standstill(account, campaign) or post.trouble():
        return Forecast(count, None, reason)
    [calls] = backlog.calls([Q()], newcomers=(campaign, count * _places(campaign)))
    return Forecast(count, max(backlog.seconds(account, calls), post.seconds(count)))


def _places(campaign: Campaign) -> int:
    """In how many targets somebody new is registered."""
    return dates.open_sessions(campaign.event_id, now=db_now()).count() if campaign.by_session else 1


def _with_accounts(campaigns: QuerySet[Campaign]) -> list[Campaign]:
    return list(campaigns.select_related("event__account").defer("event__account__api_key"))


def _forecasts(campaigns: Sequence[Campaign], whose: Mapping[str, Any]) -> dict[int, Forecast]:
    found = {campaign.pk: NOBODY for campaign in campaigns}
    crowds = [crowd for crowd in _crowds(campaigns, whose) if crowd.people]
    if crowds:
        post = _Post([crowd.campaign for crowd in crowds])
        backlog = Backlog(crowd.campaign.event.account for crowd in crowds)
        calls = backlog.calls([_not_behind(crowd) for crowd in crowds])
        for crowd, count in zip(crowds, calls, strict=True):
            found[crowd.campaign.pk] = _forecast(crowd, backlog, post, count)
    return found


def _forecast(crowd: _Crowd, backlog: Backlog, post: _Post, calls: int) -> Forecast:
    account = crowd.campaign.event.account
    standstill = backlog.standstill(account, crowd.campaign) if crowd.seats else None
    if reason := backlog.stopped or standstill or post.trouble(crowd.campaign):
        return Forecast(crowd.people, None, reason)
    if crowd.later == crowd.people:
        return Forecast(crowd.people, None, Unknown.LATER_TRY)
    seconds = max(backlog.seconds(account, calls) if crowd.seats else 0.0, post.seconds(crowd.seats, crowd.campaign))
    return Forecast(crowd.people, seconds, later=crowd.later)


def _crowds(campaigns: Sequence[Campaign], whose: Mapping[str, Any]) -> list[_Crowd]:
    """Who waits in each campaign. Found by the open seats and mails, which are few, not by all who ever signed up."""
    found = {campaign.pk: _Crowd(campaign) for campaign in campaigns}
    until = db_now() + SOON
    soon = Q(run_at__lte=until)
    waiting = Seat.objects.filter(
        _WITHOUT_A_LINK, state__in=OPEN_STATES, account__in={campaign.event.account_id for campaign in campaigns}
    )
    groups = (
        waiting.filter(**_reached("enrollments__registration", whose), enrollments__wish=EnrollmentWish.IN)
        .values_list("enrollments__registration__campaign", "priority")
        .annotate(soon=Count("pk", filter=soon), later=Count("pk", filter=~soon), last=Max("run_at", filter=soon))
        .order_by("priority")
    )
    for pk, priority, now, later, last in groups:
        crowd = found[pk]
        place = crowd.last if last is None else (priority, last)
        found[pk] = replace(crowd, seats=crowd.seats + now, later=crowd.later + later, last=place)
    soon = Q(run_at__lte=until)
    mails = _open_mails().filter(**_reached("registration", whose)).values_list("registration__campaign")
    for pk, now, later in mails.annotate(soon=Count("pk", filter=soon), later=Count("pk", filter=~soon)):
        found[pk] = replace(found[pk], mails=now, later=found[pk].later + later)
    return list(found.values())


def _reached(path: str, whose: Mapping[str, Any]) -> dict[str, Any]:
    return {f"{path}__{name}": value for name, value in whose.items()}


def _not_behind(crowd: _Crowd) -> Q:
    """The seats of the account that are claimed no later than the last of a crowd."""
    if crowd.last is None:
        return Q(pk=None)
    priority, run_at = crowd.last
    return Q(account=crowd.campaign.event.account_id) & (Q(priority__lt=priority) | Q(priority=priority, run_at__lte=run_at))


def _open_mails() -> QuerySet[OutgoingEmail]:
    return OutgoingEmail.objects.filter(state__in=OPEN_STATES, silent=False, kind__in=LINK_KINDS, registration__isnull=False)


class _Post:
    """Who sends the mails of some campaigns, and how long that takes."""

    def __init__(self, campaigns: Iterable[Campaign]) -> None:
        senders = {sender.pk: sender for sender in Sender.objects.order_by("pk")}
        default = next(iter(senders.values()), None)
        found = {campaign.pk: senders.get(campaign.sender_id or 0, default) for campaign in campaigns}
        self._senders = {pk: sender for pk, sender in found.items() if sender is not None}
        limited = {sender for sender in self._senders.values() if sender.mails_per_second}
        waiting = OutgoingEmail.objects.filter(state__in=OPEN_STATES, sender__in=limited).order_by().values_list("sender")
        self._waiting: dict[int, int] = dict(waiting.annotate(count=Count("pk")))

    def trouble(self, campaign: Campaign | None = None) -> Unknown | None:
        """Why the mails of a campaign, or some of all, do not leave."""
        return Unknown.MAIL_TROUBLE if any(sender.trouble for sender in self._of(campaign)) else None

    def seconds(self, coming: int, campaign: Campaign | None = None) -> float:
        """How long the mails take that wait or come, at the slowest sender; they leave while calls are made."""
        limited = [(sender, sender.mails_per_second) for sender in self._of(campaign)]
        return max(((self._waiting.get(sender.pk, 0) + coming) / rate for sender, rate in limited if rate), default=0.0)

    def _of(self, campaign: Campaign | None) -> list[Sender]:
        if campaign is None:
            return list(self._senders.values())
        return [self._senders[campaign.pk]] if campaign.pk in self._senders else []
