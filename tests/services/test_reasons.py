"""Codes in sentences: every code that the product writes has words, and an unknown one is shown honestly."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils import translation

from registrations.services.reasons import REASONS, reason_of, remedy, sentence

ROOT = Path(__file__).resolve().parents[2] / "registrations"
ERRORS = {
    "Unavailable", "Uncertain", "Throttled", "Rejected", "Misconfigured", "NotFound", "Conflict",
    "MailUnavailable", "MailDeferred", "MailRefused", "MailUncertain", "_lost",
}  # fmt: skip
FINISHES = {"postpone", "doubt", "park", "parked", "cancel", "_ask_again"}


def written_codes() -> Iterator[str]:
    """Every literal code in calls that raise an outside error or finish a step."""
    for folder in ("services", "webinar", "mailing"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call):
                    yield from _codes_of(node)


def _codes_of(call: ast.Call) -> Iterator[str]:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    values: list[ast.expr] = call.args[:1] if name in ERRORS else []
    if name in FINISHES:
        values = [keyword.value for keyword in call.keywords if keyword.arg == "reason"]
    for value in values:
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            yield value.value


def test_every_code_that_the_product_writes_has_a_sentence() -> None:
    codes = set(written_codes())
    assert {"known_without_link", "unauthorized", "may_have_been_sent", "nobody_wants_this_seat"} <= codes
    unknown = {code for code in codes if "gave the reason" in str(reason_of(code).sentence)}
    assert unknown == set()


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("rcpt_550", "does not accept the person's address"),
        ("rcpt_450", "asks to try later"),
        ("dot_timeout", "it may be out"),
        ("rcpt_timeout", "was not sent"),
        ("mail_530", "user name or password"),
        ("mail_421", "closing down"),
        ("auth_535", "user name or password"),
        ("http_503", "inner fault (status 503)"),
        ("http_422", "refused the data (status 422)"),
    ],
)
def test_a_code_that_carries_a_number_is_read(code: str, words: str) -> None:
    assert words in sentence(code)


def test_an_unknown_code_is_shown_as_it_is() -> None:
    assert sentence("error_of_tomorrow") == "The other side gave the reason “error_of_tomorrow”."
    assert remedy("error_of_tomorrow")


def test_no_code_has_no_words() -> None:
    assert (sentence(""), remedy("")) == ("", "")


def test_sentences_follow_the_active_language() -> None:
    with translation.override("en"):
        assert sentence("timeout") == "The platform did not answer in time."


def test_every_sentence_ends_like_one() -> None:
    for reason in REASONS.values():
        assert str(reason.sentence).endswith(".")
        assert not str(reason.remedy) or str(reason.remedy).endswith(".")
