"""The whole text of an agreement, at an address that names its very words."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from registrations.services import consents
from registrations.views import errors
from registrations.views.pages import answers_outages, page


@require_safe
@answers_outages
def consent(request: HttpRequest, fingerprint: str) -> HttpResponse:
    """Show one version of a text."""
    try:
        text = consents.text_of(fingerprint=fingerprint)
    except consents.UnknownText:
        return errors.page_not_found(request)
    return page(request, "registrations/consent.html", {"text": text}, language=text.language)
