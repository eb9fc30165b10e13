"""Where a request comes from."""

from django.conf import settings
from django.http import HttpRequest


def address_of(request: HttpRequest) -> str:
    """The client's address, as told by the outermost of our own proxies; whatever stands before that anyone can write.

    Each of the TRUSTED_PROXY_COUNT proxies appends to X-Forwarded-For the address that it was called from.
    """
    count: int = settings.TRUSTED_PROXY_COUNT
    forwarded = [address.strip() for address in request.headers.get("X-Forwarded-For", "").split(",")]
    if 0 < count <= len(forwarded) and forwarded[-count]:
        return forwarded[-count]
    return str(request.META.get("REMOTE_ADDR", ""))
