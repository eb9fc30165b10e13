"""One spelling for one address."""

from __future__ import annotations

import pytest
from django.core.validators import validate_email
from hypothesis import given, settings
from hypothesis import strategies as st

from registrations.forms.addresses import InvalidAddress, normalise


@pytest.mark.parametrize(
    ("typed", "normal"),
    [
        ("anna@example.org", "anna@example.org"),
        ("  Anna.Petrova@Example.ORG\n", "anna.petrova@example.org"),
        ("anna+news@example.org", "anna+news@example.org"),
        ("anna@почта.рф", "anna@xn--80a1acny.xn--p1ai"),
        ("anna@ПОЧТА.РФ", "anna@xn--80a1acny.xn--p1ai"),
        ("anna@xn--80a1acny.xn--p1ai", "anna@xn--80a1acny.xn--p1ai"),
        ("\u200banna@example.org\ufeff", "anna@example.org"),
        ("anna@straße.de", "anna@xn--strae-oqa.de"),
        ("anna@ｅｘａｍｐｌｅ.org", "anna@example.org"),
        ("mi\u212ae@example.org", "mike@example.org"),
    ],
)
def test_every_spelling_of_an_address_becomes_one(typed: str, normal: str) -> None:
    assert normalise(typed) == normal


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "@",
        "anna",
        "anna@",
        "@example.org",
        "anna@localhost",
        "anna@example",
        "anna@[127.0.0.1]",
        "anna@example..org",
        "anna@-example.org",
        ".anna@example.org",
        "anna.@example.org",
        "an na@example.org",
        '"anna b"@example.org',
        "анна@example.org",
        "аnna@example.org",  # the first letter is Cyrillic
        "anna@example.org, boris@example.org",
        "Anna <anna@example.org>",
        "anna@example.org\r\nBcc: boris@example.org",
        "anna@boris@example.org",
        "anna\x00@example.org",
        "a" * 65 + "@example.org",
        "anna@" + ".".join(["b" * 60] * 5) + ".org",
        "anna@" + "\u0430" * 10_000,
    ],
)
def test_what_is_no_address_is_refused(typed: str) -> None:
    with pytest.raises(InvalidAddress):
        normalise(typed)


@settings(deadline=None)  # a busy machine is no fault
@given(st.text(max_size=80) | st.emails() | st.builds("{}@{}".format, st.text(max_size=20), st.text(max_size=20)))
def test_a_normal_address_is_plain_ascii_and_stays_itself(typed: str) -> None:
    try:
        normal = normalise(typed)
    except InvalidAddress:
        return
    assert normal == normalise(normal)
    assert normal.isascii()
    assert normal == normal.lower()
    assert not set(normal) & set('\r\n\t\0 ,;<>"()')
    assert normal.count("@") == 1
    validate_email(normal)


@settings(deadline=None)  # a busy machine is no fault
@given(st.emails(), st.sampled_from([str.upper, str.title, str.swapcase, lambda text: f" {text} "]))
def test_case_and_spaces_around_never_make_another_person(address: str, change) -> None:
    try:
        normal = normalise(address)
    except InvalidAddress:
        return
    assert normalise(change(address)) == normal
