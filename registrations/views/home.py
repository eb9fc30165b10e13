"""The front page: what one can sign up for now."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from registrations.services.campaigns import PublicCampaign, listed_campaigns
from registrations.views.pages import answers_outages, page
from registrations.views.schedule import When, when


@require_safe
@answers_outages
def home(request: HttpRequest) -> HttpResponse:
    """List the campaigns that are open, the soonest first."""
    campaigns = [(campaign, *_first_and_last(campaign)) for campaign in listed_campaigns()]
    return page(request, "registrations/home.html", {"campaigns": campaigns})


def _first_and_last(campaign: PublicCampaign) -> tuple[When | None, When | None]:
    """When a campaign begins, and the last date of a series; None for what there is not."""
    times = [when(session, zone=campaign.time_zone) for session in campaign.sessions]
    return (times[0] if times else None, times[-1] if times[1:] else None)
