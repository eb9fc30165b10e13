"""From an accepted form to durable wishes, in one transaction."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace

from django.db import IntegrityError, transaction
from django.utils.crypto import salted_hmac

from registrations.forms.addresses import normalise
from registrations.models import (
    Campaign,
    EnrollmentWish,
    Registration,
    Submission,
    TimelineEntry,
    fingerprint,
)
from registrations.services import wishes
from registrations.services.campaigns import Availability, availability
from registrations.services.due import NOTHING, Due


@dataclass(frozen=True, slots=True)
class Entry:
    """What a person typed, checked by the form. `answers` maps question keys to text; `time_zone` is IANA or empty."""

    email: str
    first_name: str
    last_name: str = ""
    answers: Mapping[str, str] = field(default_factory=dict)
    time_zone: str = ""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the visitor gets: the token that opens the progress page, and what became due."""

    progress_token: str
    due: Due


class NotOpen(Exception):
    """The campaign takes no sign-ups now; `availability` says why."""

    def __init__(self, availability: Availability) -> None:
        super().__init__(availability.value)
        self.availability = availability


def record(*, campaign_id: int, form_token: str, entry: Entry) -> Receipt:
    """Write down an accepted form with everything that follows from it. Raises NotOpen.

    The same form with the same content is a repeat and gets the same receipt; with other content it is a new submission.
    Nothing that is returned depends on whether the address was known before.
    """
    entry = replace(entry, email=normalise(entry.email))
    content = content_hash(entry)
    token = progress_token(campaign_id=campaign_id, form_token=form_token, content=content)
    try:
        with transaction.atomic():
            due = _record(campaign_id, form_token, content, token, entry)
    except IntegrityError:
        # Somebody was quicker: either the same post twice at once, or two first posts of one address. Looking again tells.
        with transaction.atomic():
            due = _record(campaign_id, form_token, content, token, entry)
    return Receipt(progress_token=token, due=due)


def content_hash(entry: Entry) -> str:
    """What tells a repeat from new content: the fingerprint of an entry whose address is normalised."""
    return fingerprint(json.dumps(asdict(entry), sort_keys=True, ensure_ascii=False))


def progress_token(*, campaign_id: int, form_token: str, content: str) -> str:
    """The token of a submission's progress page; `content` is its content hash."""
    return salted_hmac("regsite.progress", f"{campaign_id}:{form_token}:{content}", algorithm="sha256").hexdigest()


def _record(campaign_id: int, form_token: str, content: str, token: str, entry: Entry) -> Due:
    if Submission.objects.filter(campaign_id=campaign_id, form_token=form_token, content_hash=content).exists():
        return NOTHING
    campaign = _open_campaign(campaign_id)
    registration = Registration.objects.select_for_update().filter(campaign=campaign, email=entry.email).first()
    known = registration is not None and registration.enrollments.exclude(wish=EnrollmentWish.OUT).exists()
    if registration is None or not known:
        registration = _write_registration(registration, campaign, entry)
    submission = Submission.objects.create(
        campaign=campaign,
        registration=registration,
        form_token=form_token,
        content_hash=content,
        progress_hash=fingerprint(token),
        email=entry.email,
        first_name=entry.first_name,
        last_name=entry.last_name,
        answers=dict(entry.answers),
        from_known_person=known,
    )
    if known:
        TimelineEntry.write([registration.pk], TimelineEntry.Code.REPEATED, data={"submission": submission.pk})
        return wishes.ask_again(registration)
    TimelineEntry.write([registration.pk], TimelineEntry.Code.RECEIVED, data={"submission": submission.pk})
    return wishes.want_in(registration)


def _open_campaign(campaign_id: int) -> Campaign:
    """The campaign, with its places counted under a lock where they are limited. Raises NotOpen."""
    campaign = Campaign.objects.select_related("event__account", "session").get(pk=campaign_id)
    if campaign.places is not None:
        Campaign.objects.select_for_update().get(pk=campaign_id)
    state = availability(campaign)
    if state is not Availability.OPEN:
        raise NotOpen(state)
    return campaign


def _write_registration(registration: Registration | None, campaign: Campaign, entry: Entry) -> Registration:
    """A new person, or one who had cancelled and signs up again: these answers count."""
    if registration is None:
        registration = Registration(campaign=campaign, email=entry.email)
        registration.set_new_token()
    registration.first_name = entry.first_name
    registration.last_name = entry.last_name
    registration.answers = dict(entry.answers)
    registration.language = campaign.language
    registration.time_zone = entry.time_zone or registration.time_zone
    registration.save()
    return registration
