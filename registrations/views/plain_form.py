"""A form that somebody wrote into their own website, without a script or a frame of ours."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from registrations.services.campaigns import PublicCampaign
from registrations.views import posts
from registrations.views.pages import answers_outages, see_other
from registrations.views.signup import HOSTED, HostedPage
from registrations.views.taking import take
from registrations.views.websites import return_address


# Exempt from CSRF: the form stands on another site on purpose; `websites.may_send` says on which.
@csrf_exempt
@require_http_methods(["POST"])
@answers_outages
def plain_form(request: HttpRequest, slug: str) -> HttpResponse:
    """Take a form from a page of the campaign's websites."""
    return take(request, slug, _THEIRS)


class _TheirForm(HostedPage):
    """The door that is a form of theirs: what went well leads back to them, everything else is said on a page of ours."""

    name = "form"
    is_theirs = True

    def accepted(self, request: HttpRequest, campaign: PublicCampaign, progress_token: str) -> HttpResponse:
        # From the page on which we gave back what was typed, browsers let a form lead to our own pages only.
        back = "" if posts.names_us(request) else return_address(request.POST, campaign, result="sent")
        return see_other(back) if back else HOSTED.accepted(request, campaign, progress_token)

    def own_address(self, campaign: PublicCampaign) -> str:
        return ""


_THEIRS = _TheirForm()
