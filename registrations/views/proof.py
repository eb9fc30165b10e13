"""The proof of work of a form: where its widget gets something to work on, and what the page must let it do."""

from __future__ import annotations

from csp.constants import NONCE
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from registrations.services import proofs
from registrations.services.campaigns import CampaignNotFound, recent_campaign
from registrations.views import errors
from registrations.views.pages import answers_outages

FIELD = "altcha"
"""The name of the field that brings the solution: templates/registrations/_proof.html."""


@require_safe
@answers_outages
def challenge(request: HttpRequest, slug: str) -> HttpResponse:
    """Answer with a challenge for a form of this campaign, whether it asks for proof or not: a page may be older than that.

    A challenge is signed and not remembered: nothing is written for it.
    """
    try:
        campaign = recent_campaign(slug=slug)
    except CampaignNotFound:
        return errors.page_not_found(request)
    return JsonResponse(proofs.new_challenge(campaign_id=campaign.id), headers={"Cache-Control": "no-store"})


def let_work(response: HttpResponse) -> HttpResponse:
    """Let the widget style itself, by the nonce in the page's head, and work in a thread of its own beside the page."""
    response._csp_update = {"style-src": [NONCE], "worker-src": ["blob:"]}  # type: ignore[attr-defined]
    return response
