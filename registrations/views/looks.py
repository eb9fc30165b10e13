"""How a form in a frame looks: what the website around it may choose, as a stylesheet.

The choices are the address, as with `accents`: no inline style is needed, and nothing but what was checked gets in.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from registrations.mailing.colours import DEFAULT_ACCENT, contrast
from registrations.views.accents import DARK_GROUND, LIGHT_GROUND, MIN_CONTRAST, accent_code, readable_on, text_on

THEMES = ("auto", "light", "dark")
RADIUS, SIZE = 10, 16
MAX_RADIUS = 28
MIN_SIZE, MAX_SIZE = 14, 22
"""Pixels; type smaller than that is hard to read, larger breaks lines on a phone."""

INK_BY_THEME = {"light": "#1a1d21", "dark": "#eceff2"}
TEXTS_BY_THEME = {
    "light": ("#1a1d21", "#5b636e", "#1f7a4d", "#8a5a00", "#b3261e"),
    "dark": ("#eceff2", "#9aa3ad", "#63c796", "#e0ae4f", "#ff8f86"),
}
"""The colours that words have, as in tokens.css and dark.css: all of them must be readable on a ground that is chosen."""

_SUNKEN = 0.04
_NUMBER = re.compile(r"[0-9]{1,2}", re.ASCII)
_COLOUR = re.compile(r"#?([0-9a-fA-F]{6})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Look:
    """A checked look. `accent` and `ground` are six digits; `ground` is "" where it is the paper of the theme.

    `chosen` are the parameters that made it, for addresses that have to keep it.
    """

    accent: str
    theme: str = "auto"
    radius: int = RADIUS
    size: int = SIZE
    ground: str = ""
    chosen: Mapping[str, str] = field(default_factory=dict)

    @property
    def scheme(self) -> str:
        """The colour schemes that the page is made for, as CSS has it."""
        return "light dark" if self.theme == "auto" else self.theme

    @property
    def address(self) -> str:
        """The address of its stylesheet."""
        parts = {"accent": self.accent, "theme": self.theme, "radius": self.radius, "size": self.size}
        return reverse("public:look", kwargs=parts | ({"ground": self.ground} if self.ground else {}))

    @property
    def query(self) -> str:
        """The parameters as an address takes them, with their question mark; "" if there are none."""
        return f"?{urlencode(self.chosen)}" if self.chosen else ""


def look_of(wanted: Mapping[str, str], *, accent: str) -> Look:
    """The look that parameters ask for; `accent` (`#rrggbb`) is the campaign's. What cannot be is left out."""
    checked: dict[str, str] = {}
    for name in ("accent", "ground"):
        colour = _COLOUR.fullmatch(wanted.get(name, ""))
        if colour:
            checked[name] = colour[1].lower()
    if wanted.get("theme") in THEMES:
        checked["theme"] = wanted["theme"]
    for name, least, most in (("radius", 0, MAX_RADIUS), ("size", MIN_SIZE, MAX_SIZE)):
        number = wanted.get(name, "")
        if _NUMBER.fullmatch(number) and least <= int(number) <= most:
            checked[name] = str(int(number))
    ground = checked.get("ground", "")
    theme = checked.get("theme") or (_theme_on(ground) if ground else "auto")
    return Look(
        accent=checked.get("accent") or accent_code(accent) or accent_code(DEFAULT_ACCENT),
        theme=theme,
        radius=int(checked.get("radius", RADIUS)),
        size=int(checked.get("size", SIZE)),
        ground=ground if theme != "auto" and _can_be_read_on(ground, theme) else "",
        chosen=checked,
    )


def _theme_on(ground: str) -> str:
    return max(INK_BY_THEME, key=lambda theme: contrast(INK_BY_THEME[theme], f"#{ground}"))


def _can_be_read_on(ground: str, theme: str) -> bool:
    """Whether all words of the page could be read on this ground; the website's own words may be larger than ours."""
    return bool(ground) and all(contrast(text, _sunken(ground, theme)) >= MIN_CONTRAST for text in TEXTS_BY_THEME[theme])


def _sunken(ground: str, theme: str) -> str:
    """The ground of what lies a little deeper: a touch of ink."""
    ink = INK_BY_THEME[theme][1:]
    channels = ((int(ground[at : at + 2], 16), int(ink[at : at + 2], 16)) for at in (0, 2, 4))
    return "#{:02x}{:02x}{:02x}".format(*(round(under + (over - under) * _SUNKEN) for under, over in channels))


@require_safe
def stylesheet(request: HttpRequest, accent: str, theme: str, radius: str, size: str, ground: str = "") -> HttpResponse:
    """Answer with the look that the address describes; what is out of bounds in it is as if it were not there."""
    look = look_of({"theme": theme, "radius": radius, "size": size, "ground": ground}, accent=f"#{accent}")
    return HttpResponse(
        _sheet(look), content_type="text/css; charset=utf-8", headers={"Cache-Control": "public, max-age=31536000, immutable"}
    )


def _sheet(look: Look) -> str:
    accent = f"#{look.accent}"
    on_light, on_dark = readable_on(LIGHT_GROUND, accent), readable_on(DARK_GROUND, accent)
    values = {
        "color-scheme": look.scheme,
        "font-size": f"{look.size}px",
        "--radius": f"{look.radius}px",
        "--accent": accent,
        "--on-accent": text_on(accent),
        "--accent-text": on_dark if look.theme == "dark" else on_light,
    }
    if look.ground:
        sunken = _sunken(look.ground, look.theme)
        paper = f"#{look.ground}"
        values |= {"--paper": paper, "--raised": paper, "--sunken": sunken, "--accent-text": readable_on(sunken, accent)}
    sheet = f":root {{ {'; '.join(f'{name}: {value}' for name, value in values.items())} }}\n"
    if look.theme == "auto":
        sheet += f"@media (prefers-color-scheme: dark) {{ :root {{ --accent-text: {on_dark} }} }}\n"
    return sheet
