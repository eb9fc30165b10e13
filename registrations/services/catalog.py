"""Mirroring a platform's events and sessions. Absence from a list means nothing; only a detail call can say "gone"."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from registrations.models import Account, Delivery, Event, EventStatus, Pause, Session, db_now
from registrations.services import dates, pace, pauses, standing_choices
from registrations.services.due import NOTHING, Due, seats_due
from registrations.services.platform import connected
from registrations.webinar.errors import Misconfigured, NotFound, PlatformError, Throttled
from registrations.webinar.provider import EventInfo, Owner, Provider, SessionInfo

DETAILS_FRESH = timedelta(minutes=10)
BETWEEN_TWO_MISSES = timedelta(minutes=10)
SYNC_EVERY = timedelta(minutes=10)
LOOK_BACK = timedelta(days=1)

Place = Event | Session


def check(*, account_id: int) -> Owner:
    """Ask the platform whose account a key opens, and remember it. Raises the platform's errors."""
    account = Account.objects.get(pk=account_id)
    with connected(account) as provider:
        owner = provider.owner()
    Account.objects.filter(pk=account_id).update(owner_name=owner_label(owner), checked_at=db_now())
    pauses.retry_account(account_id=account_id)
    return owner


def owner_label(owner: Owner) -> str:
    """Whose account it is, as the admin shows it."""
    return (f"{owner.organization} ({owner.name})" if owner.organization else owner.name)[:200]


def due_syncs() -> Due:
    """Accounts whose events were last read too long ago."""
    if Delivery.is_paused():
        return NOTHING
    stale = Account.objects.filter(Q(sync_began_at=None) | Q(sync_began_at__lte=db_now() - SYNC_EVERY))
    return Due(syncs=frozenset(stale.values_list("pk", flat=True)))


def sync(*, account_id: int) -> Due:
    """Read the account's coming events and sessions, and look closely at those that campaigns need; enroll in new
    sessions whoever wants all dates.

    A failure is written on the account for the marketer to see; what was mirrored before stays.
    """
    if Delivery.is_paused():
        return NOTHING
    account = Account.objects.get(pk=account_id)
    # Written at once: a long reading must not be begun again while it lasts.
    row = Account.objects.filter(pk=account_id)
    row.update(sync_began_at=db_now())
    due = NOTHING
    try:
        with connected(account) as provider:
            seen = {mirror_event(account, info) for info in provider.events(since=db_now() - LOOK_BACK)}
            due = _look_closely(provider, account, seen)
    except Throttled as error:
        pace.hold_off(account_id=account_id, seconds=error.retry_after)
        row.update(sync_began_at=None)  # no trouble, only a busy minute: the schedule begins again soon
    except PlatformError as error:
        row.update(sync_trouble=str(error)[:300])
    else:
        row.update(synced_at=db_now(), sync_trouble="")
    return due | standing_choices.enroll_all(account_id=account_id)


def mirror_event(account: Account, info: EventInfo) -> int:
    """Write down what the platform says of an event and its sessions; returns the mirror's id."""
    with transaction.atomic():
        event = Event.objects.select_for_update().filter(account=account, external_id=info.event_id).first()
        event = event or Event(account=account, external_id=info.event_id)
        event.is_series = info.is_series
        event.time_zone = info.time_zone or event.time_zone
        _mirror(event, info)
        for session_info in info.sessions:
            session = Session.objects.filter(event=event, external_id=session_info.session_id).first()
            _mirror(session or Session(event=event, external_id=session_info.session_id), session_info)
        return event.pk


def _mirror(place: Place, info: EventInfo | SessionInfo) -> None:
    """Copy what the answer says; None means that it did not say."""
    said: dict[str, Any] = {"title": info.title[:300], "status": info.status.value}
    said |= {name: getattr(info, name) for name in ("starts_at", "ends_at") if getattr(info, name) is not None}
    if place.pk is not None and any(
        getattr(place, name) != said.get(name, getattr(place, name)) for name in ("title", "starts_at", "ends_at")
    ):
        place.schedule_version += 1
    for name, value in said.items():
        setattr(place, name, value)
    if info.moderated is not None:
        place.moderated = info.moderated
    if info.extra_fields is not None:
        place.extra_fields = place.stored_fields(info.extra_fields)
        place.detailed_at = db_now()
    place.seen_at = db_now()
    place.missing_since = None
    place.save()


def is_stale(place: Place) -> bool:
    """Its details are older than ten minutes: extra fields must be known before registering."""
    return place.detailed_at is None or db_now() - place.detailed_at >= DETAILS_FRESH


def ask_details(place: Place) -> Callable[[Provider], EventInfo | SessionInfo]:
    """The call that reads a target's details; its answer is for `mirror_details`."""
    external_id, is_event = place.external_id, isinstance(place, Event)
    return lambda provider: provider.event(external_id) if is_event else provider.session(external_id)


def mirror_details(place: Place, info: EventInfo | SessionInfo) -> None:
    """Write down what a target's details say."""
    _mirror(place, info)


def read_again(provider: Provider, place: Place) -> None:
    """Read a target's details now. Raises the platform's errors."""
    mirror_details(place, ask_details(place)(provider))


def read_details(*, event_id: int, session_id: int | None) -> None:
    """Read a target's details now, for a marketer who is about to use it. Raises the platform's errors."""
    event = Event.objects.select_related("account").get(pk=event_id)
    place: Place = Session.objects.get(pk=session_id, event=event) if session_id else event
    with connected(event.account) as provider:
        read_again(provider, place)


def suspect_missing(place: Place) -> None:
    """The platform said once that it does not know this target; that alone changes nothing but is remembered."""
    type(place)._default_manager.filter(pk=place.pk, missing_since=None).update(missing_since=db_now())


def _look_closely(provider: Provider, account: Account, seen: set[int]) -> Due:
    """Detail calls for what campaigns use: extra fields, and whether what the list left out is really gone."""
    now = db_now()
    used = Event.objects.filter(account=account, campaigns__isnull=False).exclude(status=EventStatus.CANCELLED)
    due = NOTHING
    for event in used.filter(Q(ends_at=None) | Q(ends_at__gt=now - LOOK_BACK)).distinct():
        places: list[Place] = [event, *_used_sessions(event)]
        for place in places:
            try:
                read_again(provider, place)
            except NotFound:
                due |= _missing(provider, account, place)
    return due


def _used_sessions(event: Event) -> QuerySet[Session]:
    """The sessions that campaigns are for; all that are open where people choose among them."""
    chosen = Q(campaigns__isnull=False)
    if any(campaign.by_session for campaign in event.campaigns.all()):
        chosen |= dates.is_open(db_now())
    return event.sessions.filter(chosen).exclude(status=EventStatus.CANCELLED).distinct()


def _missing(provider: Provider, account: Account, place: Place) -> Due:
    """Cancelled only when missing twice, ten minutes apart, while the key still opens the same account."""
    now = db_now()
    type(place)._default_manager.filter(pk=place.pk, missing_since=None).update(missing_since=now)
    if place.missing_since is None or now - place.missing_since < BETWEEN_TWO_MISSES:
        return NOTHING
    try:
        owner = provider.owner()
    except Misconfigured:
        return NOTHING
    if account.owner_name and owner_label(owner) != account.owner_name:
        return NOTHING  # the key opens another organisation now: of course it does not know our events
    type(place)._default_manager.filter(pk=place.pk).update(status=EventStatus.CANCELLED)
    event = place if isinstance(place, Event) else place.event
    Pause.objects.filter(event=event, ended_at=None).update(ended_at=now)
    return seats_due(account.pk)
