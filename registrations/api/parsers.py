"""Reading a JSON body from anywhere, safely."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import IO, Any

from django.http.request import UnreadablePostError
from django.utils.translation import gettext_lazy as _
from rest_framework import status
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import BaseParser

MAX_BODY_BYTES = 128 * 1024
"""Room for some twenty long answers in Cyrillic, each letter written as \\u0430; far below what could hurt a worker."""


class TooLarge(APIException):
    """The body is larger than any form of ours could be."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_detail = _("The body is too large.")
    default_code = "too_large"


class ObjectParser(BaseParser):
    """One JSON object in UTF-8, as strictly as RFC 8259 has it, and of nothing that cannot be kept as text."""

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Return the object. Raises ParseError, TooLarge."""
        try:
            body = stream.read(MAX_BODY_BYTES + 1)
        except UnreadablePostError as error:
            raise ParseError from error
        if len(body) > MAX_BODY_BYTES:
            raise TooLarge
        try:
            found = json.loads(body.decode(), parse_constant=_refuse)
            json.dumps(found, ensure_ascii=False).encode()  # half of a surrogate pair is no text
        except (ValueError, RecursionError) as error:
            raise ParseError(_("The body is not JSON in UTF-8.")) from error
        if not isinstance(found, dict):
            raise ParseError(_("The body is not a JSON object."))
        return found


def _refuse(name: str) -> None:
    raise ValueError(name)
