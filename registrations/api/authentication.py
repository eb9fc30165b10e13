"""Who calls, by the key in the Authorization header."""

from __future__ import annotations

from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from registrations.services.api_keys import Caller, UnknownKey, caller

SCHEME = "Api-Key"


class ApiKeyAuthentication(BaseAuthentication):
    """`Authorization: Api-Key <key>`. Any other scheme, passwords above all, counts as no key."""

    def authenticate(self, request: Request) -> tuple[None, Caller] | None:
        """Return the caller. Raises AuthenticationFailed for a key that opens nothing; without one returns None."""
        scheme, _space, key = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != SCHEME.lower():
            return None
        try:
            return None, caller(key=key.strip())
        except UnknownKey as error:
            raise AuthenticationFailed from error

    def authenticate_header(self, request: Request) -> str:
        return SCHEME
