"""From an accepted form to durable wishes, in one transaction."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta

from django.db import IntegrityError, connection, transaction
from django.utils.crypto import salted_hmac

from registrations.forms.addresses import normalise
from registrations.models import (
    Campaign,
    Registration,
    Seat,
    Submission,
    TimelineEntry,
    db_now,
    fingerprint,
)
from registrations.services import answering, consents, dates, holding, wishes
from registrations.services.attribution import Attribution
from registrations.services.campaigns import Availability, availability, recent_row
from registrations.services.consents import Agreed
from registrations.services.due import NOTHING, Due

NOTHING_AGREED = Agreed()

MOST_ATTEMPTS = 3
"""In each of them somebody else may be quicker once: at the form, at the person, at the seat."""

SAME_FORM = timedelta(minutes=10)
"""How long the same content is a repeat where the form had no token to be told by."""

_LATER_ADDED = ("language", "sessions", "all_dates")


@dataclass(frozen=True, slots=True)
class Entry:
    """What a person typed, checked by the form. `answers` maps question keys to text; `time_zone` is IANA or empty.

    `language` is the one they want to be written to in; empty: the campaign's. `sessions` are the ids of those they choose of a
    series, `all_dates` is the standing choice of all; a campaign that leaves no choice does not look at either.
    """

    email: str
    first_name: str
    last_name: str = ""
    answers: Mapping[str, str] = field(default_factory=dict)
    time_zone: str = ""
    language: str = ""
    sessions: tuple[int, ...] = ()
    all_dates: bool = False


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the visitor gets: the token that opens the progress page, and what became due."""

    progress_token: str
    due: Due


@dataclass(frozen=True, slots=True)
class _Form:
    """An accepted form with what it is told by: the names of the form and of its content, and its progress page's token."""

    campaign_id: int
    token: str
    content: str
    progress_token: str
    entry: Entry
    agreed: Agreed
    basis: str
    came_from: dict[str, str] | None


class NotOpen(Exception):
    """The campaign takes no sign-ups now; `availability` says why."""

    def __init__(self, availability: Availability) -> None:
        super().__init__(availability.value)
        self.availability = availability


def record(
    *,
    campaign_id: int,
    form_token: str,
    entry: Entry,
    agreed: Agreed = NOTHING_AGREED,
    basis: str = "",
    attribution: Attribution | None = None,
    client: str = "",
    is_own_name: bool = False,
) -> Receipt:
    """Write down an accepted form with everything that follows from it. Raises NotOpen, ConsentMissing, dates.NotOffered.

    Either the sender `agreed` to what the campaign requires, or whoever hands the form in asserts on which `basis` it may.

    The same form with the same content is a repeat and gets the same receipt; with other content it is a new submission.
    Of a form without a token ("") the same content from the same client is a repeat for ten minutes. Where somebody came from
    makes no form new.
    With `is_own_name` the token is the sender's name for this form alone: IntegrityError if it stands for other content.
    Nothing that is returned depends on whether the address was known before.
    """
    entry = replace(entry, email=normalise(entry.email))
    content = content_hash(entry)
    form_token = form_token or _token_by_time(campaign_id, content, client)
    # Progress tokens are unique. One that does not depend on the content keeps a name from being given twice, also at once.
    told_by = "" if is_own_name else content
    token = progress_token(campaign_id=campaign_id, form_token=form_token, content=told_by)
    came_from = attribution.as_json() if attribution else None
    form = _Form(campaign_id, form_token, content, token, entry, agreed, basis, came_from)
    for attempt in range(1, MOST_ATTEMPTS + 1):
        try:
            with transaction.atomic():
                due = _record(form)
            break
        except IntegrityError:
            # Somebody was quicker: the same post twice at once, or two first posts of one address. Looking again tells.
            if attempt == MOST_ATTEMPTS:
                raise
    return Receipt(progress_token=token, due=due)


def content_hash(entry: Entry) -> str:
    """What tells a repeat from new content: the fingerprint of an entry whose address is normalised."""
    content = asdict(entry) | {"sessions": sorted(set(entry.sessions))}
    for name in _LATER_ADDED:  # so that what was written down before there were such fields stays a repeat
        if not content[name]:
            del content[name]
    return fingerprint(json.dumps(content, sort_keys=True, ensure_ascii=False))


def progress_token(*, campaign_id: int, form_token: str, content: str) -> str:
    """The token of a submission's progress page; `content` is its content hash."""
    return salted_hmac("regsite.progress", f"{campaign_id}:{form_token}:{content}", algorithm="sha256").hexdigest()


def _token_by_time(campaign_id: int, content: str, client: str) -> str:
    """What a form without a token is told by: the time, so that pressing twice is one form, also across a boundary.

    And the client: who types what somebody else has just sent must not be shown how far that one's mail is.
    """
    now = db_now()
    period = int(now.timestamp() // SAME_FORM.total_seconds())
    current, before = (
        f"period:{number}:{salted_hmac('regsite.client', f'{number}:{client}', algorithm='sha256').hexdigest()[:32]}"
        for number in (period, period - 1)
    )
    same = Submission.objects.filter(
        campaign=campaign_id, form_token=before, content_hash=content, received_at__gt=now - SAME_FORM
    )
    return before if same.exists() else current


def _record(form: _Form) -> Due:
    now = db_now()  # once: as a default it would be asked of the database for every row
    campaign, entry = _campaign(form.campaign_id), form.entry
    is_there, has_seat = _already_there(campaign, entry.email)
    if is_there and _is_repeat(form):
        return NOTHING
    state = availability(campaign, now=now)
    if state is not Availability.OPEN:
        raise NotOpen(state)
    boxes = recent_row(campaign_id=form.campaign_id).consent_boxes.all()
    texts = [] if form.basis else consents.chosen(boxes, form.agreed)
    choice = dates.choose(campaign, sessions=entry.sessions, all_dates=entry.all_dates, now=now)
    registration = _find(campaign, entry.email) if is_there else None
    stop = holding.next_stop(campaign, now=now)
    known = registration is not None and holding.is_known(registration, newcomers_wait=stop is not None, now=now)
    if registration is None or not known:
        registration = _write_registration(registration, campaign, form, now, all_dates=choice.all_dates)
    submission = Submission.objects.create(
        campaign=campaign,
        registration=registration,
        form_token=form.token,
        content_hash=form.content,
        progress_hash=fingerprint(form.progress_token),
        email=entry.email,
        first_name=entry.first_name,
        last_name=entry.last_name,
        answers=dict(entry.answers),
        sessions=choice.named,
        all_dates=choice.all_dates,
        attribution=form.came_from,
        from_known_person=known,
        received_at=now,
        basis=form.basis,
    )
    if texts:
        consents.write_down(submission, texts, form.agreed, now=now)
    if known:
        TimelineEntry.write([registration.pk], TimelineEntry.Code.REPEATED, at=now, data={"submission": submission.pk})
        return wishes.ask_again(registration) if stop is None else answering.answer_at_once(registration)
    TimelineEntry.write([registration.pk], TimelineEntry.Code.RECEIVED, at=now, data={"submission": submission.pk})
    due = wishes.want_in(registration, now=now, is_first=not has_seat, sessions=choice.sessions)
    if stop is None:
        return due
    # Anybody can type anybody's address: only the first mail to it goes in any case.
    silent = is_there and answering.known_mails_used_up(registration)
    return holding.hold(registration, stop, now=now, silent=silent)


def _is_repeat(form: _Form) -> bool:
    same = Submission.objects.filter(campaign=form.campaign_id, form_token=form.token, content_hash=form.content)
    return same.exists()


def _campaign(campaign_id: int) -> Campaign:
    """The campaign; as it is now and under a lock where its places are limited, so that they are counted by one at a time."""
    campaign = recent_row(campaign_id=campaign_id)
    if campaign.places is None:
        return campaign
    locked = Campaign.objects.select_for_update(of=("self",)).select_related("event__account", "session")
    return locked.get(pk=campaign_id)


def _already_there(campaign: Campaign, address: str) -> tuple[bool, bool]:
    """Whether an address is in the campaign, and whether it has a seat in the campaign's target.

    Nearly everybody is new: one plain statement for both costs a tenth of looking for each by the models.
    """
    place, place_id = ("event_id", campaign.event_id) if campaign.session_id is None else ("session_id", campaign.session_id)
    no_session = "session_id IS NULL AND" if campaign.session_id is None else ""
    registrations, seats = Registration._meta.db_table, Seat._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT EXISTS (SELECT 1 FROM {registrations} WHERE campaign_id = %s AND email = %s),"  # noqa: S608
            f" EXISTS (SELECT 1 FROM {seats} WHERE {no_session} {place} = %s AND address = %s)",
            [campaign.pk, address, place_id, address],
        )
        is_there, has_seat = cursor.fetchone()
    return bool(is_there), bool(has_seat)


def _find(campaign: Campaign, address: str) -> Registration | None:
    return Registration.objects.select_for_update().filter(campaign=campaign, email=address).first()


def _write_registration(
    registration: Registration | None, campaign: Campaign, form: _Form, now: datetime, *, all_dates: bool
) -> Registration:
    """A new person, or one who had cancelled and signs up again: these answers count, and what led them here at first."""
    entry = form.entry
    if registration is None:
        registration = Registration(campaign=campaign, email=entry.email, created_at=now)
        registration.set_new_token()
    registration.campaign = campaign
    registration.first_name = entry.first_name
    registration.last_name = entry.last_name
    registration.answers = dict(entry.answers)
    registration.attribution = registration.attribution or form.came_from
    registration.language = entry.language or campaign.language
    registration.time_zone = entry.time_zone or registration.time_zone
    registration.all_dates = all_dates
    registration.save()
    return registration
