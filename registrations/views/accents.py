"""The one colour of a campaign as a stylesheet, because the content security policy allows no inline style.

The colour is the address, so the answer needs no database and may be kept for good.
"""

from __future__ import annotations

import colorsys
import re

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from registrations.mailing.colours import INK, PAPER, contrast

# The backgrounds that text of the accent has least contrast on: `--sunken` in static/registrations/tokens.css.
LIGHT_GROUND = "#f5f6f8"
DARK_GROUND = "#1c2025"

MIN_CONTRAST = 4.5
"""WCAG 2.2, 1.4.3 (AA) for text of ordinary size."""

_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_STEPS = 100

_SHEET = """\
:root {{ --accent: {accent}; --on-accent: {on_accent}; --accent-text: {on_light} }}
@media (prefers-color-scheme: dark) {{ :root {{ --accent-text: {on_dark} }} }}
"""


def _channels(colour: str) -> tuple[float, float, float]:
    return int(colour[1:3], 16) / 255, int(colour[3:5], 16) / 255, int(colour[5:7], 16) / 255


def text_on(accent: str) -> str:
    """Return the colour for text on this accent: white or ink if that can be read, else black."""
    return next((colour for colour in (PAPER, INK) if contrast(colour, accent) >= MIN_CONTRAST), "#000000")


def readable_on(ground: str, accent: str) -> str:
    """Return the accent, moved towards black on a light ground or white on a dark one as far as text of it needs."""
    hue, lightness, saturation = colorsys.rgb_to_hls(*_channels(accent))
    goal = 0.0 if contrast(INK, ground) > contrast(PAPER, ground) else 1.0
    for step in range(_STEPS):
        moved = lightness + (goal - lightness) * step / _STEPS
        colour = "#{:02x}{:02x}{:02x}".format(
            *(round(channel * 255) for channel in colorsys.hls_to_rgb(hue, moved, saturation))
        )
        if contrast(colour, ground) >= MIN_CONTRAST:
            return colour
    return "#000000" if goal == 0.0 else "#ffffff"


def accent_code(accent: str) -> str:
    """Return the six digits that the stylesheet's address is made of, "" for what is no colour `#rrggbb`."""
    return accent[1:].lower() if _COLOUR.fullmatch(accent) else ""


@require_safe
def stylesheet(request: HttpRequest, code: str) -> HttpResponse:
    """Answer with the colours that follow from one accent."""
    accent = f"#{code}"
    sheet = _SHEET.format(
        accent=accent,
        on_accent=text_on(accent),
        on_light=readable_on(LIGHT_GROUND, accent),
        on_dark=readable_on(DARK_GROUND, accent),
    )
    return HttpResponse(
        sheet, content_type="text/css; charset=utf-8", headers={"Cache-Control": "public, max-age=31536000, immutable"}
    )
