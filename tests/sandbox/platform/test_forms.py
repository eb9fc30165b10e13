from __future__ import annotations

import pytest

from registrations.sandbox.platform import forms


def test_brackets_nest_as_in_php() -> None:
    decoded = forms.decode_form("startsAt%5Bdate%5D%5Byear%5D=2026&users[0][email]=a%40b.example&users[7][email]=c&name=x+y")
    assert decoded == {
        "startsAt": {"date": {"year": "2026"}},
        "users": {"0": {"email": "a@b.example"}, "7": {"email": "c"}},
        "name": "x y",
    }


def test_empty_brackets_count_up() -> None:
    assert forms.decode_form("ids[]=4&ids[]=5&ids[9]=6&ids[]=7") == {"ids": {"0": "4", "1": "5", "9": "6", "10": "7"}}


def test_the_later_of_two_values_wins() -> None:
    assert forms.decode_form("a=1&a=2&b=1&b[c]=2") == {"a": "2", "b": {"c": "2"}}


def test_lists_in_json_look_like_lists_in_forms() -> None:
    assert forms.decode_json('{"ids": [4, {"x": true}]}') == {"ids": {"0": 4, "1": {"x": True}}}


def test_an_empty_list_in_json_is_an_empty_map() -> None:
    assert forms.decode_json("[]") == {}


@pytest.mark.parametrize("body", ["", "null", "3", "[1]", "{", '{"a":' * 5000, '{"a":' * 40 + "1" + "}" * 40])
def test_what_is_not_a_json_object_is_refused(body: str) -> None:
    with pytest.raises(forms.NotJson):
        forms.decode_json(body)


def test_brackets_are_not_nested_without_end() -> None:
    decoded = forms.decode_form("a" + "[b]" * 5000 + "=1")
    depth = 0
    while isinstance(decoded, dict):
        decoded, depth = next(iter(decoded.values())), depth + 1
    assert depth == forms.MAX_DEPTH + 1


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("true", True),
        ("1", True),
        (True, True),
        (1, True),
        ("false", False),
        ("0", False),
        (False, False),
        ("", False),
        (None, None),
        ("maybe", None),
    ],
)
def test_booleans_have_many_spellings(sent: object, read: bool | None) -> None:
    assert forms.flag({"x": sent}, "x") is read


def test_numbers_of_a_list_come_in_any_form() -> None:
    assert forms.numbers({"ids": {"0": "4", "a": 5, "2": "x", "3": {}}}, "ids") == [4, 5]
    assert forms.numbers({"ids": "4"}, "ids") == [4]
    assert forms.numbers({}, "ids") == []
