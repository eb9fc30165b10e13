"""Taking a form, whichever door it came by: read it, check it against its campaign, write it down.

A door is a way for a form to reach us: the hosted page, a frame, a form on somebody's own page. Each says by a `Door` how
it answers; what is checked and written is the same for all. No answer depends on whether the posted address is known.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils import translation

from registrations import pipeline
from registrations.forms import SignUpForm, build_form
from registrations.mailing.times import zone_names
from registrations.services.campaigns import (
    Availability,
    CampaignNotFound,
    PublicCampaign,
    public_campaign,
    recent_campaign,
)
from registrations.services.consents import Agreed, ConsentMissing
from registrations.services.dates import NotOffered
from registrations.services.outages import OUTAGES
from registrations.services.signup import Entry, NotOpen
from registrations.views import errors, form_tokens, guard, posts, sources, websites
from registrations.views.pages import told_to_wait
from registrations.views.schedule import dates_of
from regsite.clients import address_of


@dataclass(frozen=True, slots=True)
class Faulty:
    """A form that goes back to the visitor as typed; `token` goes into the next try.

    `trouble` is "", "stale", "again" (one more press), "busy" (too many, wait `seconds`), "proof" (once more, with
    the proof of work), "outage", or "typo": nothing is wrong, but the visitor is asked `form.suggestion` once.
    """

    form: SignUpForm
    token: str
    trouble: str
    status: int
    seconds: int = 0


class Door(Protocol):
    """How one door answers. Each method gets the request and what there is to say.

    `name` is kept with what came by it. `is_theirs`: the form stands on a page that is not ours, so it has no token of ours,
    and comes from one of the campaign's websites.
    """

    name: str
    is_theirs: bool

    def accepted(self, request: HttpRequest, campaign: PublicCampaign, progress_token: str) -> HttpResponse: ...

    def faulty(self, request: HttpRequest, campaign: PublicCampaign, faulty: Faulty) -> HttpResponse: ...

    def not_open(self, request: HttpRequest, campaign: PublicCampaign, availability: Availability) -> HttpResponse: ...

    def kept(self, request: HttpRequest, posted: QueryDict) -> HttpResponse:
        """Not even the campaign can be read: give back what was typed."""


def take(request: HttpRequest, slug: str, door: Door) -> HttpResponse:
    """Take the posted form of a campaign and answer as the door does."""
    if posts.from_elsewhere(request) and not door.is_theirs:
        return errors.permission_denied(request)
    try:
        posted = posts.read(request)
    except posts.BadPost:
        return errors.bad_request(request)
    try:
        campaign = recent_campaign(slug=slug)
        if campaign.availability is not Availability.OPEN:
            campaign = public_campaign(slug=slug)  # it may have opened in this second
    except CampaignNotFound:
        return errors.page_not_found(request)
    except OUTAGES:
        return door.kept(request, posted)
    if door.is_theirs and not websites.may_send(request, campaign, posted):
        return errors.permission_denied(request)
    if campaign.availability is not Availability.OPEN:
        return door.not_open(request, campaign, campaign.availability)
    with translation.override(campaign.language):
        return _check(request, campaign, posted, door)


def _check(request: HttpRequest, campaign: PublicCampaign, posted: QueryDict, door: Door) -> HttpResponse:
    form = form_of(campaign)(posted)
    signed = form_tokens.issue(campaign_id=campaign.id) if door.is_theirs else posted.get("form_token", "")
    issued = None if door.is_theirs else form_tokens.read(signed, campaign_id=campaign.id)
    held = guard.hold(request, campaign.id, posted, issued)
    if held is not None:
        response = door.faulty(request, campaign, Faulty(form, held.token or signed, held.trouble, held.status, held.seconds))
        return told_to_wait(response, held.seconds)
    if issued is None and not door.is_theirs:
        fresh = form_tokens.issue(campaign_id=campaign.id, asked_before=True)
        return door.faulty(request, campaign, Faulty(form, fresh, trouble="stale", status=400))
    if not form.is_valid():
        return door.faulty(request, campaign, Faulty(form, signed, trouble="", status=422))
    if form.suggestion:
        return door.faulty(request, campaign, Faulty(form, signed, trouble="typo", status=422))
    entry = _entry(form, posted)
    try:
        if campaign.proof_of_work and not guard.is_proven(campaign.id, posted, issued, entry):
            fresh = signed if issued else form_tokens.issue(campaign_id=campaign.id, asked_before=True)
            return door.faulty(request, campaign, Faulty(form, fresh, trouble="proof", status=422))
        token = pipeline.sign_up(
            campaign_id=campaign.id,
            form_token=issued.name if issued else "",
            entry=entry,
            agreed=Agreed(form.consents(), ip=address_of(request), page=request.build_absolute_uri(request.path)),
            attribution=sources.of_post(request, posted, door=door.name),
            client=websites.client_of(request) if door.is_theirs else "",
        )
    except (ConsentMissing, NotOffered):
        # The campaign has asked for it, or a date has gone, only since this form was checked: show what there is now.
        now = public_campaign(slug=campaign.slug)
        return door.faulty(request, now, Faulty(form_of(now)(posted), signed, "", status=422))
    except NotOpen as refusal:
        return door.not_open(request, campaign, refusal.availability)
    except OUTAGES:
        # The same token again: if the first press was saved after all, the next one is recognised as its repeat.
        return door.faulty(request, campaign, Faulty(form, signed, trouble="outage", status=503))
    return door.accepted(request, campaign, token)


def form_of(campaign: PublicCampaign) -> type[SignUpForm]:
    """The form that a campaign asks people to fill in."""
    return build_form(campaign.questions, campaign.consents, dates_of(campaign))


def _entry(form: SignUpForm, posted: QueryDict) -> Entry:
    zone, dates = posted.get("time_zone", ""), form.dates()
    return Entry(
        email=form.cleaned_data["email"],
        first_name=form.cleaned_data["first_name"],
        last_name=form.cleaned_data["last_name"],
        answers=form.answers(),
        time_zone=zone if zone in zone_names() else "",
        sessions=dates.sessions,
        all_dates=dates.all_dates,
    )
