"""A campaign's own websites: which may hold the form, which may send it, and where a sender may be led back."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.crypto import constant_time_compare

from registrations.services.campaigns import PublicCampaign
from registrations.views import posts
from regsite.clients import address_of

MAX_RETURN_ADDRESS = 2000


def may_send(request: HttpRequest, campaign: PublicCampaign, posted: QueryDict) -> bool:
    """Whether a form may come from where the browser says it does.

    Where it says nothing, as privacy settings and `no-referrer` make it, the campaign's form key has to be in the form.
    """
    origin = request.headers.get("Origin", "null")
    if origin == "null":
        return bool(campaign.form_key) and constant_time_compare(posted.get("form_key", ""), campaign.form_key)
    return origin.lower() in campaign.websites or not posts.from_elsewhere(request)


def client_of(request: HttpRequest) -> str:
    """What tells one browser from another where there is no token to: good enough to know a second press by, and no more."""
    return f"{address_of(request)} {request.headers.get('User-Agent', '')}"


def return_address(posted: QueryDict, campaign: PublicCampaign, *, result: str) -> str:
    """Where the page wants its visitor back, with the result in its query; "" where that is no page of the campaign's sites."""
    wanted = posted.get("return_to", "").strip()
    # Browsers drop line ends and take backslashes for slashes, Python does neither: nobody writes such an address in earnest.
    if not 0 < len(wanted) <= MAX_RETURN_ADDRESS or any(character <= " " or character == "\\" for character in wanted):
        return ""
    if not campaign.has_page(wanted):
        return ""
    parts = urlsplit(wanted)
    query = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name != "regsite"]
    return urlunsplit(parts._replace(query=urlencode([*query, ("regsite", result)])))


def let_hold(response: HttpResponse, websites: Iterable[str]) -> HttpResponse:
    """Let these websites, and no others, show the answer in a frame."""
    holders = list(websites)
    if holders:
        response._csp_replace = {"frame-ancestors": holders}  # type: ignore[attr-defined]
        response.xframe_options_exempt = True  # it knows no list of sites
    return response
