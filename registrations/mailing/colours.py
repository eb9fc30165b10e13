"""Colours of a mail: the campaign's accent and what can be read on it."""

from __future__ import annotations

import re

DEFAULT_ACCENT = "#2f5bea"
PAPER = "#ffffff"
INK = "#1a1d21"
_HEX = re.compile(r"#[0-9a-fA-F]{6}")


def valid_accent(colour: str) -> str:
    """Return `colour` in lower case if it is `#rrggbb`, else the default accent."""
    return colour.lower() if _HEX.fullmatch(colour) else DEFAULT_ACCENT


def text_on(background: str) -> str:
    """Return white or ink, whichever contrasts more with `background` (`#rrggbb`); white if it reaches 4.5."""
    on_white = contrast(PAPER, background)
    return PAPER if on_white >= 4.5 or on_white >= contrast(INK, background) else INK


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two `#rrggbb` colours, 1 to 21 (WCAG 2.2, "contrast ratio")."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4
