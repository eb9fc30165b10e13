"""From questions to a form, and from a form to answers."""

from __future__ import annotations

import pytest

from registrations.forms import TYPES, Options, QuestionSpec, build_form, prefilled, type_choices

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


ANSWERED = [key for key, question_type in TYPES.items() if question_type.has_answer]
REQUIRABLE = [key for key, question_type in TYPES.items() if question_type.can_be_required]


@pytest.mark.parametrize("type_key", ANSWERED)
def test_an_unanswered_question_is_an_empty_string(type_key: str) -> None:
    assert answer_to(QuestionSpec("x", type_key, "X", choices=("A",))) == ""


@pytest.mark.parametrize("type_key", REQUIRABLE)
def test_a_required_question_must_be_answered(type_key: str) -> None:
    required = QuestionSpec("x", type_key, "X", choices=("A",), required=True)
    assert list(asked(required).errors) == ["q_x"]


def test_a_type_that_does_not_exist_is_a_fault() -> None:
    with pytest.raises(KeyError):
        build_form([QuestionSpec("x", "telepathy", "X")])


def test_marketers_are_offered_every_type_by_name() -> None:
    assert [key for key, _ in type_choices()] == list(TYPES)
    assert all(label for _, label in type_choices())


def test_a_heading_stands_between_the_questions_and_has_no_answer() -> None:
    form = build_form([QuestionSpec("h", "heading", "About you"), QuestionSpec("a", "text", "A")])({**PERSON, "q_h": "typed"})
    assert form.is_valid()
    assert list(form.fields)[3:] == ["q_h", "q_a"]
    assert form.answers() == {"a": ""}


def test_a_fresh_form_begins_with_the_defaults() -> None:
    form = build_form([QuestionSpec("a", "text", "A", options=Options(default="Acme")), QuestionSpec("b", "text", "B")])()
    assert form["q_a"].value() == "Acme"
    assert not form["q_b"].value()


def test_an_answer_that_was_emptied_does_not_become_the_default() -> None:
    assert answer_to(QuestionSpec("a", "text", "A", options=Options(default="Acme")), "") == ""


def test_a_hidden_question_is_filled_from_its_parameter_and_nothing_else_is() -> None:
    questions = [
        QuestionSpec("from", "hidden", "From", options=Options(url_parameter="utm_source")),
        QuestionSpec("ad", "hidden", "Ad", options=Options(url_parameter="ad", default="none")),
        QuestionSpec("name", "text", "Name", options=Options(url_parameter="name")),
    ]
    given = {"utm_source": " news\n", "utm_medium": "mail", "name": "Anna", "q_name": "Anna"}
    begun = prefilled(questions, given)
    assert begun == {"q_from": "news"}
    form = build_form(questions)(initial=begun)
    assert [form[name].value() for name in ("q_from", "q_ad")] == ["news", "none"]


def test_options_that_do_not_belong_to_a_type_do_nothing() -> None:
    form = build_form([QuestionSpec("a", "checkbox", "A", options=Options(default="yes", placeholder="x"))])()
    assert form["q_a"].value() is None
    assert "placeholder" not in form.fields["q_a"].widget.attrs


@pytest.mark.parametrize(
    "stored",
    [
        None,
        [],
        "text",
        {"min_length": "3", "default": 4, "decimals": "yes", "maximum": None, "unknown": 1},
        {"max_length": True},
    ],
)
def test_options_of_another_kind_count_as_not_set(stored: object) -> None:
    assert Options.read(stored) == Options()


def test_options_come_back_as_they_were_stored() -> None:
    options = Options(default="A", min_length=2, decimals=True)
    assert options.as_json() == {"default": "A", "min_length": 2, "decimals": True}
    assert Options.read(options.as_json()) == options
