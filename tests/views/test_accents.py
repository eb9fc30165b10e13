"""One colour per campaign, readable whatever it is."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from hypothesis import example, given, settings
from hypothesis import strategies as st

from registrations.mailing.colours import contrast
from registrations.views.accents import DARK_GROUND, LIGHT_GROUND, accent_code, readable_on, text_on

colours = st.integers(0, 0xFFFFFF).map("#{:06x}".format)


@settings(deadline=None)  # a busy machine is no fault
@given(colours)
@example("#808080")
@example("#ffffff")
@example("#000000")
def test_text_on_and_of_any_accent_can_be_read(accent: str) -> None:
    assert contrast(text_on(accent), accent) >= 4.5
    assert contrast(readable_on(LIGHT_GROUND, accent), LIGHT_GROUND) >= 4.5
    assert contrast(readable_on(DARK_GROUND, accent), DARK_GROUND) >= 4.5


def test_an_accent_that_can_be_read_is_left_alone() -> None:
    assert readable_on(LIGHT_GROUND, "#2f5bea") == "#2f5bea"
    assert text_on("#2f5bea") == "#ffffff"


def test_the_stylesheet_holds_the_colours_and_may_be_kept(client: Client) -> None:
    response = client.get("/accent/ffd400.css")
    assert response["Content-Type"] == "text/css; charset=utf-8"
    assert "immutable" in response["Cache-Control"]
    assert "--accent: #ffd400; --on-accent: #1a1d21;" in response.content.decode()
    assert re.fullmatch(r"[\s\w:;{}()@#-]+", response.content.decode())


@pytest.mark.parametrize("code", ["FFD400", "ffd40", "ffd4000", "ffd40g", "}*{x", "ffd400%0a"])
def test_what_is_no_colour_has_no_stylesheet(client: Client, code: str) -> None:
    assert client.get(f"/accent/{code}.css").status_code == 404


@pytest.mark.parametrize(("accent", "code"), [("#FFd400", "ffd400"), ("red", ""), ("", ""), ("#fff", ""), ("#ffd400\n", "")])
def test_only_a_colour_becomes_an_address(accent: str, code: str) -> None:
    assert accent_code(accent) == code
