"""Asking for one's links by typing one's address. Every address gets the same answer, by the same work."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from registrations import pipeline
from registrations.forms import LostLinkForm
from registrations.services.outages import OUTAGES
from registrations.views import errors, posts
from registrations.views.pages import page, see_other
from regsite.clients import address_of


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def lost_link(request: HttpRequest) -> HttpResponse:
    """Ask for an address, or take it."""
    if request.method != "POST":
        return _ask(request, LostLinkForm())
    if posts.from_elsewhere(request):
        return errors.permission_denied(request)
    try:
        form = LostLinkForm(posts.read(request))
    except posts.BadPost:
        return errors.bad_request(request)
    if not form.is_valid():
        return _ask(request, form, status=422)
    try:
        pipeline.ask_for_links(address=form.cleaned_data["email"], client=address_of(request))
    except OUTAGES:
        return _ask(request, form, status=503)
    return see_other(reverse("public:lost-link-sent"))


@require_safe
def sent(request: HttpRequest) -> HttpResponse:
    """Say what is true for every address, registered or not, asked for once or too often."""
    return page(request, "registrations/lost_link_sent.html")


def _ask(request: HttpRequest, form: LostLinkForm, *, status: int = 200) -> HttpResponse:
    return page(request, "registrations/lost_link.html", {"form": form, "outage": status == 503}, status=status)
