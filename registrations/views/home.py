"""The front page: what one can sign up for now."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from registrations.services.campaigns import listed_campaigns
from registrations.views.pages import answers_outages, page
from registrations.views.schedule import when


@require_safe
@answers_outages
def home(request: HttpRequest) -> HttpResponse:
    """List the campaigns that are open, the soonest first."""
    campaigns = [
        (campaign, when(campaign.sessions[0], zone=campaign.time_zone) if campaign.sessions else None)
        for campaign in listed_campaigns()
    ]
    return page(request, "registrations/home.html", {"campaigns": campaigns})
