"""The files of cover pictures. Their names say what is in them, so that they may be kept for good."""

from __future__ import annotations

from django.http import FileResponse, HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from registrations.services import covers
from registrations.views import errors

_TYPES = {"webp": "image/webp", "jpg": "image/jpeg"}


@require_safe
def cover(request: HttpRequest, name: str) -> HttpResponseBase:
    """Answer with one file. The address lets no name through but those that we make ourselves."""
    found = covers.opened(name=name)
    if found is None:
        return errors.page_not_found(request)
    response = FileResponse(found, filename=name, content_type=_TYPES[name.rpartition(".")[2]])
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response
