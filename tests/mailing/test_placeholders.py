from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registrations.mailing.placeholders import PLACEHOLDERS, substitute, unknown_placeholders


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Dear {{first_name}}, see {{ event }}", "Dear Anna, see Contracts"),
        ("{{first_name}}{{first_name}}", "AnnaAnna"),
        ("{{surname}} stays out", " stays out"),
        ("{first_name} {{first_name", "{first_name} {{first_name"),
        ("{{first_name.__class__}} {{ 7*7 }}{% load i18n %}", " {% load i18n %}"),
        ("See you on {{date}}.", "See you on 26 ноября 2026 г."),
        ("On {{date}}... and {{event}}.", "On 26 ноября 2026 г.... and Contracts."),
    ],
)
def test_values_take_the_place_of_their_names(text: str, expected: str):
    values = {"first_name": "Anna", "event": "Contracts", "date": "26 ноября 2026 г."}
    assert substitute(text, values) == expected


@given(st.sampled_from(PLACEHOLDERS), st.text() | st.sampled_from(["{{event}}", "{{{{first_name}}}}", r"\1", "{{"]))
def test_a_value_is_never_looked_at_again(name: str, value: str):
    assert substitute(f"<{{{{{name}}}}}>", {"event": "E", "first_name": "F", name: value}) == f"<{value}>"


def test_unknown_names_are_reported_once_and_in_order():
    assert unknown_placeholders("{{b}} {{first_name}} {{ a }} {{b}} {{}}") == ["b", "a", ""]
