from __future__ import annotations

from registrations.sandbox.platform.limiter import Limiter


def admitted(limiter: Limiter, *moments: float, rate: float = 2, sliding: bool = False, scope: str = "key") -> list[bool]:
    return [limiter.admits(scope, moment, rate=rate, sliding=sliding) for moment in moments]


def test_a_third_call_within_a_second_is_refused() -> None:
    assert admitted(Limiter(), 10.0, 10.1, 10.9, 11.0) == [True, True, False, True]


def test_a_fixed_window_begins_with_its_first_call() -> None:
    assert admitted(Limiter(), 10.0, 10.95, 11.0, 11.1, 11.2) == [True, True, True, True, False]


def test_a_sliding_window_looks_back_one_second() -> None:
    assert admitted(Limiter(), 10.0, 10.95, 11.0, 11.1, 11.96, sliding=True) == [True, True, True, False, True]


def test_each_scope_has_its_own_count() -> None:
    limiter = Limiter()
    assert admitted(limiter, 10.0, 10.0, scope="one") == [True, True]
    assert admitted(limiter, 10.0, scope="two") == [True]


def test_a_rate_of_nothing_is_no_limit() -> None:
    assert all(admitted(Limiter(), *[10.0] * 100, rate=0))


def test_half_a_call_a_second_is_one_in_two_seconds() -> None:
    assert admitted(Limiter(), 10.0, 11.5, 12.0, rate=0.5) == [True, False, True]
