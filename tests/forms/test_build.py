"""From questions to a form, and from a form to answers."""

from __future__ import annotations

import pytest
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st

from registrations.forms import TYPES, QuestionSpec, build_form, type_choices

PERSON = {"first_name": "Anna", "last_name": "Petrova", "email": "anna@example.org"}


def asked(question: QuestionSpec, answer: str | None = None):
    typed = {} if answer is None else {f"q_{question.key}": answer}
    return build_form([question])({**PERSON, **typed})


def answer_to(question: QuestionSpec, typed: str | None = None) -> str:
    form = asked(question, typed)
    assert form.is_valid(), form.errors
    return form.answers()[question.key]


def test_every_form_asks_for_name_and_address_first() -> None:
    form = build_form([QuestionSpec("b", "text", "B"), QuestionSpec("a", "phone", "A")])()
    assert list(form.fields) == ["first_name", "last_name", "email", "q_b", "q_a"]


def test_the_fixed_fields_are_cleaned_to_plain_values() -> None:
    form = build_form([])({"first_name": " Anna\u202e  Maria\r\n", "last_name": "O\u2019Neil", "email": " ANNA@Example.org "})
    assert form.is_valid()
    assert form.cleaned_data == {"first_name": "Anna Maria", "last_name": "O\u2019Neil", "email": "anna@example.org"}
    assert form.answers() == {}


@pytest.mark.parametrize("name", ["first_name", "last_name", "email"])
@pytest.mark.parametrize("empty", ["", "   ", "\u00a0", "\r\n"])
def test_the_fixed_fields_are_required(name: str, empty: str) -> None:
    form = build_form([])({**PERSON, name: empty})
    assert not form.is_valid()
    assert list(form.errors) == [name]


def test_a_question_cannot_shadow_a_fixed_field() -> None:
    form = build_form([QuestionSpec("email", "text", "Another")])({**PERSON, "q_email": "x"})
    assert form.is_valid()
    assert form.cleaned_data["email"] == PERSON["email"]
    assert form.answers() == {"email": "x"}


def test_fields_that_were_not_asked_are_ignored() -> None:
    form = build_form([])({**PERSON, "q_role": "admin", "campaign": "2"})
    assert form.is_valid()
    assert set(form.cleaned_data) == set(PERSON)


@pytest.mark.parametrize(
    ("question", "typed", "answer"),
    [
        (QuestionSpec("x", "text", "X"), "  two\n words ", "two words"),
        (QuestionSpec("x", "long_text", "X"), " one\r\ntwo\x07 ", "one\ntwo"),
        (QuestionSpec("x", "email", "X"), "Boris@Example.org", "boris@example.org"),
        (QuestionSpec("x", "phone", "X"), "+44 20 7946 0018", "+442079460018"),
        (QuestionSpec("x", "choice", "X", choices=("Red", "Blue")), "Blue", "Blue"),
        (QuestionSpec("x", "checkbox", "X"), "yes", "yes"),
    ],
)
def test_an_answer_is_a_plain_string(question: QuestionSpec, typed: str, answer: str) -> None:
    assert answer_to(question, typed) == answer


@pytest.mark.parametrize("type_key", list(TYPES))
def test_an_unanswered_question_is_an_empty_string_unless_it_is_required(type_key: str) -> None:
    optional = QuestionSpec("x", type_key, "X", choices=("A",))
    assert answer_to(optional) == ""
    required = QuestionSpec("x", type_key, "X", choices=("A",), required=True)
    assert list(asked(required).errors) == ["q_x"]


@pytest.mark.parametrize(
    ("type_key", "typed"),
    [
        ("email", "anna"),
        ("phone", "12"),
        ("phone", "call me"),
        ("choice", "Green"),
        ("text", "x" * 201),
        ("long_text", "x" * 4001),
    ],
)
def test_an_answer_that_cannot_be_is_refused(type_key: str, typed: str) -> None:
    assert list(asked(QuestionSpec("x", type_key, "X", choices=("Red",)), typed).errors) == ["q_x"]


def test_a_phone_number_without_country_code_follows_the_page() -> None:
    question = QuestionSpec("x", "phone", "X")
    with translation.override("ru"):
        assert answer_to(question, "8 (900) 123-45-67") == "+79001234567"
    with translation.override("en"):
        assert not asked(question, "8 (900) 123-45-67").is_valid()


def test_a_type_that_does_not_exist_is_a_fault() -> None:
    with pytest.raises(KeyError):
        build_form([QuestionSpec("x", "telepathy", "X")])


def test_marketers_are_offered_every_type_by_name() -> None:
    assert [key for key, _ in type_choices()] == list(TYPES)
    assert all(label for _, label in type_choices())


@settings(deadline=None)  # a busy machine is no fault
@given(
    type_key=st.sampled_from(list(TYPES)),
    typed=st.text(max_size=300),
    required=st.booleans(),
)
def test_no_text_breaks_a_form(type_key: str, typed: str, required: bool) -> None:
    form = asked(QuestionSpec("x", type_key, "X", required=required, choices=("A", "B")), typed)
    if form.is_valid():
        answer = form.answers()["x"]
        assert isinstance(answer, str)
        assert "\x00" not in answer
