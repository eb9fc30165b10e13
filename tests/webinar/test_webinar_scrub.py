"""What may be left of another system's words."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registrations.webinar.scrub import MAX_DETAIL, scrub

TOKEN = "9f86d081884c7d659a2feaa0c55ad015"
SECRETS = ["ivan.petrov@example.com", "https://events.webinar.ru/acme/51001/" + TOKEN, TOKEN, TOKEN.upper(), "Петров"]


@pytest.mark.parametrize(
    ("words", "left"),
    [
        ("Not Found", "Not Found"),
        ("I only allow 2 requests per second. Try again.", "I only allow 2 requests per second. Try again."),
        ("Event 51001 is not submitted", "Event 51001 is not submitted"),
        ("user ivan@example.com exists", "user [address] exists"),
        ("почта иван@почта.рф занята", "почта [address] занята"),
        ("user ivan%40example.com exists", "user [address] exists"),
        ("user ivan&#64;example.com exists", "user [address] exists"),
        ("user ivan＠example.com exists", "user [address] exists"),
        ("user ivan\u200b@example.com exists", "user [address] exists"),
        (f"go to https://events.webinar.ru/acme/51001/{TOKEN} now", "go to [link] now"),
        ("go to HTTPS%3A%2F%2Fevents.webinar.ru%2Facme now", "go to [link] now"),
        (f"go to events.webinar.ru/acme/51001/{TOKEN} now", "go to [link] now"),
        ("go to //events.webinar.ru/acme now", "go to [link] now"),
        ("go to www.example.com now", "go to [link] now"),
        ("go to http://user:pw@host:81/x?y=z now", "go to [link] now"),
        (f"token {TOKEN} and {TOKEN.upper()}", "token [token] and [token]"),
        (f"key={TOKEN}{TOKEN}", "key=[token]"),
        ("call +7 (999) 000-00-00 or 79990000000", "call [number] or [number]"),
        ('value "Ivan" and «Анна» are bad', "value [value] and [value] are bad"),
        ("line\r\nbreak\ttab\x00nul \x1b[31mred\u202e", "line break tab nul [31mred"),
        ("", ""),
    ],
)
def test_addresses_links_tokens_and_quoted_values_are_taken_out(words: str, left: str) -> None:
    assert scrub(words) == left


def test_known_names_are_taken_out_whole_and_by_word_in_any_case() -> None:
    words = "ПЕТРОВ Анна-Мария (анна мария) из Перми: Annabel stays"
    assert scrub(words, private=["Петров", "Анна Мария", "Перми", "Anna", ""]) == "[…] […]-[…] ([…]) из […]: Annabel stays"


def test_a_detail_has_a_bounded_length() -> None:
    assert len(scrub("word " * 1000)) == MAX_DETAIL
    assert scrub("word " * 1000).endswith("…")
    assert scrub("ab" * 10, limit=5) == "abab…"


def test_a_secret_at_the_cut_does_not_survive_in_part() -> None:
    for pad in range(3950, 4001):
        left = scrub("https://a.ru/x " * (pad // 15) + "." * (pad % 15) + TOKEN, limit=10_000)
        assert TOKEN[:8] not in left


@pytest.mark.parametrize("hostile", ["a" * 100_000, "a." * 50_000, "//" * 50_000, "+1" * 50_000, "'" * 100_000, "@" * 9999])
def test_a_hostile_text_costs_little_time(hostile: str) -> None:
    began = time.perf_counter()
    scrub(hostile, private=["a"])
    assert time.perf_counter() - began < 0.5


@settings(deadline=None, derandomize=True)
@given(st.lists(st.sampled_from(SECRETS) | st.sampled_from(["error", "for", ": ", "\n", "<br>", ", "]), max_size=30))
def test_no_arrangement_of_secrets_gets_through(pieces: list[str]) -> None:
    left = scrub(" ".join(pieces), private=["Петров"]).lower()
    assert "@" not in left
    assert "://" not in left
    assert TOKEN not in left
    assert "петров" not in left
