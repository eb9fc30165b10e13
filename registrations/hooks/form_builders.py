"""Forms of form builders (Tilda and its like), posted as a browser would post them.

The answer is for a program that sends again what was not answered by 200: 503 where that makes sense, 4xx where it does not.
Tilda waits five seconds and tries twice more, a minute apart (help-ru.tilda.cc/forms/webhook).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from urllib.parse import parse_qsl

from django.http import HttpRequest, HttpResponse
from django.http.request import UnreadablePostError
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from registrations import pipeline
from registrations.services import form_hooks
from registrations.services.campaigns import Availability
from registrations.services.form_hooks import Refused, TooMany, UnknownHook
from registrations.services.outages import OUTAGES, RETRY_AFTER_SECONDS
from registrations.services.signup import NotOpen

MAX_BODY_BYTES = 128 * 1024
MAX_FIELDS = 300
MEDIA_TYPE = "application/x-www-form-urlencoded"

_OVER = frozenset({Availability.CANCELLED, Availability.OVER})


class NoForm(Exception):
    """The body is not a form; `status` says why."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


def _says_so(view: Callable[[HttpRequest, str], HttpResponse]) -> Callable[[HttpRequest, str], HttpResponse]:
    """Turn what is wrong into a word and a status; nothing of what was sent is repeated."""

    @wraps(view)
    def answering(request: HttpRequest, secret: str) -> HttpResponse:
        try:
            return view(request, secret)
        except UnknownHook:
            return _answer("unknown address", 404)
        except NoForm as error:
            return _answer("not a form", error.status)
        except Refused as refused:
            return _answer(f"refused: {refused.reason.value}", 422)
        except NotOpen as refusal:
            return _answer("not open", 410 if refusal.availability in _OVER else 409)
        except TooMany as error:
            return _answer("too many, try again later", 429, wait=error.seconds)
        except OUTAGES:
            return _answer("try again later", 503, wait=RETRY_AFTER_SECONDS)

    return answering


# Exempt from CSRF: no cookie counts here, the address itself is the secret.
@csrf_exempt
@require_POST
@_says_so
def take(request: HttpRequest, secret: str) -> HttpResponse:
    """Take a form, or the test that a builder makes when the address is entered there."""
    try:
        posted = _read(request)
    except NoForm:
        form_hooks.unreadable(secret=secret)
        raise
    pipeline.sign_up_from_builder(secret=secret, posted=posted)
    return _answer("ok", 200)


def _read(request: HttpRequest) -> dict[str, str]:
    """The posted fields by name; what stands several times in lines, as boxes to tick are sent. Raises NoForm.

    A character that cannot be read spoils one answer, not a registration.
    """
    if request.content_type != MEDIA_TYPE:
        raise NoForm(415)
    try:
        body = request.read(MAX_BODY_BYTES + 1)
        if len(body) > MAX_BODY_BYTES:
            raise NoForm(413)
        pairs = parse_qsl(body.decode(errors="replace"), keep_blank_values=True, errors="replace", max_num_fields=MAX_FIELDS)
    except (UnreadablePostError, ValueError) as error:
        raise NoForm(400) from error
    fields: dict[str, str] = {}
    for name, text in pairs:
        fields[name] = f"{fields[name]}\n{text}" if name in fields else text
    return fields


def _answer(words: str, status: int, *, wait: int = 0) -> HttpResponse:
    response = HttpResponse(words, status=status, content_type="text/plain; charset=utf-8")
    response.headers["Cache-Control"] = "no-store"
    if wait:
        response.headers["Retry-After"] = str(wait)
    return response
