from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registrations.mailing.colours import DEFAULT_ACCENT, contrast, text_on, valid_accent


@pytest.mark.parametrize(
    ("background", "text"),
    [("#2f5bea", "#ffffff"), ("#f2b705", "#1a1d21"), ("#ffffff", "#1a1d21"), ("#000000", "#ffffff")],
)
def test_text_on_the_accent_is_the_readable_one(background: str, text: str):
    assert text_on(background) == text


@given(st.integers(0, 0xFFFFFF).map("#{:06x}".format))
def test_text_can_be_read_on_any_accent(background: str):
    # The grey between white and ink is the worst case; no accent falls below large text's threshold (WCAG 1.4.3).
    assert contrast(text_on(background), background) >= 4.0


def test_contrast_is_what_the_standard_says():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("colour", ["", "red", "#fff", "#12345g", "#2f5bea;background:url(x)", "#2f5bea\n"])
def test_what_is_no_colour_becomes_the_default(colour: str):
    assert valid_accent(colour) == DEFAULT_ACCENT
