"""What a request tells of where somebody came from: the page's own address, the page before, and hidden fields."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

from django.conf import settings
from django.http import HttpRequest, QueryDict

from registrations.services.attribution import Attribution, attribution, known_parts


def of_post(request: HttpRequest, posted: QueryDict, *, door: str) -> Attribution:
    """Where the sender of a form came from. A page that tells nothing of itself is told by the browser, if by anybody."""
    return attribution(door=door, told=_posted(request, posted))


def hidden_fields(request: HttpRequest, *, page: str = "") -> dict[str, str]:
    """What a form must carry along, so that a look at an address is remembered until the form comes.

    `page` is the address of the page, where it is one of ours; in a frame the page around it is the one before.
    """
    if request.method == "POST":
        return known_parts(_posted(request, request.POST))
    told = request.GET.dict()
    before = _page_before(request)
    if page:
        return known_parts({"referrer": before, **told, "page": page})
    return known_parts({**_parameters_of(before), "page": before, **told})


def _posted(request: HttpRequest, posted: QueryDict) -> dict[str, str]:
    before = _page_before(request)
    return {
        "page": before,
        **(_parameters_of(before) if before else {}),
        **{name: str(value) for name, value in posted.items()},
    }


def _page_before(request: HttpRequest) -> str:
    """The page that led here, if it is not one of ours."""
    before = request.headers.get("Referer", "")
    try:
        host = urlsplit(before).netloc.lower()
    except ValueError:
        return ""
    return "" if host in {urlsplit(settings.PUBLIC_URL).netloc.lower(), request.get_host().lower()} else before


def _parameters_of(address: str) -> dict[str, str]:
    try:
        return dict(parse_qsl(urlsplit(address).query, max_num_fields=100))
    except ValueError:
        return {}
