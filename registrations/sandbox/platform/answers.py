"""What the platform answers: a status with a JSON body, and the documented error shapes.

Sources: MTS Link articles 19683 (error list), 3148356 (limits); body shapes as seen by public clients.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer. A `body` of None means no body at all."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


class ApiError(Exception):
    """Carries the error answer out of a handler."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(f"{answer.status} {answer.body}")
        self.answer = answer


def error(status: int, message: str, *, headers: Mapping[str, str] | None = None) -> ApiError:
    """The general shape: `{"error": {"code": …, "message": …}}`."""
    return ApiError(Answer(status, {"error": {"code": status, "message": message}}, headers or {}))


def bad_request(message: str = "ERROR_BAD_REQUEST") -> ApiError:
    """400 without field errors."""
    return error(400, message)


def bad_field(name: str, code: str) -> ApiError:
    """400 `ERROR_BAD_REQUEST` with one field error, such as `email: ERROR_EMPTY`."""
    return ApiError(
        Answer(400, {"error": {"code": 400, "message": "ERROR_BAD_REQUEST", "fieldErrors": {name: code}}}),
    )


def blank_fields(keys: Sequence[str]) -> ApiError:
    """400 for additional fields left out: a top-level map keyed by the field's path."""
    return ApiError(Answer(400, {f"additionalFields.{key}": {"errors": ["ERROR_BLANK"]} for key in keys}))


def not_found(message: str = "Not Found") -> ApiError:
    """404: unknown here, or another organisation's."""
    return error(404, message)


def not_json() -> ApiError:
    """400 for a body that claims to be JSON and is not, the empty one included."""
    return ApiError(Answer(400, {"error": {"message": "json is not valid"}}))


def no_route(method: str, path: str) -> ApiError:
    """404 as Symfony words an unknown path."""
    return error(404, f'No route found for "{method} /userapi/{path}"')


def no_token() -> ApiError:
    """401: the key header is absent or not a key at all."""
    return ApiError(Answer(401, {"error": {"message": "A Token was not found in the TokenStorage."}}))


def too_fast(rate: float, retry_after: str | None) -> ApiError:
    """429 in the vendor's words; `retry_after` is the header's value, None for no header."""
    headers = {"Retry-After": retry_after} if retry_after is not None else {}
    return error(429, f"I only allow {rate:g} requests per second. Try again.", headers=headers)
