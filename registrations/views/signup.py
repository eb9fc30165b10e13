"""The sign-up page of a campaign: show the form, take the form, say honestly why not."""

from __future__ import annotations

import math
from collections.abc import Mapping

from django.conf import settings
from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import reverse
from django.utils import translation
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from registrations.forms import build_form, prefilled
from registrations.mailing.times import moment_label
from registrations.services.campaigns import Availability, CampaignNotFound, PublicCampaign, public_campaign
from registrations.views import errors, form_tokens, sources
from registrations.views.accents import accent_code
from registrations.views.pages import answers_outages, page, see_other
from registrations.views.proof import let_work
from registrations.views.schedule import when
from registrations.views.structured import description_of, event_data, image_of, public_address
from registrations.views.taking import Faulty, form_of, take

_GONE = frozenset({Availability.CANCELLED, Availability.OVER})


# Exempt from CSRF: there is no session that another site could ride, and in a frame there is no cookie either.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@answers_outages
def signup(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a campaign's page, or take its form."""
    return show_or_take(request, slug, HOSTED)


class HostedPage:
    """The door that is a page of ours. What differs where the page stands in a frame are the methods at the end."""

    name = "hosted"
    is_theirs = False

    def accepted(self, request: HttpRequest, campaign: PublicCampaign, progress_token: str) -> HttpResponse:
        return see_other(reverse("public:progress", args=[campaign.slug, progress_token]))

    def faulty(self, request: HttpRequest, campaign: PublicCampaign, faulty: Faulty) -> HttpResponse:
        context = {
            "form": faulty.form,
            "form_token": faulty.token,
            "trouble": faulty.trouble,
            "action": self.action(request, campaign),
            "came_from": sources.hidden_fields(request, page=self.own_address(campaign)),
            "minutes": math.ceil(faulty.seconds / 60),
        }
        response = self.show(request, campaign, "registrations/signup.html", context, status=faulty.status)
        return let_work(response) if campaign.proof_of_work else response

    def not_open(self, request: HttpRequest, campaign: PublicCampaign, availability: Availability) -> HttpResponse:
        """Say why there is no form. A post is told by its status that nothing was saved."""
        status = 410 if availability in _GONE else 409 if request.method == "POST" else 200
        moment = {Availability.NOT_YET: campaign.opens_at, Availability.CLOSED: campaign.closes_at}.get(availability)
        with translation.override(campaign.language):
            date = moment_label(moment, campaign.time_zone) if moment else ""
        context = {"availability": availability.name, "date": date}
        return self.show(request, campaign, "registrations/not_open.html", context, status=status)

    def kept(self, request: HttpRequest, posted: QueryDict) -> HttpResponse:
        """Give back what was typed; the campaign's own answers ride along unseen."""
        return page(request, "registrations/signup_kept.html", typed(posted), status=503)

    def show(
        self, request: HttpRequest, campaign: PublicCampaign, template: str, context: Mapping[str, object], *, status: int
    ) -> HttpResponse:
        filled = {**_campaign_context(campaign), **context}
        return page(request, template, filled, language=campaign.language, status=status)

    def action(self, request: HttpRequest, campaign: PublicCampaign) -> str:
        """Where the form is posted to."""
        return reverse("public:signup", args=[campaign.slug])

    def own_address(self, campaign: PublicCampaign) -> str:
        """The address of the page that the visitor sees, "" where that is not ours."""
        return f"{settings.PUBLIC_URL}{reverse('public:signup', args=[campaign.slug])}"


HOSTED = HostedPage()


def typed(posted: QueryDict) -> dict[str, object]:
    """What was typed, for a page that cannot read the campaign: three fields to see, and all others hidden."""
    form = build_form(())(posted)
    shown = {*form.fields, "time_zone"}
    return {"form": form, "hidden": [(name, value) for name, values in posted.lists() if name not in shown for value in values]}


def show_or_take(request: HttpRequest, slug: str, door: HostedPage) -> HttpResponse:
    """Answer with an empty form to who looks, and take a form that is posted."""
    if request.method == "POST":
        return take(request, slug, door)
    try:
        campaign = public_campaign(slug=slug)
    except CampaignNotFound:
        return errors.page_not_found(request)
    if campaign.availability is not Availability.OPEN:
        return door.not_open(request, campaign, campaign.availability)
    token = form_tokens.issue(campaign_id=campaign.id)
    form = form_of(campaign)(initial=prefilled(campaign.questions, request.GET))
    return door.faulty(request, campaign, Faulty(form, token, trouble="", status=200))


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
            "image": image_of(campaign),
            # A search engine must not announce what only its address opens.
            "event": event_data(campaign) if campaign.listed else "",
        },
    }
