"""A person's own page: what they are registered for, behind a token that only their mails carry."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils import translation

from registrations.mailing.calendars import calendar_file
from registrations.models import EnrollmentWish, HeldFor, Registration, db_now
from registrations.services import changing_dates, dates, holding, second_forms
from registrations.services.campaigns import Availability, availability
from registrations.services.meetings import meetings_of
from registrations.services.senders import organizer_of
from registrations.services.standing import Standing, standing_of
from registrations.services.tokens import find_registration


@dataclass(frozen=True, slots=True)
class PrivateMeeting:
    """One meeting of a person; `link` is empty until the platform gave one."""

    title: str
    starts_at: datetime
    ends_at: datetime | None
    link: str
    status: str
    status_label: str


@dataclass(frozen=True, slots=True)
class PrivatePage:
    """All that the private page shows; times in UTC, zones as IANA names (`person_zone` may be empty).

    `held_for` is what the person waits for, or why they do not: a HeldFor value, "" for nothing.
    """

    campaign_title: str
    slug: str
    language: str
    first_name: str
    last_name: str
    email: str
    event_zone: str
    person_zone: str
    contact: str
    accent: str
    meetings: tuple[PrivateMeeting, ...]
    cancelled: bool
    can_cancel: bool
    can_return: bool
    can_change_dates: bool = False
    held_for: str = ""
    new_form_at: datetime | None = None
    """When the newest form came that says something else and waits for a word of theirs."""


def read(*, token: str) -> PrivatePage:
    """The private page of a token. Raises UnknownToken."""
    return page_of(find(token))


def page_of(registration: Registration) -> PrivatePage:
    """The private page of a registration of `find`."""
    campaign = registration.campaign
    standing = standing_of(registration)
    cancelled = _is_cancelled(registration)
    over = (campaign.session or campaign.event).is_over(db_now())
    form = None if cancelled or over else second_forms.waiting(registration)
    waiting = holding.held(registration)
    held_for = waiting.held_for if waiting is not None else ""
    may_ask_again = cancelled or held_for == HeldFor.NO_PLACE
    return PrivatePage(
        campaign_title=campaign.title,
        slug=campaign.slug,
        language=registration.language,
        first_name=registration.first_name,
        last_name=registration.last_name,
        email=registration.email,
        event_zone=campaign.event.zone,
        person_zone=registration.time_zone,
        contact=campaign.contact,
        accent=campaign.accent,
        meetings=_meetings(registration, standing, cancelled),
        cancelled=cancelled,
        can_cancel=not cancelled and not over,
        can_return=may_ask_again and _can_return(registration, has_no_place=not cancelled),
        can_change_dates=_can_change_dates(registration),
        held_for=held_for,
        new_form_at=form.received_at if form else None,
    )


def _can_return(registration: Registration, *, has_no_place: bool) -> bool:
    """The event takes people, and one who gave up dates of a series finds one of them still to come."""
    campaign = registration.campaign
    if availability(campaign, may_be_closed=True) is not Availability.OPEN:
        return False
    return has_no_place or not campaign.by_session or bool(dates.had_before(registration, now=db_now()))


def _can_change_dates(registration: Registration) -> bool:
    try:
        changing_dates.own_dates(registration)
    except changing_dates.NothingToChoose:
        return False
    return True


def calendar(*, token: str) -> bytes:
    """The calendar file of everything a person is registered for, or was before they cancelled. Raises UnknownToken."""
    registration = find(token)
    with translation.override(registration.language):
        return calendar_file(
            meetings_of(registration),
            method="PUBLISH",
            organizer=organizer_of(registration.campaign),
            stamp=db_now(),
            cancelled=_is_cancelled(registration),
        )


def find(token: str) -> Registration:
    """The registration that a token opens, with all that its page tells. Raises UnknownToken."""
    return find_registration(
        Registration.objects.select_related("campaign__event__account", "campaign__session", "campaign__sender"), token
    )


def _is_cancelled(registration: Registration) -> bool:
    return not registration.enrollments.exclude(wish=EnrollmentWish.OUT).exists()


def _meetings(registration: Registration, standing: Standing, cancelled: bool) -> tuple[PrivateMeeting, ...]:
    """Links are shown only to somebody who wants to come."""
    return tuple(
        PrivateMeeting(
            title=meeting.title,
            starts_at=meeting.starts_at,
            ends_at=meeting.ends_at,
            link="" if cancelled else meeting.link,
            status=standing.value,
            status_label=str(standing.label),
        )
        for meeting in meetings_of(registration)
    )
