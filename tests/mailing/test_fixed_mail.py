"""The short way to a mail's bytes gives what the long way gives."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.mail import BadHeaderError
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st

from registrations.mailing.compose import compose
from registrations.mailing.fixed_mail import FixedMail
from registrations.mailing.kinds import KINDS
from tests.mailing.hostile import HOSTILE
from tests.mailing.letters import a_letter, a_meeting

ADDRESSES = st.emails().filter(lambda address: address.isascii() and not set(address) & set(';,:<>()[]\\"'))


def is_the_same_both_ways(mail: FixedMail) -> bool:
    return mail.as_bytes() == mail.message().as_bytes()


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_mail_is_the_same_bytes_both_ways(kind: str, language: str):
    assert is_the_same_both_ways(compose(a_letter(kind=kind, language=language)))


@given(HOSTILE, HOSTILE, HOSTILE, ADDRESSES, st.integers(1, 3), st.sampled_from(["link", "known", "cancelled", "delayed"]))
@settings(max_examples=60, deadline=None)
def test_whatever_is_in_a_mail_it_is_the_same_bytes_both_ways(
    name: str, title: str, sender: str, recipient: str, count: int, kind: str
):
    meetings = tuple(a_meeting(title=title, uid=str(number)) for number in range(count))
    letter = a_letter(
        kind=kind, first_name=name, event_title=title, from_name=sender, recipient=recipient, meetings=meetings, intro=name * 40
    )
    try:
        mail = compose(letter)
    except ValueError:
        return
    assert is_the_same_both_ways(mail)


@pytest.mark.parametrize("length", [997, 998, 999, 4000])
def test_long_lines_are_encoded_as_django_does(length: int):
    assert is_the_same_both_ways(compose(a_letter(intro="x" * length)))
    assert is_the_same_both_ways(compose(a_letter(intro="щ" * (length // 2))))


@pytest.mark.parametrize("address", ["a" * 60 + "@" + "b" * 60 + ".example.org", "x@y.example", "=?utf-8?q?a?=@example.org"])
def test_addresses_of_any_length_are_folded_as_the_email_package_does(address: str):
    assert is_the_same_both_ways(compose(a_letter(recipient=address)))


def with_a_copy(mail: FixedMail) -> None:
    mail.cc = ["eve@example.net"]


def with_two_recipients(mail: FixedMail) -> None:
    mail.to.append("eve@example.net")


def with_a_file(mail: FixedMail) -> None:
    mail.attach("list.txt", "one", "text/plain")


def with_another_form(mail: FixedMail) -> None:
    mail.attach_alternative("one", "text/markdown")


def without_html(mail: FixedMail) -> None:
    mail.alternatives.clear()


def with_another_charset(mail: FixedMail) -> None:
    mail.encoding = "windows-1251"


def with_line_ends_of_its_own(mail: FixedMail) -> None:
    mail.body = "one\r\ntwo\rthree"


def with_its_own_recipient_header(mail: FixedMail) -> None:
    mail.extra_headers["To"] = "Everybody: ;"


@pytest.mark.parametrize(
    "change",
    [
        with_a_copy,
        with_two_recipients,
        with_a_file,
        with_another_form,
        without_html,
        with_another_charset,
        with_line_ends_of_its_own,
        with_its_own_recipient_header,
    ],
)
def test_a_mail_that_was_changed_afterwards_is_the_same_bytes_both_ways(change: Callable[[FixedMail], None]):
    mail = compose(a_letter(first_name="Anna"))
    change(mail)
    assert is_the_same_both_ways(mail)


@pytest.mark.parametrize("field", ["subject", "from_email"])
def test_a_line_break_in_a_header_is_refused(field: str):
    mail = compose(a_letter())
    setattr(mail, field, "one\r\nBcc: eve@example.com")
    with pytest.raises(BadHeaderError):
        mail.as_bytes()


def test_a_line_break_in_the_recipient_is_refused():
    mail = compose(a_letter())
    mail.to = ["anna@example.net\nBcc: eve@example.com"]
    with pytest.raises(BadHeaderError):
        mail.as_bytes()


def test_the_active_language_has_no_say():
    mail = compose(a_letter(language="ru"))
    with translation.override("en"):
        assert mail.as_bytes() == compose(a_letter(language="ru")).as_bytes()
