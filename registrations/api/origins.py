"""Which websites may sign people up from a visitor's browser, and what a browser must hear for it (CORS).

No credentials: there is nothing that a browser could send along.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from urllib.parse import urlsplit

from registrations.models import Campaign
from registrations.services.campaigns import recent_row

PREFLIGHT_SECONDS = 600

_DEFAULT_PORTS = {"http": 80, "https": 443}


def may_send(*, campaign_id: int, origin: str) -> bool:
    """Whether a campaign takes forms from this origin, as a browser names it."""
    return _normal(origin) in _listed(recent_row(campaign_id=campaign_id)) - {""}


def _listed(campaign: Campaign) -> set[str]:
    return {_normal(line) for line in campaign.websites.splitlines()}


def _normal(origin: str) -> str:
    """One spelling of an origin, "" for what is none: a name and a port, and nothing behind it that matters."""
    try:
        parts = urlsplit(origin.strip())
        host, port = (parts.hostname or "").encode("idna").decode(), parts.port
    except ValueError:
        return ""
    if parts.scheme not in _DEFAULT_PORTS or not host:
        return ""
    return f"{parts.scheme}://{host}" + (f":{port}" if port not in (None, _DEFAULT_PORTS[parts.scheme]) else "")


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
