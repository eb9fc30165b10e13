"""What a person may do about their own data by their private page: correct, set, take along, have erased."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import translation
from django.utils.translation import gettext as _

from registrations.mailing.kinds import KINDS
from registrations.models import (
    Consent,
    Enrollment,
    EnrollmentWish,
    OutgoingEmail,
    Registration,
    StepState,
    Submission,
    TimelineEntry,
    db_now,
)
from registrations.services import privacy
from registrations.services.due import NOTHING, Due
from registrations.services.tokens import find_registration


def correct_name(*, token: str, first_name: str, last_name: str) -> Due:
    """Write down how the person spells their name. Raises UnknownToken.

    Forms stay as they were sent. The platform keeps the name it has: it takes a new one only with a new registration, whose
    link is a new one, too. So nothing is due.
    """
    with transaction.atomic():
        registration = find_registration(_people().select_for_update(of=("self",)), token)
        if (registration.first_name, registration.last_name) != (first_name, last_name):
            registration.first_name, registration.last_name = first_name, last_name
            registration.save(update_fields=["first_name", "last_name"])
            TimelineEntry.write([registration.pk], TimelineEntry.Code.NAME_CORRECTED)
    return NOTHING


def set_preferences(*, token: str, language: str, time_zone: str) -> Due:
    """Write down which language and clock the person wants: IANA name, or "" for the event's. Raises UnknownToken."""
    with transaction.atomic():
        registration = find_registration(_people().select_for_update(of=("self",)), token)
        if (registration.language, registration.time_zone) != (language, time_zone):
            registration.language, registration.time_zone = language, time_zone
            registration.save(update_fields=["language", "time_zone"])
            TimelineEntry.write([registration.pk], TimelineEntry.Code.PREFERENCES_SET)
    return NOTHING


def erase(*, token: str) -> Due:
    """Forget everything of the address whose private page this is. Raises UnknownToken, privacy.UnknownPerson."""
    return privacy.erase(registration_id=find_registration(_people(), token).pk, user_id=None)


def export(*, token: str) -> dict[str, Any]:
    """All that is held about a registration, as plain values with labels in the person's language. Raises UnknownToken.

    A form that came under a known address changed nothing and may have been typed by somebody else: that it came is told,
    and what it said only once the person has said that it was theirs.
    """
    registration = find_registration(_people(), token)
    with translation.override(registration.language):
        return {
            "written_at": _moment(db_now()),
            "registration": _registration(registration),
            "event": _event(registration),
            "forms": [_form(registration, form) for form in _forms(registration)],
            "places": [_place(each) for each in registration.enrollments.select_related("seat__event", "seat__session")],
            "mails": [_mail(mail) for mail in registration.mails.filter(silent=False).defer("letter").order_by("pk")],
            "history": [_line(entry) for entry in registration.timeline.order_by("at", "pk")],
            "not_in_this_file": [
                _("Backups, which are overwritten in time."),
                _("What the webinar platform keeps itself, for example when you were in the room."),
            ],
        }


def _people() -> QuerySet[Registration]:
    return Registration.objects.select_related("campaign__event", "campaign__session")


def _registration(registration: Registration) -> dict[str, Any]:
    labels = {question.key: question.label for question in registration.campaign.questions.all()}
    return {
        "email": registration.email,
        "first_name": registration.first_name,
        "last_name": registration.last_name,
        "answers": {labels.get(key, key): value for key, value in registration.answers.items()},
        "language": registration.language,
        "time_zone": registration.time_zone,
        "all_dates_later_ones_too": registration.all_dates,
        "signed_up_at": _moment(registration.created_at),
        "private_page": f"{settings.PUBLIC_URL}/r/{registration.token}/",
    }


def _event(registration: Registration) -> dict[str, Any]:
    campaign = registration.campaign
    return {
        "title": campaign.title,
        "organizer": campaign.organizer,
        "contact": campaign.contact,
        "page": f"{settings.PUBLIC_URL}{campaign.get_absolute_url()}",
    }


def _forms(registration: Registration) -> list[Submission]:
    return list(registration.submissions.select_related("imported").order_by("pk"))


def _form(registration: Registration, form: Submission) -> dict[str, Any]:
    told: dict[str, Any] = {"received_at": _moment(form.received_at)}
    if form.imported is not None:
        told |= {"from_a_list": True, "why_we_may_write": form.imported.basis}
    if form.from_known_person and form.verdict != Submission.Verdict.ADOPTED:
        return told | {
            "left_out": _(
                "Anybody can type your address. This form changed nothing, and what it said may be about somebody else."
            )
        }
    if form.basis:
        told |= {"why_we_may_write": form.basis}
    agreed = [_consent(consent) for consent in form.consents.select_related("text")]
    name = {"first_name": form.first_name, "last_name": form.last_name}
    return told | {**name, "email": form.email, "answers": form.answers, "agreed_to": agreed}


def _consent(consent: Consent) -> dict[str, Any]:
    return {
        "statement": consent.text.statement,
        "document": consent.text.document,
        "fingerprint": consent.fingerprint,
        "at": _moment(consent.given_at),
        "from_address": consent.ip or "",
        "on_page": consent.page,
    }


def _place(enrollment: Enrollment) -> dict[str, Any]:
    seat = enrollment.seat
    return {
        "meeting": seat.place.title,
        "starts_at": _moment(seat.place.starts_at),
        "your_wish": str(enrollment.get_wish_display()),
        "waits_for": str(enrollment.get_held_for_display()) if enrollment.held_for else "",
        "at_the_platform": str(seat.get_fact_display()),
        "registration_at_the_platform": seat.participation_id or "",
        "link": seat.link if seat.is_fulfilled and enrollment.wish == EnrollmentWish.IN else "",
        "entered_the_room_at": _moment(seat.visited_at),
    }


def _mail(mail: OutgoingEmail) -> dict[str, Any]:
    return {
        "what": str(KINDS[mail.kind].label) if mail.kind in KINDS else mail.kind,
        "written_at": _moment(mail.created_at),
        "state": str(StepState(mail.state).label),
        "done_at": _moment(mail.settled_at),
        "message_id": mail.message_id,
        "mail_server_said": mail.server_reply,
    }


def _line(entry: TimelineEntry) -> dict[str, Any]:
    """Who of the staff did it is theirs."""
    codes = TimelineEntry.Code
    words = str(codes(entry.code).label) if entry.code in codes.values else entry.code
    return {"at": _moment(entry.at), "what": words}


def _moment(moment: datetime | None) -> str:
    return moment.isoformat(timespec="seconds") if moment else ""
