"""From a queued mail to the letter it is: everything a mail depends on, frozen before it first leaves."""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from django.conf import settings
from django.urls import reverse

from registrations.mailing.kinds import CURRENT_TEXT_VERSION, KINDS
from registrations.mailing.letter import Letter, Meeting, Page
from registrations.models import (
    Campaign,
    Enrollment,
    EnrollmentWish,
    OutgoingEmail,
    Pause,
    Registration,
    Seat,
    Sender,
    db_now,
)
from registrations.models.campaign import DEFAULT_ACCENT
from registrations.services.held_mails import HELD_FOR
from registrations.services.meetings import Seats, public_host
from registrations.services.reasons import sentence

LISTS_PEOPLE = "lost_link"
"""The kind of mail that lists several registrations of one address; `facts["registrations"]` names them: "7,12"."""

FOR_WHOEVER_COMES = ("link", "known", "delayed", "no_link")
POINTLESS_AFTER_THE_END = ("link", "known", "delayed", "confirm", "pending", "waiting", "full")
LONGEST_MEETING = timedelta(hours=12)
"""So long one may come to a meeting whose end is not known."""

Standing = frozenset[tuple[object, ...]]
"""What may change under a mail before it leaves: each seat of a registration with its wishes, fact, version and link."""

_STANDING = ("registration_id", "seat_id", "wish", "held_for", "seat__wish", "seat__fact", "seat__version", "seat__link_hash")


def private_url(registration: Registration) -> str:
    """The address of a person's private page; a secret."""
    return f"{settings.PUBLIC_URL}/r/{registration.token}/"


def new_message_id() -> str:
    """A Message-ID that never comes twice and tells nothing."""
    return f"<{secrets.token_hex(16)}@{public_host()}>"


def standings(registration_ids: Iterable[int]) -> dict[int, Standing]:
    """How registrations stand now, to be compared with how they stood when their letters were written."""
    rows: dict[int, set[tuple[object, ...]]] = defaultdict(set)
    for registration_id, *row in Enrollment.objects.filter(registration_id__in=list(registration_ids)).values_list(*_STANDING):
        rows[registration_id].add(tuple(row))
    return {registration_id: frozenset(seats) for registration_id, seats in rows.items()}


def people_of(mail: OutgoingEmail) -> frozenset[int]:
    """The registrations that a mail tells of: its own, and those that it lists."""
    listed = mail.facts.get("registrations", "") if mail.kind == LISTS_PEOPLE else ""
    own = [] if mail.registration_id is None else [mail.registration_id]
    return frozenset([*own, *(int(number) for number in listed.split(",") if number)])


class Desk:
    """Writes letters as things stand now, from what was read at once for all of them."""

    def __init__(self, mails: Iterable[OutgoingEmail], *, sender: Sender) -> None:
        self._sender = sender
        people = [mail.registration for mail in mails if mail.registration is not None]
        listed = {pk for mail in mails if mail.kind == LISTS_PEOPLE for pk in people_of(mail)}
        self._listed = Registration.objects.exclude(token="").in_bulk(listed) if listed else {}
        people += self._listed.values()
        self._now = db_now()
        related = Campaign.objects.select_related("event__account", "session").defer("event__account__api_key")
        self._campaigns = related.in_bulk({person.campaign_id for person in people})
        self._seats = Seats([person.pk for person in people], self._campaigns.values())

    def write(self, mail: OutgoingEmail) -> Letter | None:
        """The letter of a mail; None if it would not be true any more. A mail keeps its first Message-ID."""
        if mail.registration is None:
            return _to_staff(mail, self._sender, self._now)
        campaign = self._campaigns[mail.registration.campaign_id]
        if mail.kind == LISTS_PEOPLE:
            pages = self._pages(mail, mail.registration)
            return self._to_whoever_asked(mail, mail.registration, campaign, pages) if pages else None
        return None if self._overtaken(mail, campaign) else self._to_person(mail, mail.registration, campaign)

    def standing(self, mail: OutgoingEmail) -> Standing:
        """How the person stood when everything was read."""
        return frozenset(
            (each.seat_id, each.wish, each.held_for, each.seat.wish, each.seat.fact, each.seat.version, each.seat.link_hash)
            for person in people_of(mail)
            for each in self._seats.of(person)
        )

    def _overtaken(self, mail: OutgoingEmail, campaign: Campaign) -> bool:
        """Whether things have moved on: the event is over, the person came back, left, or has the link that is to follow."""
        enrollments = self._seats.of(mail.registration_id)
        wanted = [each.seat for each in enrollments if each.wish == EnrollmentWish.IN]
        if mail.kind == "cancelled":
            return any(each.wish != EnrollmentWish.OUT for each in enrollments)
        if mail.kind in HELD_FOR and HELD_FOR[mail.kind] != _held_for(enrollments):
            return True
        if mail.kind in FOR_WHOEVER_COMES and not wanted:
            return True
        if mail.kind in POINTLESS_AFTER_THE_END and self._is_over(campaign, wanted):
            return True
        if mail.kind in ("delayed", "no_link"):
            return all(seat.link_hash is not None for seat in wanted)
        return False

    def _is_over(self, campaign: Campaign, wanted: Iterable[Seat]) -> bool:
        """Nothing is to come of what somebody wants; a series may have dates after the end that the platform tells."""
        if campaign.by_session:
            return all(place.is_over(self._now) for seat in wanted for place in self._seats.places(seat))
        return (campaign.session or campaign.event).is_over(self._now)

    def _to_person(self, mail: OutgoingEmail, registration: Registration, campaign: Campaign) -> Letter:
        return Letter(
            kind=mail.kind,
            language=registration.language,
            recipient=registration.email,
            first_name=registration.first_name,
            last_name=registration.last_name,
            event_title=campaign.title,
            meetings=() if mail.facts.get("waited") else self._seats.meetings_of(registration),
            person_zone=registration.time_zone,
            private_url=private_url(registration),
            contact=campaign.contact,
            from_address=self._sender.address,
            from_name=campaign.organizer or self._sender.name,
            reply_to=self._sender.reply_to or campaign.contact,
            message_id=mail.message_id or new_message_id(),
            dated_at=self._now,
            text_version=CURRENT_TEXT_VERSION,
            intro=campaign.mail_intro,
            accent=campaign.accent,
            facts=mail.facts,
            organizer=settings.CALENDAR_ORGANIZER_EMAIL,
            withdrawn=self._seats.withdrawn_from(registration, self._now) if KINDS[mail.kind].calendar_method else (),
        )

    def _to_whoever_asked(
        self, mail: OutgoingEmail, registration: Registration, campaign: Campaign, pages: tuple[Page, ...]
    ) -> Letter:
        """The letter of the newest registration, but with all that is listed in place of its own meetings and words."""
        letter = self._to_person(mail, registration, campaign)
        organizers = {self._campaigns[self._listed[pk].campaign_id].organizer for pk in people_of(mail) & self._listed.keys()}
        return replace(
            letter,
            event_title="",
            meetings=(),
            private_url="",
            intro="",
            facts={},
            from_name=(organizers.pop() if len(organizers) == 1 else "") or self._sender.name,
            pages=pages,
        )

    def _pages(self, mail: OutgoingEmail, owner: Registration) -> tuple[Page, ...]:
        """What is still to come of each registration that a mail lists; of a cancelled one the page to come back on."""
        pages = []
        for person in (self._listed[pk] for pk in sorted(people_of(mail)) if pk in self._listed):
            campaign = self._campaigns[person.campaign_id]
            if person.email != owner.email or (campaign.session or campaign.event).is_over(self._now):
                continue
            cancelled = all(each.wish == EnrollmentWish.OUT for each in self._seats.of(person.pk))
            coming = [meeting for meeting in self._seats.meetings_of(person) if not cancelled and self._is_to_come(meeting)]
            held_for = _held_for(self._seats.of(person.pk))
            pages.append(Page(campaign.title, private_url(person), cancelled, tuple(coming), held_for))
        return tuple(pages)

    def _is_to_come(self, meeting: Meeting) -> bool:
        return (meeting.ends_at or meeting.starts_at + LONGEST_MEETING) > self._now


def _held_for(enrollments: Iterable[Enrollment]) -> str:
    """What somebody waits for, "" if for nothing."""
    return next((each.held_for for each in enrollments if each.wish == EnrollmentWish.HELD), "")


def _to_staff(mail: OutgoingEmail, sender: Sender, now: datetime) -> Letter | None:
    pause_id = int(mail.occasion.removeprefix("pause:"))
    pause = Pause.objects.select_related("account", "event", "session").filter(pk=pause_id).first()
    if pause is None:
        return None
    return Letter(
        kind=mail.kind,
        language=settings.LANGUAGE_CODE,
        recipient=mail.recipient,
        first_name="",
        last_name="",
        event_title=pause.event.title if pause.event else "",
        meetings=(),
        person_zone="",
        private_url="",
        contact=settings.CONTACT_EMAIL,
        from_address=sender.address,
        from_name=sender.name,
        reply_to=sender.reply_to,
        message_id=mail.message_id or new_message_id(),
        dated_at=now,
        text_version=CURRENT_TEXT_VERSION,
        intro="",
        accent=DEFAULT_ACCENT,
        facts={
            "account": pause.account.name,
            "scope": "account" if pause.event is None and not pause.verb else "part",
            "where": str(pause.session or pause.event or ""),
            "reason": " ".join(filter(None, [sentence(pause.reason), pause.reason_detail])),
            "admin_url": settings.PUBLIC_URL + reverse("admin:registrations_account_change", args=[pause.account_id]),
        },
    )
