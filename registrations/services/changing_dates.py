"""Other dates of a series, chosen by the person on their own private page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction

from registrations.models import EnrollmentWish, EventStatus, Registration, TimelineEntry, db_now
from registrations.services import answering, cancelling, dates, restating, wishes
from registrations.services.campaigns import PublicSession
from registrations.services.due import NOTHING, Due
from registrations.services.tokens import find_registration


@dataclass(frozen=True, slots=True)
class OwnDates:
    """The sessions that a person may still come to or leave, which of them they come to, and whether to later ones too."""

    offered: tuple[PublicSession, ...]
    chosen: tuple[int, ...]
    all_dates: bool


class NothingToChoose(Exception):
    """There is nothing to choose here: no date is left, the person has cancelled, or the campaign leaves no choice."""


def read(*, token: str) -> OwnDates:
    """What somebody may choose. Raises UnknownToken, NothingToChoose."""
    people = Registration.objects.select_related("campaign__event", "campaign__session")
    return own_dates(find_registration(people, token))


def own_dates(registration: Registration) -> OwnDates:
    """The same for a registration with its campaign and event. Raises NothingToChoose."""
    campaign = registration.campaign
    gone = campaign.event.status in (EventStatus.CANCELLED, EventStatus.FINISHED)
    if gone or not campaign.chooses_dates:
        raise NothingToChoose
    offered = tuple(
        PublicSession(session.title, session.starts_at, session.ends_at, id=session.pk)
        for session in dates.open_sessions(campaign.event_id, now=db_now())
        if session.starts_at is not None
    )
    coming = registration.enrollments.exclude(wish=EnrollmentWish.OUT).values_list("seat__session_id", flat=True)
    kept = set(coming)
    if not offered or not kept:
        raise NothingToChoose
    return OwnDates(offered, tuple(session.id for session in offered if session.id in kept), registration.all_dates)


def change(*, token: str, sessions: Iterable[int], all_dates: bool) -> Due:
    """Have somebody come to these sessions and leave the others, with one mail that says what holds now.

    With `all_dates` and no sessions named these are all that are open. Meetings that are over stay as they are. Twice is the
    same as once. Raises UnknownToken, NothingToChoose, dates.NotOffered.
    """
    with transaction.atomic():
        registration = cancelling.locked(token)
        own = own_dates(registration)
        offered = {session.id for session in own.offered}
        wanted = set(sessions) or (offered if all_dates else set())
        if not wanted or not wanted <= offered:
            raise dates.NotOffered
        added, left = wanted - set(own.chosen), set(own.chosen) - wanted
        if not added and not left and all_dates == own.all_dates:
            return NOTHING
        now = db_now()
        due = wishes.change_sessions(registration, into=added, out_of=left, now=now)
        registration.all_dates = all_dates
        registration.save(update_fields=["all_dates"])
        data = {"added": sorted(added), "left": sorted(left), "all_dates": all_dates}
        TimelineEntry.write([registration.pk], TimelineEntry.Code.DATES_CHANGED, at=now, data=data)
        comes = registration.enrollments.filter(wish=EnrollmentWish.IN).exists()
        if comes and (added or left):
            restating.restate([registration], cause="dates", now=now)
        return due | answering.answer([registration])
