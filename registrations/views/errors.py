"""Answers to what cannot be answered: each in the visitor's language, with what to do next and whom to write to.

The root URLconf names these as its handlers.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from registrations.views.pages import page


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer 400: this is not what a browser sends from a page of ours."""
    return page(request, "400.html", status=400)


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer 403: not from there, or not you."""
    return page(request, "403.html", status=403)


def page_not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer 404: nothing is at this address."""
    return page(request, "404.html", status=404)


def unknown_link(request: HttpRequest) -> HttpResponse:
    """Answer 404 to a personal address that opens nothing, the same whether it never did or no longer does."""
    return page(request, "registrations/unknown_link.html", status=404, private=True)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer 500: a fault of ours."""
    return page(request, "500.html", status=500)
