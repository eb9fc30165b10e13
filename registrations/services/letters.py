"""From a queued mail to the letter it is: everything a mail depends on, frozen before it is first sent."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings
from django.urls import reverse
from django.utils.crypto import get_random_string

from registrations.mailing.kinds import CURRENT_TEXT_VERSION
from registrations.mailing.letter import Letter, Meeting
from registrations.models import (
    Enrollment,
    EnrollmentWish,
    Event,
    OutgoingEmail,
    Pause,
    Registration,
    Seat,
    Session,
    db_now,
)
from registrations.models.campaign import DEFAULT_ACCENT
from registrations.services.reasons import sentence

POINTLESS_AFTER_THE_END = ("link", "known", "delayed")


def public_host() -> str:
    """The host name of this installation, as in its addresses."""
    return urlsplit(settings.PUBLIC_URL).hostname or "localhost"


def private_url(registration: Registration) -> str:
    """The address of a person's private page; a secret."""
    return f"{settings.PUBLIC_URL}/r/{registration.token}/"


def new_message_id() -> str:
    """A Message-ID that never comes twice and tells nothing."""
    return f"<{get_random_string(32).lower()}@{public_host()}>"


def write_letter(mail: OutgoingEmail) -> Letter | None:
    """The letter of a mail as things stand now; None if it would not be true any more. A mail keeps its first Message-ID."""
    if mail.registration is None:
        return _to_staff(mail)
    return None if _overtaken(mail, mail.registration) else _to_person(mail, mail.registration)


def _overtaken(mail: OutgoingEmail, registration: Registration) -> bool:
    """Whether things have moved on: the event is over, the person came back, left, or has the link that is to follow."""
    campaign = registration.campaign
    wants_in = registration.enrollments.filter(wish=EnrollmentWish.IN)
    if mail.kind == "cancelled":
        return wants_in.exists()
    if mail.kind in POINTLESS_AFTER_THE_END and (campaign.session or campaign.event).is_over(db_now()):
        return True
    if mail.kind in ("delayed", "no_link"):
        return not wants_in.exists() or not wants_in.filter(seat__link_hash=None).exists()
    return False


def _to_person(mail: OutgoingEmail, registration: Registration) -> Letter:
    campaign = registration.campaign
    return Letter(
        kind=mail.kind,
        language=registration.language,
        recipient=registration.email,
        first_name=registration.first_name,
        last_name=registration.last_name,
        event_title=campaign.title,
        meetings=meetings_of(registration),
        person_zone=registration.time_zone,
        private_url=private_url(registration),
        contact=campaign.contact,
        from_address=mail.sender.address,
        from_name=campaign.organizer or mail.sender.name,
        reply_to=mail.sender.reply_to or campaign.contact,
        message_id=mail.message_id or new_message_id(),
        dated_at=db_now(),
        text_version=CURRENT_TEXT_VERSION,
        intro=campaign.mail_intro,
        accent=campaign.accent,
        facts=mail.facts,
    )


def _to_staff(mail: OutgoingEmail) -> Letter | None:
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
        from_address=mail.sender.address,
        from_name=mail.sender.name,
        reply_to=mail.sender.reply_to,
        message_id=mail.message_id or new_message_id(),
        dated_at=db_now(),
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


def meetings_of(registration: Registration) -> tuple[Meeting, ...]:
    """The meetings of everything a registration wants in, or wanted last, with the links that are there."""
    enrollments = Enrollment.objects.filter(registration=registration).select_related(
        "seat__event__account", "seat__session__event"
    )
    wanted = enrollments.filter(wish=EnrollmentWish.IN)
    meetings = [
        _meeting(registration, enrollment.seat, place)
        for enrollment in (wanted if wanted.exists() else enrollments)
        for place in _places(enrollment.seat)
    ]
    return tuple(sorted(meetings, key=lambda meeting: meeting.starts_at))


def _places(seat: Seat) -> list[Session]:
    if seat.session is not None:
        return [seat.session]
    return [session for session in seat.event.sessions.exclude(status="cancelled") if session.starts_at]


def _meeting(registration: Registration, seat: Seat, session: Session) -> Meeting:
    assert session.starts_at is not None  # noqa: S101  (undated sessions are left out above)
    event: Event = seat.event
    return Meeting(
        title=session.title or event.title,
        starts_at=session.starts_at,
        ends_at=session.ends_at,
        zone=event.zone,
        link=seat.link if seat.is_fulfilled else "",
        uid=f"r{registration.pk}-s{session.pk}@{public_host()}",
        sequence=seat.version + session.schedule_version,
    )
