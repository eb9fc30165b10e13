"""Reading a post from anywhere, safely: no cookie, no CSRF token, any bytes."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import BadRequest, RequestDataTooBig, SuspiciousOperation
from django.http import HttpRequest, QueryDict
from django.http.multipartparser import MultiPartParserError
from django.http.request import RawPostDataException, UnreadablePostError

MAX_BODY_BYTES = 512 * 1024
"""Room for some twenty long answers in Cyrillic, percent-encoded; far below what could hurt a worker."""

_CONTENT_TYPES = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})


class BadPost(Exception):
    """The post is not one that a browser makes from a form of ours."""


def from_elsewhere(request: HttpRequest) -> bool:
    """Tell whether a browser names another site as the origin of this request.

    A missing or `null` Origin is no name: mail clients, privacy settings and old browsers send those.
    """
    return request.headers.get("Origin", "null") != "null" and not names_us(request)


def names_us(request: HttpRequest) -> bool:
    """Tell whether a browser names this site as the origin of this request."""
    try:
        host = urlsplit(request.headers.get("Origin", "null")).netloc.lower()
    except ValueError:
        return False
    return host in {urlsplit(settings.PUBLIC_URL).netloc.lower(), request.get_host().lower()}


def read(request: HttpRequest) -> QueryDict:
    """Return the posted form. Raises `BadPost` for anything else: other types, files, broken or too large bodies."""
    if request.content_type not in _CONTENT_TYPES:
        raise BadPost("content type")
    if int(request.META.get("CONTENT_LENGTH") or 0) > MAX_BODY_BYTES:
        raise BadPost("too large")
    try:
        request.body.decode()
        posted, files = request.POST, request.FILES
    except UnicodeDecodeError as error:
        raise BadPost("not UTF-8") from error
    except (
        BadRequest,
        MultiPartParserError,
        RawPostDataException,
        RequestDataTooBig,
        SuspiciousOperation,
        UnreadablePostError,
    ) as error:
        raise BadPost(type(error).__name__) from error
    if files:
        raise BadPost("files")
    for name, values in posted.lists():
        # Django puts U+FFFD where percent-encoded bytes are not UTF-8.
        if any("\x00" in text or "\ufffd" in text for text in (name, *values)):
            raise BadPost("characters")
    return posted
