"""What each type of question takes, what it refuses, and that nothing at all breaks it."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st

from registrations.forms import TYPES, Options, QuestionSpec, build_form
from registrations.forms.build import question_field
from registrations.forms.choosing import OTHER

PERSON = {"first_name": "Anna", "last_name": "Petrova", "email": "anna@example.org"}
COLOURS = ("Red", "Blue", "Green; or so")

Posted = str | list[str]


def spec(type_key: str, *, required: bool = False, **options: Any) -> QuestionSpec:
    choices = COLOURS if TYPES[type_key].has_choices else ()
    return QuestionSpec("x", type_key, "X", required=required, choices=choices, options=Options(**options))


def posted(question: QuestionSpec, typed: Posted, other: str = ""):
    data = QueryDict(mutable=True)
    data.update(PERSON)
    data.setlist("q_x", [typed] if isinstance(typed, str) else typed)
    data["q_x.other"] = other
    return build_form([question])(data)


def answer(question: QuestionSpec, typed: Posted, other: str = "") -> str:
    form = posted(question, typed, other)
    assert form.is_valid(), form.errors
    return form.answers()["x"]


def complaint(question: QuestionSpec, typed: Posted, other: str = "") -> str:
    errors = posted(question, typed, other).errors
    assert list(errors) == ["q_x"]
    return errors["q_x"][0]


@pytest.mark.parametrize(
    ("question", "typed", "kept"),
    [
        (spec("text"), "  two\n words ", "two words"),
        (spec("text", min_length=3, max_length=3), "abc", "abc"),
        (spec("long_text"), " one\r\ntwo\x07 ", "one\ntwo"),
        (spec("email"), "Boris@Example.org", "boris@example.org"),
        (spec("phone"), "+44 20 7946 0018", "+442079460018"),
        (spec("phone"), "+7 (900) 123-45-67", "+79001234567"),
        (spec("number"), "42", "42"),
        (spec("number"), " 12\u00a0000 ", "12000"),
        (spec("number"), "007", "7"),
        (spec("number"), "-0", "0"),
        (spec("number"), "\u22123", "-3"),
        (spec("number"), "5,0", "5"),
        (spec("number", decimals=True), "1,50", "1.5"),
        (spec("number", decimals=True), "-0.25", "-0.25"),
        (spec("number", minimum="1", maximum="10"), "1", "1"),
        (spec("number", minimum="1", maximum="10"), "10", "10"),
        (spec("date"), "2026-02-28", "2026-02-28"),
        (spec("date"), " 1.2.2026 ", "2026-02-01"),
        (spec("date"), "28/02/2026", "2026-02-28"),
        (spec("date", minimum="2026-01-01", maximum="31.12.2026"), "2026-12-31", "2026-12-31"),
        (spec("choice"), "Blue", "Blue"),
        (spec("radio"), "Blue", "Blue"),
        (spec("multiple"), ["Green; or so", "Red", "Red"], "Red\nGreen; or so"),
        (spec("multiple"), "Blue", "Blue"),
        (spec("checkbox"), "yes", "yes"),
        (spec("hidden"), " news\r\nletter ", "news letter"),
        (spec("hidden"), "x" * 300, "x" * 200),
        (spec("hidden"), "\ufffd", ""),
    ],
)
def test_an_answer_is_kept_as_plain_text_in_one_spelling(question: QuestionSpec, typed: Posted, kept: str) -> None:
    assert answer(question, typed) == kept


@pytest.mark.parametrize(
    ("question", "typed", "why"),
    [
        (spec("text"), "x" * 201, "at most 200 characters"),
        (spec("text", max_length=3), "abcd", "at most 3 characters"),
        (spec("text", min_length=3), "ab", "at least 3 characters"),
        (spec("long_text"), "x" * 4001, "at most 4000 characters"),
        (spec("long_text", max_length=5), "one\r\nt\r\n.", "at most 5 characters"),
        (spec("email"), "anna", "Enter an e-mail address"),
        (spec("phone"), "12", "Enter a phone number"),
        (spec("phone"), "call me", "Enter a phone number"),
        (spec("number"), "many", "Enter a number"),
        (spec("number"), "1e5", "Enter a number"),
        (spec("number"), "NaN", "Enter a number"),
        (spec("number"), "\u0663", "Enter a number"),
        (spec("number"), "9" * 16, "Enter a number"),
        (spec("number"), "1.5", "Enter a whole number."),
        (spec("number", minimum="1"), "0", "Enter a number that is at least 1."),
        (spec("number", maximum="1.5", decimals=True), "1,51", "Enter a number that is at most 1.5."),
        (spec("date"), "tomorrow", "Enter a date"),
        (spec("date"), "2026-02-29", "Enter a date"),
        (spec("date"), "0026-01-31", "Enter a date"),
        (spec("date", minimum="2026-01-01"), "2025-12-31", "Choose another date: Jan. 1, 2026 or later."),
        (spec("date", maximum="2026-01-01"), "2026-01-02", "Choose another date: Jan. 1, 2026 or earlier."),
        (spec("choice"), "Pink", "Choose one of the listed answers."),
        (spec("radio"), "Pink", "Choose one of the listed answers."),
        (spec("radio"), OTHER, "Choose one of the listed answers."),
        (spec("multiple"), ["Red", "Pink"], "Choose one of the listed answers."),
        (spec("multiple"), ["Red", OTHER], "Choose one of the listed answers."),
    ],
)
def test_what_is_no_answer_is_refused_with_the_reason(question: QuestionSpec, typed: Posted, why: str) -> None:
    assert why in complaint(question, typed)


def test_a_phone_number_without_country_code_follows_the_page() -> None:
    with translation.override("ru"):
        assert answer(spec("phone"), "8 (900) 123-45-67") == "+79001234567"
    with translation.override("en"):
        assert "with its country code" in complaint(spec("phone"), "8 (900) 123-45-67")


@pytest.mark.parametrize("type_key", ["choice", "radio", "multiple"])
def test_ones_own_answer_is_kept_in_place_of_the_word_other(type_key: str) -> None:
    question = spec(type_key, offers_other=True)
    assert answer(question, OTHER, " Dark\nred ") == "Dark red"
    assert answer(question, [], "Pink") == "Pink"
    assert answer(question, [], "  ") == ""
    assert answer(question, "Blue", "typed before, then changed") == "Blue"
    assert complaint(question, OTHER, " ") == "Write your own answer, or choose another."
    assert "at most 200" in complaint(question, OTHER, "x" * 201)


def test_several_answers_and_ones_own_are_a_line_each() -> None:
    question = spec("multiple", offers_other=True)
    assert answer(question, [OTHER, "Blue", "Red"], "Pink\nand so on") == "Red\nBlue\nPink and so on"
    assert answer(question, ["Red", OTHER], "Red") == "Red"


@pytest.mark.parametrize(
    ("type_key", "text", "kept"),
    [
        ("multiple", "Blue\r\nRed", "Red\nBlue"),
        ("multiple", "blue; Red;", None),
        ("multiple", "Blue; Red;", "Red\nBlue"),
        ("multiple", "Green; or so", "Green; or so"),
        ("radio", " Red ", "Red"),
        ("choice", "Pink", None),
    ],
)
def test_a_plain_text_as_lists_of_people_have_it_is_read_as_well(type_key: str, text: str, kept: str | None) -> None:
    field = question_field(spec(type_key))
    if kept is None:
        with pytest.raises(ValidationError):
            field.clean(text)
    else:
        assert field.clean(text) == kept


def test_a_hidden_answer_that_the_form_leaves_out_is_the_default() -> None:
    form = build_form([spec("hidden", default="site")])(PERSON)
    assert form.is_valid()
    assert form.answers() == {"x": "site"}


options = st.fixed_dictionaries(
    {},
    optional={
        "default": st.text(max_size=20),
        "min_length": st.integers(0, 300),
        "max_length": st.integers(0, 300),
        "minimum": st.text(max_size=12) | st.sampled_from(["0", "-1.5", "2026-01-01"]),
        "maximum": st.text(max_size=12) | st.sampled_from(["0", "-1.5", "2026-01-01"]),
        "decimals": st.booleans(),
        "offers_other": st.booleans(),
    },
)
digits = st.text(alphabet="0123456789.,-+ /eE\u0661\u00b2\u2212", max_size=30)
texts = st.text(max_size=300) | digits | st.sampled_from([OTHER, *COLOURS])


@settings(deadline=None)  # a busy machine is no fault
@given(
    type_key=st.sampled_from(list(TYPES)),
    given_options=options,
    typed=st.lists(texts, max_size=4),
    other=texts,
    required=st.booleans(),
)
def test_no_post_breaks_a_form(
    type_key: str, given_options: dict[str, Any], typed: list[str], other: str, required: bool
) -> None:
    question = spec(type_key, required=required, **given_options)
    form = posted(question, typed, other)
    assert form["q_x"].as_field_group()
    if form.is_valid() and TYPES[type_key].has_answer:
        kept = form.answers()["x"]
        assert isinstance(kept, str)
        assert "\x00" not in kept
        lines = kept.splitlines()
        assert len(lines) <= 1 or type_key in ("long_text", "multiple")
        if type_key not in ("email", "phone", "checkbox", "text", "long_text"):
            # What we keep is an answer itself: exports can be brought in again.
            assert question_field(question).clean(kept) == kept


@settings(deadline=None)  # a busy machine is no fault
@given(type_key=st.sampled_from(list(TYPES)), given_options=options, text=texts)
def test_no_cell_of_a_list_breaks_a_field(type_key: str, given_options: dict[str, Any], text: str) -> None:
    try:
        kept = question_field(spec(type_key, **given_options)).clean(text)
    except ValidationError:
        return
    assert isinstance(kept, str)
