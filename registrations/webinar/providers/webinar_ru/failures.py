"""What the API's refusals say, and which of our errors each of them is (article 19683 and answers seen in the wild)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from registrations.webinar.errors import Misconfigured, PlatformError, Rejected, Scope
from registrations.webinar.provider import Person
from registrations.webinar.providers.webinar_ru import unconfirmed
from registrations.webinar.providers.webinar_ru.values import mapping, text
from registrations.webinar.transport import Answer, plain_text

_CODE = re.compile(r"[A-Z][A-Z0-9_]{1,59}")
_EXTRA = re.compile(r"additionalFields(?:\.|\[)(.+?)\]?")
_NAME = re.compile(r"[\w.\[\]-]{1,64}")
_UNNAMED_CODE, _UNNAMED_FIELD = "ERROR", "field"
_MOST_FIELDS = 50


class Conflict(Rejected):
    """A 409: the address is registered already, or the object exists."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """The body of a 4xx: the platform's words, not yet scrubbed, and its code for each field at fault.

    `extra` holds the additional fields by their key, `fields` the others by name.
    """

    message: str = field(default="", repr=False)
    fields: Mapping[str, str] = field(default_factory=dict)
    extra: Mapping[str, str] = field(default_factory=dict)

    def says(self, words: str) -> bool:
        return self.message.lower().startswith(words)


def read_refusal(answer: Answer) -> Refusal:
    """A refusal in any of the shapes in use: `error.fieldErrors`, a top-level map by field path, or no JSON at all."""
    try:
        body = answer.json()
    except ValueError:
        return Refusal(message=plain_text(answer))
    top = mapping(body)
    error = top.pop("error", None)
    message = text(error) or text(mapping(error).get("message")) or text(top.pop("message", ""))
    by_path = {path: value for path, value in top.items() if path == "additionalFields" or "errors" in mapping(value)}
    found = dict(_fields({**by_path, **mapping(mapping(error).get("fieldErrors"))}))
    return Refusal(
        message=message,
        fields={name: code for (name, is_extra), code in found.items() if not is_extra},
        extra={name: code for (name, is_extra), code in found.items() if is_extra},
    )


def invalid_data(refusal: Refusal, person: Person | None, detail: str) -> PlatformError:
    """A 400: the person's data, or a field of the form that nobody fills because we do not have it.

    The second stops the whole target: everybody else would meet it too.
    """
    extra = person.extra if person else {}
    missing = {
        key: code for key, code in refusal.extra.items() if person and key not in extra and code in unconfirmed.BLANK_CODES
    }
    if missing:
        return Misconfigured("extra_field", detail, scope=Scope.TARGET, fields=missing)
    fields = {**refusal.fields, **refusal.extra}
    unnamed = not fields and refusal.message in unconfirmed.BLANK_CODES
    if person and unnamed and all(value.strip() for value in extra.values()):
        # The platform misses a value without naming it, and every value we have was sent.
        return Misconfigured("extra_field", detail, scope=Scope.TARGET)
    return Rejected(code_of(refusal, "http_400"), detail, fields=fields)


def code_of(refusal: Refusal, otherwise: str) -> str:
    """A short stable code for a refusal: one that we gave to its words, its own, or `otherwise`."""
    known = unconfirmed.CODE_OF_MESSAGE.get(refusal.message.strip().rstrip(".").lower())
    return known or (refusal.message.lower() if _CODE.fullmatch(refusal.message) else otherwise)


def _fields(errors: Mapping[str, Any]) -> Iterator[tuple[tuple[str, bool], str]]:
    for name, value in list(errors.items())[:_MOST_FIELDS]:
        if name == "additionalFields":
            for key, item in list(mapping(value).items())[:_MOST_FIELDS]:
                yield (_name(key), True), _code(item)
        elif extra := _EXTRA.fullmatch(name):
            yield (_name(extra[1]), True), _code(value)
        else:
            yield (_name(name), False), _code(value)


def _code(value: Any) -> str:
    """The first code of a field's errors: a string, a list, or `{"errors": […]}`."""
    nested = mapping(value)
    if nested:
        value = nested.get("errors", next(iter(nested.values())))
    while isinstance(value, list):
        value = value[0] if value else ""
    word = text(value)
    # Codes are words for machines; a sentence may quote what the person typed.
    return word if _CODE.fullmatch(word) else _UNNAMED_CODE


def _name(name: str) -> str:
    return name if _NAME.fullmatch(name) else _UNNAMED_FIELD
