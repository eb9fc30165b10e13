"""What the API's description (OpenAPI) says beyond the shapes of bodies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema

from registrations.api.problems import MEDIA_TYPE
from registrations.api.serializers import ProblemDocument, Received, RegistrationBody, Status

_WHY = {
    400: "The body is not one JSON object in UTF-8.",
    401: "There is no key, or it opens nothing.",
    403: "The key is for another campaign, or the website is not on the campaign's list.",
    404: "There is no such campaign, or no such form.",
    405: "There is nothing to be done here by this method.",
    409: "The campaign takes no sign-ups now: not yet, or no longer.",
    410: "The event is over or cancelled.",
    413: "The body is larger than 128 KiB.",
    415: "The body is not application/json.",
    422: "Fields are wrong, or the Idempotency-Key was used for another body.",
    429: "Too many at once; Retry-After says how long to wait.",
    503: "Nothing was saved, because the database is away. Send it again after the Retry-After.",
}


class ApiKeyScheme(OpenApiAuthenticationExtension):
    """Tells how a key is shown."""

    target_class = "registrations.api.authentication.ApiKeyAuthentication"
    name = "ApiKey"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        return {"type": "apiKey", "in": "header", "name": "Authorization", "description": "Api-Key and the key"}


def _problems(*statuses: int) -> dict[Any, OpenApiResponse]:
    return {(status, MEDIA_TYPE): OpenApiResponse(ProblemDocument, description=_WHY[status]) for status in statuses}


IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="Your own name for this form: sent again with the same body, it is the same form and gets the same answer.",
)

Decorator = Callable[[Any], Any]

describe_registering: Decorator = extend_schema(
    operation_id="register",
    summary="Sign a person up",
    description="From a server with a key; from a visitor's browser by its Origin, if the campaign lists the website.",
    parameters=[IDEMPOTENCY_KEY],
    request=RegistrationBody,
    responses={202: Received, **_problems(400, 401, 403, 404, 409, 410, 413, 415, 422, 429, 503)},
)

describe_status: Decorator = extend_schema(
    operation_id="registration_status",
    summary="How far a form is",
    responses={200: Status, **_problems(404, 429, 503)},
    auth=[],
)
