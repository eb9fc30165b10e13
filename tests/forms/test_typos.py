"""Addresses that look mistyped are asked about once, and nothing but the address decides."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registrations.forms import build_form
from registrations.forms.typos import FREQUENT, likely_address

PERSON = {"first_name": "Anna", "last_name": "Petrova", "email": "anna@gmial.com"}


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("gmial.com", "gmail.com"),
        ("gmail.con", "gmail.com"),
        ("gmail.co", "gmail.com"),
        ("gamil.com", "gmail.com"),
        ("gmial.con", "gmail.com"),
        ("gmaill.com", "gmail.com"),
        ("yadnex.ru", "yandex.ru"),
        ("yandeks.ru", "yandex.ru"),
        ("yandex.ry", "yandex.ru"),
        ("jandex.ru", "yandex.ru"),
        ("mial.ru", "mail.ru"),
        ("maill.ru", "mail.ru"),
        ("mail.ri", "mail.ru"),
        ("ramler.ru", "rambler.ru"),
        ("inbox.ri", "inbox.ru"),
        ("outlok.com", "outlook.com"),
        ("hotmial.com", "hotmail.com"),
        ("iclod.com", "icloud.com"),
        ("yaho.com", "yahoo.com"),
    ],
)
def test_a_slip_in_a_frequent_domain_is_recognised(typed: str, meant: str) -> None:
    assert likely_address(f"anna@{typed}") == f"anna@{meant}"


@pytest.mark.parametrize(
    "domain",
    [
        *FREQUENT,
        "example.org", "ya.ru", "bk.ru", "mail.com", "email.com", "ymail.com", "gmx.de", "web.de", "small.com", "male.ru",
        "index.ru", "acme.com", "xn--80a1acny.xn--p1ai", "gmail.example.com", "mail.example.ru", "vk.com", "mail.kz",
    ],
)  # fmt: skip
def test_real_domains_are_left_alone(domain: str) -> None:
    assert likely_address(f"anna@{domain}") == ""


def test_it_asks_once_and_takes_the_same_address_the_second_time() -> None:
    form = build_form([])(PERSON)
    assert form.is_valid()
    assert (form.suggestion, form.suspected) == ("anna@gmail.com", "anna@gmial.com")
    again = build_form([])({**PERSON, "email": " ANNA@gmial.com", "email_seen": form.suspected})
    assert again.is_valid()
    assert (again.suggestion, again.suspected) == ("", "anna@gmial.com")
    assert again.cleaned_data["email"] == "anna@gmial.com"


def test_what_was_meant_is_taken_by_one_press() -> None:
    form = build_form([])({**PERSON, "email_seen": "anna@gmial.com", "email_meant": "anna@gmail.com"})
    assert form.is_valid()
    assert (form.suggestion, form.suspected) == ("", "")
    assert form.cleaned_data["email"] == "anna@gmail.com"
    assert form["email"].value() == "anna@gmail.com"


def test_another_slip_is_asked_about_anew() -> None:
    assert build_form([])({**PERSON, "email": "anna@gmali.com", "email_seen": "anna@gmial.com"}).suggestion == "anna@gmail.com"


@pytest.mark.parametrize("meant", ["", "boris@gmail.com", "anna@evil.example", "anna@gmial.com"])
def test_only_the_address_that_was_offered_can_be_taken(meant: str) -> None:
    form = build_form([])({**PERSON, "email_meant": meant})
    assert form.is_valid()
    assert (form.cleaned_data["email"], form.suggestion) == ("anna@gmial.com", "anna@gmail.com")
    assert build_form([])({**PERSON, "email": "anna@example.org", "email_meant": meant}).suggestion == ""


def test_a_form_nobody_has_sent_asks_nothing() -> None:
    form = build_form([])()
    assert (form.suggestion, form.suspected) == ("", "")


@settings(deadline=None)  # a busy machine is no fault
@given(st.text(max_size=60) | st.emails())
def test_a_suggestion_is_always_another_address_of_the_same_name_at_a_frequent_domain(text: str) -> None:
    meant = likely_address(text)
    if meant:
        assert meant != text
        assert meant.rpartition("@")[0] == text.rpartition("@")[0]
        assert meant.rpartition("@")[2] in FREQUENT
