"""Which websites may sign people up from a visitor's browser, and what a browser must hear for it (CORS).

No credentials: there is nothing that a browser could send along.
"""

from __future__ import annotations

from collections.abc import MutableMapping

PREFLIGHT_SECONDS = 600


def allow(headers: MutableMapping[str, str], *, origin: str) -> None:
    """Let pages of this origin read the answer; "" lets nobody."""
    headers["Vary"] = ", ".join(filter(None, [headers.get("Vary", ""), "Origin"]))
    if origin:
        headers["Access-Control-Allow-Origin"] = origin
        headers["Access-Control-Expose-Headers"] = "Retry-After"


def allow_post(headers: MutableMapping[str, str], *, origin: str) -> None:
    """Answer a browser that asks beforehand whether it may post from this origin."""
    allow(headers, origin=origin)
    if origin:
        headers["Access-Control-Allow-Methods"] = "POST"
        headers["Access-Control-Allow-Headers"] = "Content-Type, Idempotency-Key"
        headers["Access-Control-Max-Age"] = str(PREFLIGHT_SECONDS)
