"""The standing choice of all dates: whoever made it is enrolled in each session that is added later, with one mail.

It is a query and no event, so that nobody is missed whatever dies in between: people who want all dates, an open session, and
no wish for it. Whoever has cancelled is not asked for, nor whoever has left that one session: leaving is a wish.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from registrations.models import (
    Campaign,
    Choosing,
    Enrollment,
    EnrollmentWish,
    EventStatus,
    Registration,
    Session,
    TimelineEntry,
    db_now,
)
from registrations.services import answering, dates, restating, wishes, wishes_together
from registrations.services.due import NOTHING, Due, seats_due

BATCH = 200
EVERY_SECONDS = 60.0

_GONE = (EventStatus.CANCELLED, EventStatus.FINISHED)


class _Clock:
    """Lets one look a minute through in each process: the look reads everybody who wants all dates."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._looked_at = 0.0

    def is_time(self) -> bool:
        with self._lock:
            now = time.monotonic()
            if self._looked_at and now - self._looked_at < EVERY_SECONDS:
                return False
            self._looked_at = now
            return True

    def forget(self) -> None:
        self._looked_at = 0.0


clock = _Clock()


def choosing_changed(*, campaign: Campaign) -> None:
    """A campaign was saved: where everybody takes each session now, those who signed up for the series before want them all."""
    if campaign.by_session and campaign.choosing == Choosing.EACH:
        campaign.registrations.filter(all_dates=False).update(all_dates=True)
        clock.forget()


def look() -> Due:
    """`enroll_all`, once a minute: for sessions that came while somebody signed up, or before a sync broke off."""
    return enroll_all() if clock.is_time() else NOTHING


def enroll_all(*, account_id: int | None = None) -> Due:
    """Enroll everybody (of one account's events) in what has come since they chose all dates."""
    now, due = db_now(), NOTHING
    for campaign in _campaigns(account_id, now):
        last = 0
        while ids := list(_lacking(campaign, now).filter(pk__gt=last).values_list("pk", flat=True)[:BATCH]):
            due |= _enroll(campaign, ids, now)
            last = ids[-1]
    return due


def _campaigns(account_id: int | None, now: datetime) -> QuerySet[Campaign]:
    """Campaigns for the sessions of a series that is not over."""
    coming = Session.objects.filter(dates.is_open(now), event=OuterRef("event"))
    by_session = Campaign.objects.filter(Exists(coming), session=None).exclude(choosing=Choosing.WHOLE)
    found = by_session.exclude(event__status__in=_GONE).select_related("event__account").defer("event__account__api_key")
    return (found if account_id is None else found.filter(event__account=account_id)).order_by("pk")


def _lacking(campaign: Campaign, now: datetime) -> QuerySet[Registration]:
    """Those who want all dates, still come, and have no wish for one of the open sessions."""
    mine = Enrollment.objects.filter(registration=OuterRef("pk"))
    known = Enrollment.objects.filter(registration=OuterRef(OuterRef("pk")), seat__session=OuterRef("pk"))
    unknown = dates.open_sessions(campaign.event_id, now=now).order_by().filter(~Exists(known))
    standing = Registration.objects.filter(campaign=campaign, all_dates=True)
    return standing.filter(Exists(mine.exclude(wish=EnrollmentWish.OUT)), Exists(unknown)).order_by("pk")


@transaction.atomic
def _enroll(campaign: Campaign, ids: Sequence[int], now: datetime) -> Due:
    """Enroll a batch of people. Who lacks what is looked at once more with the registrations locked."""
    locked = Registration.objects.select_for_update(of=("self",)).select_related("campaign__sender").defer("token")
    people = {person.pk: person for person in locked.filter(pk__in=ids, all_dates=True).order_by("pk")}
    lacking, held, whole = _what_they_lack(campaign, people, now)
    due = NOTHING
    for pk in held & lacking.keys():
        due |= wishes.add_sessions(people[pk], lacking[pk], now=now)
    enrolled = {pk: sessions for pk, sessions in lacking.items() if pk not in held}
    by_session: dict[int, dict[str, int]] = defaultdict(dict)
    for pk, sessions in enrolled.items():
        for session_id in sessions:
            by_session[session_id][people[pk].email] = pk
    for session_id in sorted(by_session):
        wishes_together.add_session_together(campaign, session_id, by_session[session_id], now=now)
    due |= wishes.leave_whole_series((people[pk] for pk in lacking if pk in whole), now=now)
    TimelineEntry.write_all(TimelineEntry.Code.DATE_ADDED, {pk: {"sessions": sessions} for pk, sessions in lacking.items()})
    if not enrolled:
        return due
    to_be_told = [people[pk] for pk in enrolled]
    restating.restate(to_be_told, cause="later", now=now, is_waited_for=False)
    return due | answering.answer(to_be_told) | seats_due(campaign.event.account_id)


def _what_they_lack(campaign: Campaign, ids: Iterable[int], now: datetime) -> tuple[dict[int, list[int]], set[int], set[int]]:
    """The open sessions that each of these people has no wish for, by registration; who of them is held; and who has had a seat
    in the whole series, because the campaign was for that before."""
    offered = list(dates.open_sessions(campaign.event_id, now=now).values_list("pk", flat=True))
    known: dict[int, set[int | None]] = defaultdict(set)
    coming, held = set[int](), set[int]()
    rows = Enrollment.objects.filter(registration__in=list(ids)).values_list("registration_id", "seat__session_id", "wish")
    for registration_id, session_id, wish in rows:
        known[registration_id].add(session_id)
        if wish != EnrollmentWish.OUT:
            coming.add(registration_id)
        if wish == EnrollmentWish.HELD:
            held.add(registration_id)
    lacking = {pk: [session for session in offered if session not in known[pk]] for pk in sorted(coming)}
    whole = {pk for pk, sessions in known.items() if None in sessions}
    return {pk: sessions for pk, sessions in lacking.items() if sessions}, held, whole
