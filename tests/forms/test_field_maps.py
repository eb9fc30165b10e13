"""Reading forms of elsewhere in our words."""

from __future__ import annotations

import pytest

from registrations.forms.field_maps import faults, read
from registrations.forms.spec import QuestionSpec

ROLE = QuestionSpec(key="role", type="text", label="Your role")
PHONE = QuestionSpec(key="tel", type="phone", label="Telephone number")
NAME = QuestionSpec(key="name", type="text", label="Name of the company")


def test_a_question_is_found_by_its_key_and_by_its_label() -> None:
    for name in ("role", "ROLE", "q_role", "Your role", "your role *"):
        assert read({name: "x"}, field_map={}, questions=[ROLE]).answers == {"role": "x"}, name


def test_a_phone_goes_to_the_question_for_one() -> None:
    assert read({"Phone": "1"}, field_map={}, questions=[ROLE, PHONE]).answers == {"tel": "1"}
    assert read({"Телефон": "1"}, field_map={}, questions=[ROLE]).unmapped == ("Телефон",)


@pytest.mark.parametrize(
    ("typed", "first", "last"),
    [
        ({"Name": "  Анна   Мария Петрова "}, "Анна", "Мария Петрова"),
        ({"Name": "Анна"}, "Анна", ""),
        ({"Name": "Анна", "Фамилия": "Петрова"}, "Анна", "Петрова"),
        ({"First name": "Anna", "Name": "Anna Petrova"}, "Anna", ""),
    ],
)
def test_one_field_may_hold_both_names(typed: dict[str, str], first: str, last: str) -> None:
    fixed = read(typed, field_map={}, questions=[]).fixed
    assert (fixed.get("first_name", ""), fixed.get("last_name", "")) == (first, last)
    assert "name" not in fixed


def test_what_a_marketer_says_goes_before_what_is_usual() -> None:
    reading = read({"Name": "North", "Email": "x"}, field_map={"name": "role", "email": ""}, questions=[ROLE])
    assert (reading.fixed, reading.answers, reading.unmapped) == ({}, {"role": "North"}, ())


def test_a_question_with_a_fixed_name_is_meant_by_its_prefix() -> None:
    assert read({"q_name": "North"}, field_map={}, questions=[NAME]).answers == {"name": "North"}
    assert read({"Firma": "North"}, field_map={"Firma": "q_name"}, questions=[NAME]).answers == {"name": "North"}


def test_of_two_fields_for_one_thing_the_first_filled_in_counts() -> None:
    assert read({"Email": "", "Почта": "a@b.example", "Mail": "x"}, field_map={}, questions=[]).fixed == {
        "email": "a@b.example"
    }


def test_what_a_builder_adds_is_nobodys_field() -> None:
    added = {"tranid": "1", "formid": "2", "formname": "x", "COOKIES": "a=b", "utm_source": "x", "ma_name": "", "gclid": "1"}
    assert read(added, field_map={}, questions=[]).unmapped == ()


@pytest.mark.parametrize(
    "field_map",
    [[], "x", {"a": 1}, {"a": "nobody"}, {"a": "email", "A ": "role"}, {"": "email"}, {str(n): "" for n in range(101)}],
)
def test_a_map_that_cannot_be_used_is_told(field_map: object) -> None:
    assert faults(field_map, questions=[ROLE])


def test_a_map_that_can_be_used_has_no_faults() -> None:
    assert faults({"Имя": "name", "Роль": "role", "Firma": "q_role", "x": ""}, questions=[ROLE]) == []
