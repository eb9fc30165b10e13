"""The sign-up page of a campaign: show the form, take the form, say honestly why not."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import reverse
from django.utils import translation
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from registrations.forms import build_form, prefilled
from registrations.mailing.times import moment_label
from registrations.services.campaigns import Availability, CampaignNotFound, PublicCampaign, public_campaign
from registrations.views import errors, form_tokens
from registrations.views.accents import accent_code
from registrations.views.pages import answers_outages, page, see_other
from registrations.views.schedule import when
from registrations.views.structured import description_of, event_data, public_address
from registrations.views.taking import Faulty, take

_GONE = frozenset({Availability.CANCELLED, Availability.OVER})


# Exempt from CSRF: there is no session that another site could ride, and in a frame there is no cookie either.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@answers_outages
def signup(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a campaign's page, or take its form."""
    if request.method == "POST":
        return take(request, slug, _HOSTED)
    try:
        campaign = public_campaign(slug=slug)
    except CampaignNotFound:
        return errors.page_not_found(request)
    if campaign.availability is not Availability.OPEN:
        return _HOSTED.not_open(request, campaign, campaign.availability)
    token = form_tokens.issue(campaign_id=campaign.id)
    form = build_form(campaign.questions, campaign.consents)(initial=prefilled(campaign.questions, request.GET))
    return _HOSTED.faulty(request, campaign, Faulty(form, token, trouble="", status=200))


class _HostedPage:
    """The door that is a page of ours."""

    def accepted(self, request: HttpRequest, campaign: PublicCampaign, progress_token: str) -> HttpResponse:
        return see_other(reverse("public:progress", args=[campaign.slug, progress_token]))

    def faulty(self, request: HttpRequest, campaign: PublicCampaign, faulty: Faulty) -> HttpResponse:
        context = {
            **_campaign_context(campaign),
            "form": faulty.form,
            "form_token": faulty.token,
            "trouble": faulty.trouble,
        }
        return page(request, "registrations/signup.html", context, language=campaign.language, status=faulty.status)

    def not_open(self, request: HttpRequest, campaign: PublicCampaign, availability: Availability) -> HttpResponse:
        """Say why there is no form. A post is told by its status that nothing was saved."""
        status = 410 if availability in _GONE else 409 if request.method == "POST" else 200
        moment = {Availability.NOT_YET: campaign.opens_at, Availability.CLOSED: campaign.closes_at}.get(availability)
        with translation.override(campaign.language):
            date = moment_label(moment, campaign.time_zone) if moment else ""
        context = {**_campaign_context(campaign), "availability": availability.name, "date": date}
        return page(request, "registrations/not_open.html", context, language=campaign.language, status=status)

    def kept(self, request: HttpRequest, posted: QueryDict) -> HttpResponse:
        """Give back what was typed; the campaign's own answers ride along unseen."""
        form = build_form(())(posted)
        shown = {*form.fields, "time_zone"}
        hidden = [(name, value) for name, values in posted.lists() if name not in shown for value in values]
        return page(request, "registrations/signup_kept.html", {"form": form, "hidden": hidden}, status=503)


_HOSTED = _HostedPage()


def _campaign_context(campaign: PublicCampaign) -> dict[str, object]:
    with translation.override(campaign.language):
        times = [(session, when(session, zone=campaign.time_zone)) for session in campaign.sessions]
    return {
        "campaign": campaign,
        "times": times,
        "accent": accent_code(campaign.accent),
        "contact": campaign.contact,
        "meta": {
            "address": public_address(campaign),
            "description": description_of(campaign),
            # A search engine must not announce what only its address opens.
            "event": event_data(campaign) if campaign.listed else "",
        },
    }
