"""Campaigns as visitors see them, and what a marketer must know before saving one."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache

import nh3
from django.db.models import Exists, OuterRef, Prefetch, QuerySet
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from registrations.forms import TYPES
from registrations.forms.spec import ConsentSpec, Options, QuestionSpec
from registrations.models import Campaign, Enrollment, EnrollmentWish, Event, Question, Session, db_now
from registrations.models.websites import origin_of
from registrations.services import pauses
from registrations.services.consents import boxes_of
from registrations.webinar.provider import ExtraField

ALLOWED_TAGS = {"p", "br", "strong", "b", "em", "i", "ul", "ol", "li", "a", "h2", "h3", "blockquote"}
RECENT_SECONDS = 1.0


class CampaignNotFound(Exception):
    """There is no published campaign at this address."""


class Availability(StrEnum):
    """Whether a campaign takes sign-ups now, and why not."""

    OPEN = "open"
    NOT_YET = "not_yet"
    CLOSED = "closed"
    FULL = "full"
    CANCELLED = "cancelled"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class PublicSession:
    """One meeting, as told to visitors; times in UTC. `revision` rises whenever its time or title changes."""

    title: str
    starts_at: datetime
    ends_at: datetime | None
    id: int = 0
    revision: int = 0


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

    def has_page(self, address: str) -> bool:
        """Whether an address is one of a page on these websites."""
        try:
            return origin_of(address) in self.websites
        except ValueError:
            return False


def availability(
    campaign: Campaign, *, now: datetime | None = None, may_be_closed: bool = False, signed_up: int | None = None
) -> Availability:
    """Whether the campaign takes sign-ups now; `may_be_closed` for somebody who comes back, after the closing time too.

    `signed_up` is how many registrations the campaign has, where the caller has counted them for many campaigns at once.
    """
    now = now or db_now()
    place = campaign.session or campaign.event
    if "cancelled" in (place.status, campaign.event.status):
        return Availability.CANCELLED
    if place.is_over(now):
        return Availability.OVER
    if campaign.opens_at and now < campaign.opens_at:
        return Availability.NOT_YET
    if campaign.closes_at and now >= campaign.closes_at and not may_be_closed:
        return Availability.CLOSED
    if campaign.places is not None and _is_full(campaign, campaign.places, signed_up):
        return Availability.FULL
    return Availability.OPEN


def _is_full(campaign: Campaign, places: int, signed_up: int | None) -> bool:
    """Only where all who ever signed up would fill the places does it matter who has cancelled since: that costs more."""
    if signed_up is None:
        signed_up = campaign.registrations.order_by().values("pk")[:places].count()
    return signed_up >= places and taken_places(campaign) >= places


def taken_places(campaign: Campaign) -> int:
    """How many people of this campaign want in or are held; exact under the campaign's row lock."""
    wanting = Enrollment.objects.filter(registration=OuterRef("pk")).exclude(wish=EnrollmentWish.OUT)
    return campaign.registrations.filter(Exists(wanting)).count()


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


def as_visitors_see_it(campaign: Campaign, *, signed_up: int | None = None) -> PublicCampaign:
    """A campaign of `published`; `signed_up` as for `availability`."""
    event = campaign.event
    sessions: Iterable[Session] = [campaign.session] if campaign.session else event.dated_sessions  # type: ignore[attr-defined]
    return PublicCampaign(
        id=campaign.pk,
        slug=campaign.slug,
        title=campaign.title,
        description=_sanitised(campaign.description),
        organizer=campaign.organizer,
        language=campaign.language,
        availability=availability(campaign, signed_up=signed_up),
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


@dataclass(frozen=True, slots=True)
class MappedQuestion:
    """What of a question matters to the platform's extra fields; `name` is what the marketer calls it."""

    name: str
    extra_field: str
    required: bool
    fallback: str
    choices: tuple[str, ...]
    type: str = "text"
    offers_other: bool = False


def mapping_faults(*, wanted: Iterable[ExtraField], questions: Iterable[MappedQuestion]) -> list[str]:
    """What keeps a campaign from filling the platform's extra fields, as sentences for the marketer; empty if nothing does.

    The platform wants every extra field of everybody, required or not (MTS Link article 19671).
    """
    by_field = {question.extra_field: question for question in questions if question.extra_field}
    faults = []
    for field in wanted:
        question = by_field.pop(field.key, None)
        if question is None:
            faults.append(
                _("The platform asks everyone for “%(label)s”, and no question fills it. Add one.") % {"label": field.label}
            )
        elif not (question.required or question.fallback):
            faults.append(
                _("“%(question)s” fills the platform's field “%(label)s”, so it must be required or have a fallback.")
                % {"question": question.name, "label": field.label}
            )
        elif field.choices and (question.offers_other or TYPES[question.type].has_several_lines):
            faults.append(
                _("The platform's field “%(label)s” takes one of its own choices only; “%(question)s” allows other answers.")
                % {"question": question.name, "label": field.label}
            )
        elif field.choices and set(question.choices) - set(field.choices):
            faults.append(
                _("“%(question)s” offers choices that the platform's field “%(label)s” does not have: %(choices)s.")
                % {
                    "question": question.name,
                    "label": field.label,
                    "choices": ", ".join(sorted(set(question.choices) - set(field.choices))),
                }
            )
    faults.extend(
        _("“%(question)s” fills a field that the event does not have.") % {"question": question.name}
        for question in by_field.values()
    )
    return faults


def questions_changed(*, event: Event) -> None:
    """A campaign's questions were saved: whatever waits for an extra field of its event is tried again at once."""
    pauses.retry_soon(event=event)
