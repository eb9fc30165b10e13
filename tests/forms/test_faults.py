"""What is wrong with a question is told to the marketer before anybody is asked."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registrations.forms import TYPES, Options, QuestionSpec, build_form, question_faults

COLOURS = ("Red", "Blue")


def faults(type_key: str, *, choices: tuple[str, ...] = (), required: bool = False, **options: Any) -> list[tuple[str, str]]:
    return question_faults(QuestionSpec("x", type_key, "X", required=required, choices=choices, options=Options(**options)))


@pytest.mark.parametrize(
    ("type_key", "values"),
    [
        ("text", {"placeholder": "Acme", "default": "None", "min_length": 2, "max_length": 200}),
        ("long_text", {"default": "one\ntwo", "max_length": 4000}),
        ("email", {"default": "anna@example.org"}),
        ("phone", {"default": "+79001234567", "required": True}),
        ("number", {"minimum": "-1,5", "maximum": "1.5", "default": "0", "decimals": True}),
        ("date", {"minimum": "2026-01-01", "maximum": "31.12.2026", "default": "2026-06-01"}),
        ("radio", {"choices": COLOURS, "default": "Red"}),
        ("choice", {"choices": COLOURS, "offers_other": True, "default": "Pink"}),
        ("multiple", {"choices": COLOURS, "default": "Red\nBlue"}),
        ("checkbox", {"required": True}),
        ("hidden", {"url_parameter": "utm_source", "default": "site"}),
        ("heading", {}),
    ],
)
def test_a_question_that_can_be_answered_has_no_fault(type_key: str, values: dict[str, Any]) -> None:
    assert faults(type_key, **values) == []


@pytest.mark.parametrize(
    ("type_key", "values", "part", "why"),
    [
        ("radio", {}, "choices", "Offer at least one choice."),
        ("multiple", {"choices": ("A", "B", "A")}, "choices", "These choices are there twice: A."),
        ("choice", {"choices": ("x" * 201,)}, "choices", "A choice may have 200 characters at most."),
        ("choice", {"choices": ("__other__",)}, "choices", "“__other__” cannot be a choice."),
        ("text", {"choices": COLOURS}, "choices", "Only buttons, lists and boxes"),
        ("text", {"url_parameter": "utm_source"}, "url_parameter", "has no use for this"),
        ("checkbox", {"default": "yes"}, "default", "has no use for this"),
        ("hidden", {}, "url_parameter", "Name the parameter"),
        ("hidden", {"url_parameter": "utm source"}, "url_parameter", "Latin letters"),
        ("hidden", {"url_parameter": "x", "required": True}, "required", "cannot be required"),
        ("heading", {"required": True}, "required", "cannot be required"),
        ("text", {"min_length": 0}, "min_length", "Between 1 and 200 characters."),
        ("text", {"max_length": 201}, "max_length", "Between 1 and 200 characters."),
        ("text", {"min_length": 5, "max_length": 4}, "max_length", "must not be less"),
        ("number", {"minimum": "few"}, "minimum", "Enter a number"),
        ("number", {"minimum": "1.5"}, "minimum", "Enter a whole number."),
        ("number", {"minimum": "2", "maximum": "1"}, "maximum", "must not be less"),
        ("date", {"minimum": "2026-02-02", "maximum": "2026-02-01"}, "maximum", "must not be less"),
        ("number", {"maximum": "1", "default": "2"}, "default", "at most 1."),
        ("text", {"max_length": 2, "default": "abc"}, "default", "at most 2"),
        ("radio", {"choices": COLOURS, "default": "Pink"}, "default", "Choose one of the listed answers."),
        ("email", {"default": "anna"}, "default", "This is no answer to the question: Enter an e-mail"),
    ],
)
def test_a_fault_is_named_with_its_part(type_key: str, values: dict[str, Any], part: str, why: str) -> None:
    found = faults(type_key, **values)
    assert [name for name, _ in found] == [part]
    assert why in found[0][1]


@settings(deadline=None)  # a busy machine is no fault
@given(
    type_key=st.sampled_from(list(TYPES)),
    choices=st.lists(st.text(max_size=10), max_size=3).map(tuple),
    required=st.booleans(),
    options=st.builds(
        Options,
        placeholder=st.text(max_size=10),
        default=st.text(max_size=10),
        min_length=st.none() | st.integers(-5, 5000),
        max_length=st.none() | st.integers(-5, 5000),
        minimum=st.text(max_size=10) | st.sampled_from(["1", "2026-01-01"]),
        maximum=st.text(max_size=10) | st.sampled_from(["0", "2026-01-02"]),
        decimals=st.booleans(),
        offers_other=st.booleans(),
        url_parameter=st.text(max_size=10),
    ),
)
def test_whatever_a_marketer_types_is_judged_and_can_be_drawn(
    type_key: str, choices: tuple[str, ...], required: bool, options: Options
) -> None:
    question = QuestionSpec("x", type_key, "X", required=required, choices=choices, options=options)
    assert all(name and sentence for name, sentence in question_faults(question))
    assert build_form([question])()["q_x"].as_field_group()
