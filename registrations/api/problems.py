"""Whatever is wrong as `application/problem+json` (RFC 9457): a code for programs, a sentence for people.

`type` is `urn:regsite:problem:` and one of the codes below; further members are named where they are added.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from rest_framework.exceptions import APIException
from rest_framework.response import Response
from rest_framework.views import exception_handler

from registrations.services.campaigns import Availability
from registrations.services.intake import Fault
from registrations.services.outages import OUTAGES, RETRY_AFTER_SECONDS

MEDIA_TYPE = "application/problem+json"

CODES = {
    400: "unreadable",
    401: "unknown_key",
    403: "not_allowed",
    404: "not_found",
    405: "method",
    409: "not_open",
    410: "over",
    413: "too_large",
    415: "media_type",
    422: "invalid",
    429: "too_many",
    503: "unavailable",
}
"""The code where there is but one for a status; 422 has two more."""

_OVER = frozenset({Availability.CANCELLED, Availability.OVER})


class Problem(APIException):
    """Something is wrong; `members` are added to the answer."""

    def __init__(self, status: int, detail: str, *, code: str = "", members: Mapping[str, Any] | None = None) -> None:
        super().__init__(detail, code or CODES[status])
        self.status_code = status
        self.members = dict(members or {})


def not_open(availability: Availability) -> Problem:
    """The campaign takes nobody now (409), or never again (410)."""
    status = 410 if availability in _OVER else 409
    return Problem(status, _("The campaign takes no sign-ups now."), members={"availability": availability.value})


def invalid(faults: tuple[Fault, ...]) -> Problem:
    """Fields are wrong: each is told by a JSON pointer (RFC 6901) into the body, as in RFC 9457, section 3."""
    errors = [{"pointer": _pointer(fault), "code": fault.code, "detail": fault.words} for fault in faults]
    return Problem(422, _("Some fields cannot be taken."), members={"errors": errors})


def _pointer(fault: Fault) -> str:
    return f"#/answers/{fault.name}" if fault.is_answer else f"#/{fault.name}"


def answer(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """Turn what a view raised into an answer; None for what is a fault of ours."""
    if isinstance(error, OUTAGES):
        error = Problem(503, _("Nothing was saved. Please send it again in a minute."))
    response = exception_handler(error, dict(context))
    if response is None:
        return None
    told = str(error.detail) if isinstance(error, APIException) else _("There is nothing at this address.")
    response.data = document(response.status_code, told)
    if isinstance(error, Problem):
        response.data = document(response.status_code, told, code=str(error.get_codes())) | error.members
    response.content_type = MEDIA_TYPE
    if response.status_code == 503:
        response["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response


def document(status: int, detail: str, *, code: str = "") -> dict[str, Any]:
    """The members that every problem has."""
    return {
        "type": f"urn:regsite:problem:{code or CODES.get(status, 'other')}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
    }


def nothing_here(request: HttpRequest) -> HttpResponse:
    """Answer 404 to whatever else is asked of the API."""
    problem = document(404, _("There is nothing at this address."))
    return JsonResponse(problem, status=404, content_type=MEDIA_TYPE, headers={"Cache-Control": "no-store"})
