"""Campaigns as visitors see them: what they show, and whether they take anybody now."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache

import nh3
from django.db.models import Prefetch, QuerySet
from django.utils.safestring import SafeString

from registrations.forms.spec import ConsentSpec, Options, QuestionSpec
from registrations.models import Campaign, Event, EventStatus, Question, Session, db_now
from registrations.models.websites import origin_of
from registrations.services import dates, pauses
from registrations.services.consents import boxes_of
from registrations.services.covers import PublicCover, cover_of

ALLOWED_TAGS = {"p", "br", "strong", "b", "em", "i", "ul", "ol", "li", "a", "h2", "h3", "blockquote"}
RECENT_SECONDS = 1.0


class CampaignNotFound(Exception):
    """There is no published campaign at this address."""


class Availability(StrEnum):
    """Whether a campaign takes sign-ups now, and why not."""

    OPEN = "open"
    NOT_YET = "not_yet"
    CLOSED = "closed"
    CANCELLED = "cancelled"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class PublicSession:
    """One meeting, as told to visitors; times in UTC. `revision` rises whenever its time or title changes.

    `is_open`: somebody may still be registered for it.
    """

    title: str
    starts_at: datetime
    ends_at: datetime | None
    id: int = 0
    revision: int = 0
    is_open: bool = True


@dataclass(frozen=True, slots=True)
class PublicCampaign:
    """All that the public pages of a campaign may show. `description` is sanitised HTML, `time_zone` an IANA name.

    `listed`: it may stand where people look for something to sign up for; otherwise only who has its address finds it.
    """

    id: int
    slug: str
    title: str
    description: SafeString
    organizer: str
    language: str
    availability: Availability
    opens_at: datetime | None
    closes_at: datetime | None
    time_zone: str
    sessions: tuple[PublicSession, ...]
    whole_series: bool
    questions: tuple[QuestionSpec, ...]
    consents: tuple[ConsentSpec, ...]
    contact: str
    accent: str
    listed: bool = True
    announced_at: datetime | None = None
    websites: tuple[str, ...] = ()
    """Origins whose pages may hold the form."""
    form_key: str = ""
    chooses_dates: bool = False
    """People say which of the sessions they come to."""
    proof_of_work: bool = False
    cover: PublicCover | None = None

    @property
    def offered(self) -> tuple[PublicSession, ...]:
        """The sessions that somebody may still be registered for."""
        return tuple(session for session in self.sessions if session.is_open)

    def has_page(self, address: str) -> bool:
        """Whether an address is one of a page on these websites."""
        try:
            return origin_of(address) in self.websites
        except ValueError:
            return False


def availability(campaign: Campaign, *, now: datetime | None = None, may_be_closed: bool = False) -> Availability:
    """Whether the campaign takes sign-ups now; `may_be_closed` for somebody who comes back, after the closing time too.

    Whether places are left is told by mail only: the page is the same, so that nobody learns by it who has one.
    """
    now = now or db_now()
    place = campaign.session or campaign.event
    if "cancelled" in (place.status, campaign.event.status):
        return Availability.CANCELLED
    if campaign.by_session and place.status != EventStatus.FINISHED:
        if not dates.open_sessions(campaign.event_id, now=now).exists():
            return _without_dates(campaign)
    elif place.is_over(now):
        return Availability.OVER
    if campaign.opens_at and now < campaign.opens_at:
        return Availability.NOT_YET
    if campaign.closes_at and now >= campaign.closes_at and not may_be_closed:
        return Availability.CLOSED
    return Availability.OPEN


def _without_dates(campaign: Campaign) -> Availability:
    """A series none of whose sessions can be chosen: all are past, or none has a date yet."""
    dated = campaign.event.sessions.exclude(starts_at=None)
    return Availability.OVER if dated.exists() else Availability.NOT_YET


def public_campaign(*, slug: str) -> PublicCampaign:
    """The campaign at an address, as visitors may see it. Raises CampaignNotFound."""
    try:
        campaign = published().get(slug=slug)
    except Campaign.DoesNotExist as error:
        raise CampaignNotFound(slug) from error
    return as_visitors_see_it(campaign)


def recent_campaign(*, slug: str) -> PublicCampaign:
    """The same as it was a second ago at most: for a form, which may well be older itself. Raises CampaignNotFound."""
    return _public_as_of(slug, _period())


def recent_row(*, campaign_id: int) -> Campaign:
    """A campaign with its event, account and consent boxes, as it was a second ago at most. Not to be changed or saved.

    Every accepted form needs it, and reading it costs as much as writing two rows.
    """
    return _row_as_of(campaign_id, _period())


def forget_recent() -> None:
    """Have every campaign read anew."""
    _public_as_of.cache_clear()
    _row_as_of.cache_clear()


def _period() -> int:
    return int(time.monotonic() / RECENT_SECONDS)


@lru_cache(maxsize=128)
def _public_as_of(slug: str, period: int) -> PublicCampaign:
    return public_campaign(slug=slug)


@lru_cache(maxsize=128)
def _row_as_of(campaign_id: int, period: int) -> Campaign:
    found = Campaign.objects.select_related("event__account", "session").prefetch_related("consent_boxes__text")
    return found.get(pk=campaign_id)


def published() -> QuerySet[Campaign]:
    """Campaigns that visitors may see, with all that `as_visitors_see_it` needs."""
    sessions = Session.objects.exclude(status="cancelled").exclude(starts_at=None).order_by("starts_at")
    return (
        Campaign.objects.filter(published=True)
        .select_related("event__account", "session")
        .prefetch_related(
            "questions", "consent_boxes__text", Prefetch("event__sessions", queryset=sessions, to_attr="dated_sessions")
        )
    )


def as_visitors_see_it(campaign: Campaign) -> PublicCampaign:
    """A campaign of `published`."""
    event, now = campaign.event, db_now()
    sessions: Iterable[Session] = [campaign.session] if campaign.session else event.dated_sessions  # type: ignore[attr-defined]
    return PublicCampaign(
        id=campaign.pk,
        slug=campaign.slug,
        title=campaign.title,
        description=_sanitised(campaign.description),
        organizer=campaign.organizer,
        language=campaign.language,
        availability=availability(campaign, now=now),
        opens_at=campaign.opens_at,
        closes_at=campaign.closes_at,
        time_zone=event.zone,
        sessions=tuple(
            PublicSession(
                title=session.title,
                starts_at=session.starts_at,
                ends_at=session.ends_at,
                id=session.pk,
                revision=session.schedule_version + event.schedule_version,
                is_open=not session.is_over(now),
            )
            for session in sessions
            if session.starts_at
        ),
        whole_series=campaign.session is None,
        questions=tuple(question_spec(question) for question in campaign.questions.all()),
        consents=boxes_of(campaign.consent_boxes.all()),
        contact=campaign.contact,
        accent=campaign.accent,
        listed=campaign.listed,
        announced_at=campaign.created_at,
        websites=campaign.website_list(),
        form_key=campaign.form_key,
        chooses_dates=campaign.chooses_dates,
        proof_of_work=campaign.wants_proof,
        cover=cover_of(campaign),
    )


def _sanitised(html: str) -> SafeString:
    """A marketer's HTML with nothing but text structure and links left: the one place that makes text safe says so."""
    return SafeString(nh3.clean(html, tags=ALLOWED_TAGS, attributes={"a": {"href"}}, url_schemes={"https", "mailto"}))


def question_spec(question: Question) -> QuestionSpec:
    """A question as the forms library knows it."""
    return QuestionSpec(
        key=question.key,
        type=question.type,
        label=question.label,
        help_text=question.help_text,
        required=question.required,
        choices=question.choice_list(),
        options=Options.read(question.options),
    )


def questions_changed(*, event: Event) -> None:
    """A campaign's questions were saved: whatever waits for an extra field of its event is tried again at once."""
    pauses.retry_soon(event=event)
