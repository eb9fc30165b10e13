"""What every answer to an attendee has in common: language, contact, no cookie, no copy in any cache."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import translation

from registrations.services.outages import OUTAGES, RETRY_AFTER_SECONDS

# A private address must not reach a search engine, nor another site by way of a link.
_PRIVATE_HEADERS = {"X-Robots-Tag": "noindex, nofollow", "Referrer-Policy": "same-origin"}


def page(
    request: HttpRequest,
    template: str,
    context: Mapping[str, Any] | None = None,
    *,
    language: str = "",
    status: int = 200,
    private: bool = False,
) -> HttpResponse:
    """Render a page in `language`, or in the visitor's own when that is empty. `private`: its address is a secret."""
    language = language or translation.get_language() or settings.LANGUAGE_CODE
    with translation.override(language):
        filled = {"contact": settings.CONTACT_EMAIL, "private": private, **(context or {})}
        response = render(request, template, filled, status=status)
    response.headers["Content-Language"] = language
    response.headers["Cache-Control"] = "no-store"
    if status == 503:
        response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    if private:
        secure(response)
    return response


def secure(response: HttpResponse) -> HttpResponse:
    """Keep what a secret address answered out of caches, search engines and referrers."""
    response.headers["Cache-Control"] = "no-store"
    for name, value in _PRIVATE_HEADERS.items():
        response.headers[name] = value
    return response


def told_to_wait(response: HttpResponse, seconds: int) -> HttpResponse:
    """Say to programs too how long to wait; nothing is said of no time at all."""
    if seconds:
        response.headers["Retry-After"] = str(seconds)
    return response


def see_other(address: str) -> HttpResponse:
    """Send the browser on with 303, so that reloading the next page repeats no post."""
    response = HttpResponseRedirect(address, status=303)
    response.headers["Cache-Control"] = "no-store"
    return response


def answers_outages(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Make a view answer 503, with when to try again and whom to write to, while the database is away."""

    @wraps(view)
    def answering(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except OUTAGES:
            return page(request, "registrations/unavailable.html", status=503)

    return answering
