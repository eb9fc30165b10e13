"""The meetings that registrations are for, with the links that are there, as mails, pages and calendars tell them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import Q

from registrations.mailing.letter import Meeting
from registrations.models import (
    Campaign,
    Enrollment,
    EnrollmentWish,
    Event,
    EventStatus,
    Registration,
    Seat,
    Session,
    StepState,
)


def public_host() -> str:
    """The host name of this installation, as in its addresses."""
    return urlsplit(settings.PUBLIC_URL).hostname or "localhost"


def meetings_of(registration: Registration) -> tuple[Meeting, ...]:
    """The meetings of everything a registration wants in or waits for, or wanted last, with the links that are there."""
    return Seats([registration.pk], [registration.campaign]).meetings_of(registration)


class Seats:
    """The seats of registrations with the meetings they are for, read at once for all."""

    def __init__(self, registration_ids: Sequence[int], campaigns: Iterable[Campaign]) -> None:
        self._of: dict[int | None, list[Enrollment]] = defaultdict(list)
        for each in Enrollment.objects.filter(registration_id__in=registration_ids).select_related("seat").order_by("pk"):
            self._of[each.registration_id].append(each)
        self._events = {campaign.event_id: campaign.event for campaign in campaigns}
        self._sessions = {campaign.session.pk: campaign.session for campaign in campaigns if campaign.session is not None}
        self._read_other_places([each.seat for enrollments in self._of.values() for each in enrollments])

    def _read_other_places(self, seats: Iterable[Seat]) -> None:
        """What the campaigns have not brought along: every session of a series, and places that they do not name."""
        events = {seat.event_id for seat in seats} - self._events.keys()
        whole = {seat.event_id for seat in seats if seat.session_id is None}
        single = {seat.session_id for seat in seats if seat.session_id is not None} - self._sessions.keys()
        if events:
            self._events |= Event.objects.select_related("account").defer("account__api_key").in_bulk(events)
        if whole or single:
            self._sessions |= Session.objects.filter(Q(event_id__in=whole) | Q(pk__in=single)).in_bulk()

    def of(self, registration_id: int | None) -> list[Enrollment]:
        return self._of.get(registration_id, [])

    def meetings_of(self, registration: Registration) -> tuple[Meeting, ...]:
        meetings = [
            self._meeting(registration, each, session)
            for each in self._told_of(registration)
            for session in self.places(each.seat)
        ]
        return tuple(sorted(meetings, key=lambda meeting: (meeting.starts_at, meeting.uid)))

    def withdrawn_from(self, registration: Registration, now: datetime) -> tuple[Meeting, ...]:
        """The meetings to come that somebody has left while they come to others."""
        enrollments = self.of(registration.pk)
        comes = any(each.wish == EnrollmentWish.IN for each in enrollments)
        left = [each for each in enrollments if comes and each.wish == EnrollmentWish.OUT and each.seat.session_id]
        places = [(each, place) for each in left for place in self.places(each.seat) if not place.is_over(now)]
        return tuple(self._meeting(registration, each, place) for each, place in places)

    def _told_of(self, registration: Registration) -> list[Enrollment]:
        """What somebody wants, or is held for, or gave up last; of several sessions not those that did not come about."""
        enrollments = self.of(registration.pk)
        last = max((each.changed_at for each in enrollments), default=None)
        told = (
            [each for each in enrollments if each.wish == EnrollmentWish.IN]
            or [each for each in enrollments if each.wish == EnrollmentWish.HELD]
            or [each for each in enrollments if each.changed_at == last]
        )
        called_off = {pk for pk, session in self._sessions.items() if session.status == EventStatus.CANCELLED}
        stands = [each for each in told if each.seat.state != StepState.CANCELLED and each.seat.session_id not in called_off]
        return stands or told

    def places(self, seat: Seat) -> list[Session]:
        """The meetings that a seat is for."""
        if seat.session_id is not None:
            return [self._sessions[seat.session_id]]
        places = [session for session in self._sessions.values() if session.event_id == seat.event_id]
        return [session for session in places if session.starts_at and session.status != EventStatus.CANCELLED]

    def _meeting(self, registration: Registration, enrollment: Enrollment, session: Session) -> Meeting:
        """A link is only for somebody who wants in: others of the same address may have one in another campaign."""
        seat = enrollment.seat
        assert session.starts_at is not None  # noqa: S101  (undated sessions are left out above)
        event = self._events[seat.event_id]
        return Meeting(
            title=session.title or event.title,
            starts_at=session.starts_at,
            ends_at=session.ends_at,
            zone=event.zone,
            link=seat.link if seat.is_fulfilled and enrollment.wish == EnrollmentWish.IN else "",
            uid=f"r{registration.pk}-s{session.pk}@{public_host()}",
            # Each of these only ever rises, so that their sum does with any change of time, title, link or wish.
            sequence=seat.version + seat.link_version + session.schedule_version + event.schedule_version,
        )
