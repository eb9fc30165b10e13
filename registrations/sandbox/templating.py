"""Turning templates of this package into pages. Everything is escaped, and no page may load anything from elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aiohttp import web
from django.template import Context, Engine

_ENGINE = Engine(dirs=[str(Path(__file__).parent / "templates")], autoescape=True)
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; frame-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


def page(template: str, values: Mapping[str, Any], *, status: int = 200) -> web.Response:
    """One page of the stand-in. Values are plain strings, numbers, lists and maps."""
    context = Context(dict(values), autoescape=True, use_l10n=False, use_tz=False)
    html = _ENGINE.get_template(template).render(context)
    return web.Response(status=status, text=html, content_type="text/html", headers=HEADERS)
