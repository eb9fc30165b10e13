"""The sign-up page of a campaign: show the form, take the form, say honestly why not.

No answer depends on whether the posted address is known.
"""

from __future__ import annotations

from functools import lru_cache
from zoneinfo import available_timezones

from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import reverse
from django.utils import translation
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from registrations import pipeline
from registrations.forms import SignUpForm, build_form
from registrations.mailing.times import moment_label
from registrations.services.campaigns import Availability, CampaignNotFound, PublicCampaign, public_campaign, recent_campaign
from registrations.services.signup import Entry, NotOpen
from registrations.views import errors, form_tokens, posts
from registrations.views.accents import accent_code
from registrations.views.pages import OUTAGES, answers_outages, page, see_other
from registrations.views.schedule import when

_GONE = frozenset({Availability.CANCELLED, Availability.OVER})


# Exempt from CSRF: there is no session that another site could ride, and in a frame there is no cookie either.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@answers_outages
def signup(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a campaign's page, or take its form."""
    if request.method == "POST":
        return _take(request, slug)
    try:
        campaign = public_campaign(slug=slug)
    except CampaignNotFound:
        return errors.page_not_found(request)
    if campaign.availability is not Availability.OPEN:
        return _not_open(request, campaign, campaign.availability)
    form = build_form(campaign.questions)()
    return _form_page(request, campaign, form, form_tokens.issue(campaign_id=campaign.id))


def _take(request: HttpRequest, slug: str) -> HttpResponse:
    if posts.from_elsewhere(request):
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
        return _kept_page(request, posted)
    if campaign.availability is not Availability.OPEN:
        return _not_open(request, campaign, campaign.availability)
    with translation.override(campaign.language):
        return _check(request, campaign, posted)


def _check(request: HttpRequest, campaign: PublicCampaign, posted: QueryDict) -> HttpResponse:
    form = build_form(campaign.questions)(posted)
    signed = posted.get("form_token", "")
    form_name = form_tokens.read(signed, campaign_id=campaign.id)
    if form_name is None:
        fresh = form_tokens.issue(campaign_id=campaign.id)
        return _form_page(request, campaign, form, fresh, trouble="stale", status=400)
    if not form.is_valid():
        return _form_page(request, campaign, form, signed, status=422)
    try:
        token = pipeline.sign_up(campaign_id=campaign.id, form_token=form_name, entry=_entry(form, posted))
    except NotOpen as refusal:
        return _not_open(request, campaign, refusal.availability)
    except OUTAGES:
        # The same token again: if the first press was saved after all, the next one is recognised as its repeat.
        return _form_page(request, campaign, form, signed, trouble="outage", status=503)
    return see_other(reverse("public:progress", args=[campaign.slug, token]))


def _entry(form: SignUpForm, posted: QueryDict) -> Entry:
    zone = posted.get("time_zone", "")
    return Entry(
        email=form.cleaned_data["email"],
        first_name=form.cleaned_data["first_name"],
        last_name=form.cleaned_data["last_name"],
        answers=form.answers(),
        time_zone=zone if zone in _zones() else "",
    )


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _campaign_context(campaign: PublicCampaign) -> dict[str, object]:
    with translation.override(campaign.language):
        times = [(session, when(session, zone=campaign.time_zone)) for session in campaign.sessions]
    return {
        "campaign": campaign,
        "times": times,
        "accent": accent_code(campaign.accent),
        "contact": campaign.contact,
    }


def _form_page(
    request: HttpRequest,
    campaign: PublicCampaign,
    form: SignUpForm,
    token: str,
    *,
    trouble: str = "",
    status: int = 200,
) -> HttpResponse:
    context = {**_campaign_context(campaign), "form": form, "form_token": token, "trouble": trouble}
    return page(request, "registrations/signup.html", context, language=campaign.language, status=status)


def _not_open(request: HttpRequest, campaign: PublicCampaign, availability: Availability) -> HttpResponse:
    """Say why there is no form. A post is told by its status that nothing was saved."""
    status = 410 if availability in _GONE else 409 if request.method == "POST" else 200
    moment = {Availability.NOT_YET: campaign.opens_at, Availability.CLOSED: campaign.closes_at}.get(availability)
    with translation.override(campaign.language):
        date = moment_label(moment, campaign.time_zone) if moment else ""
    context = {**_campaign_context(campaign), "availability": availability.name, "date": date}
    return page(request, "registrations/not_open.html", context, language=campaign.language, status=status)


def _kept_page(request: HttpRequest, posted: QueryDict) -> HttpResponse:
    """Give back what was typed while not even the campaign can be read: its own answers ride along unseen."""
    form = build_form(())(posted)
    shown = {*form.fields, "time_zone"}
    hidden = [(name, posted[name]) for name in posted if name not in shown]
    return page(request, "registrations/signup_kept.html", {"form": form, "hidden": hidden}, status=503)
