from __future__ import annotations

import pytest

from registrations.mailing.addresses import bare_address, named_address, one_address


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("anna@example.net", "anna@example.net"),
        ("anna+talk@example.net", "anna+talk@example.net"),
        ("anna@пример.рф", "anna@xn--e1afmkfd.xn--p1ai"),
        ("root@localhost", "root@localhost"),
    ],
)
def test_one_address_is_taken(text: str, bare: str):
    assert one_address(text) == bare


@pytest.mark.parametrize(
    "text",
    [
        "",
        "anna",
        "anna@",
        "@example.net",
        "anna@example.net, eve@example.net",
        "anna@example.net,eve@example.net",
        "anna@example.net;eve@example.net",
        "anna@example.net eve@example.net",
        "Anna <anna@example.net>",
        "<anna@example.net>",
        "anna@example.net\r\nBcc: eve@example.net",
        "anna@example.net\n",
        '"anna eve"@example.net',
        "anna@eve@example.net",
        "анна@example.net",
        "friends: anna@example.net;",
        "anna@exa\0mple.net",
    ],
)
def test_anything_else_is_refused_and_not_repeated(text: str):
    with pytest.raises(ValueError, match="e-mail address") as refusal:
        one_address(text)
    assert "anna" not in str(refusal.value)


def test_an_address_is_found_beside_a_name():
    assert bare_address('"Law School" <webinars@example.org>') == "webinars@example.org"


def test_a_name_cannot_bring_an_address_of_its_own():
    assert named_address('boss@bank.example" <evil@example.com>, x:', "a@example.org") == (
        '"boss bank.example evil example.com x" <a@example.org>'
    )


def test_an_empty_name_leaves_the_bare_address():
    assert named_address(' "@" ', "a@example.org") == "a@example.org"
