"""Counting posts: what each process knows, what all of them know together, and what it costs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from registrations.models import BlockedTries, Campaign, PostCount
from registrations.services import counting, guarding, held_back, wakeup
from registrations.services.counting import Full, Limit, Tally
from registrations.services.guarding import Next, Post, Reason
from tests import factories
from tests.services.racing import at_once

NOON = 1_800_000_000.0
"""A moment at which windows of ten minutes begin."""


class Clock:
    """The clock that windows go by, and the one that writing goes by."""

    def __init__(self) -> None:
        self.seconds = NOON

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(counting, "_clock", clock)
    monkeypatch.setattr(counting.time, "monotonic", clock)
    return clock


def limit(most: int, origin: str = "here", **values: Any) -> Limit:
    return Limit(**{"scope": "client", "origin": origin, "most": most, "seconds": 600, **values})


def taken(tally: Tally, *limits: Limit, posts: int) -> int:
    """How many of so many posts are taken."""
    return sum(tally.take(limits) is None for _ in range(posts))


@pytest.mark.django_db
def test_a_process_takes_exactly_as_many_as_it_may() -> None:
    assert taken(Tally(), limit(5), posts=9) == 5


@pytest.mark.django_db(transaction=True)
def test_posts_at_the_same_moment_share_one_limit() -> None:
    tally = Tally()
    seen: list[Full | None] = []
    assert at_once(*[lambda: seen.extend(tally.take([limit(30)]) for _ in range(10)) for _ in range(6)]) == []
    assert seen.count(None) == 30
    assert PostCount.objects.get().count <= 30


@pytest.mark.django_db
def test_processes_learn_of_each_other_within_a_second(clock: Clock) -> None:
    one, other = Tally(), Tally()
    assert taken(one, limit(10), posts=8) == 8
    clock.seconds += 1
    assert taken(one, limit(10), posts=1) == 1
    assert taken(other, limit(10), posts=5) == 1


@pytest.mark.django_db
def test_what_is_written_at_once_holds_across_processes() -> None:
    processes = [Tally() for _ in range(4)]
    exact = limit(3, is_exact=True)
    assert sum(taken(tally, exact, posts=2) for tally in processes) == 3


@pytest.mark.django_db(transaction=True)
def test_processes_at_the_same_moment_take_no_more_together() -> None:
    exact = limit(3, is_exact=True)
    seen: list[Full | None] = []
    assert at_once(*[partial(lambda tally: seen.append(tally.take([exact])), Tally()) for _ in range(8)]) == []
    assert seen.count(None) == 3


@pytest.mark.django_db
def test_a_process_that_begins_anew_knows_what_was_counted(clock: Clock) -> None:
    first = Tally()
    taken(first, limit(5), posts=5)
    clock.seconds += 1
    first.take([limit(9, origin="elsewhere")])
    assert taken(Tally(), limit(5), posts=1) == 0


@pytest.mark.django_db
def test_the_next_window_begins_at_nothing(clock: Clock) -> None:
    tally = Tally()
    clock.seconds = NOON + 599
    assert taken(tally, limit(2), posts=3) == 2
    assert tally.take([limit(2)]) == Full("client", 2)
    clock.seconds = NOON + 600
    assert taken(tally, limit(2), posts=3) == 2


@pytest.mark.django_db
def test_a_post_costs_one_statement_a_second_and_a_refused_one_none(clock: Clock) -> None:
    tally = Tally()
    limits = [limit(10, scope=scope) for scope in ("client", "address", "campaign", "site")]
    with CaptureQueriesContext(
        connection,
    ) as queries:
        taken(tally, *limits, posts=8)
    assert len(queries) == 1
    clock.seconds += 1
    with CaptureQueriesContext(connection) as queries:
        taken(tally, *limits, posts=500)
    assert len(queries) == 1


@pytest.mark.django_db
def test_a_flood_of_addresses_is_written_in_bounded_pieces_and_forgotten(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    monkeypatch.setattr(counting, "MOST_KEPT", 100)
    monkeypatch.setattr(counting, "MOST_UNWRITTEN", 40)
    tally = Tally()
    for number in range(1000):
        assert tally.take([limit(20, origin=f"p{number}@example.org")]) is None
    assert len(tally._sums) <= 141
    assert PostCount.objects.count() >= 960


@pytest.mark.django_db
def test_what_is_near_its_limit_is_remembered_in_a_flood(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "MOST_KEPT", 100)
    monkeypatch.setattr(counting, "MOST_UNWRITTEN", 40)
    tally = Tally()
    assert taken(tally, limit(20, origin="flooded"), posts=30) == 20
    for number in range(500):
        tally.take([limit(20, origin=f"p{number}@example.org")])
    assert taken(tally, limit(20, origin="flooded"), posts=5) == 0


@pytest.mark.django_db
def test_windows_that_are_over_are_forgotten_by_the_schedule() -> None:
    PostCount.objects.create(pk=1, count=1, ends_at=timezone.now() - timedelta(seconds=1))
    PostCount.objects.create(pk=2, count=1, ends_at=timezone.now() + timedelta(minutes=1))
    wakeup.look()
    assert [row.pk for row in PostCount.objects.all()] == [2]


# --- the verdict ---


def a_post(campaign: Campaign, **values: Any) -> Post:
    defaults = {"client": "203.0.113.9", "address": "anna@example.org", "age": 60.0, "trapped": False, "asked_before": False}
    return Post(campaign_id=campaign.pk, **{**defaults, **values})


@pytest.fixture
def campaign(db: None) -> Campaign:
    return factories.make_campaign()


@pytest.mark.parametrize(
    ("values", "what"),
    [
        ({}, Next.TAKE),
        ({"age": 1.9}, Next.ASK_AGAIN),
        ({"age": 2.0}, Next.TAKE),
        ({"age": 0.0, "asked_before": True}, Next.TAKE),
        ({"trapped": True}, Next.ASK_AGAIN),
        ({"trapped": True, "asked_before": True}, Next.TAKE),
        ({"age": None, "trapped": True}, Next.TAKE),  # a stale form costs one more press anyway
    ],
)
def test_whoever_looks_like_a_program_is_asked_once(campaign: Campaign, settings: Any, values: Any, what: Next) -> None:
    settings.FORM_MIN_SECONDS = 2
    assert guarding.judge(post=a_post(campaign, **values)).next is what


def test_whoever_waits_is_told_why_and_how_long(campaign: Campaign, settings: Any, clock: Clock) -> None:
    settings.POST_LIMITS = {**settings.POST_LIMITS, "address": (1, 3600)}
    guarding.judge(post=a_post(campaign))
    clock.seconds = NOON + 60
    verdict = guarding.judge(post=a_post(campaign))
    assert (verdict.next, verdict.reason) == (Next.WAIT, Reason.ADDRESS)
    assert 0 < verdict.seconds <= 3600


def test_an_office_may_sign_up_at_once_and_ten_thousand_people_for_one_link(campaign: Campaign, clock: Clock) -> None:
    """The limits that the site comes with, at 200 posts a second."""
    refused = 0
    for number in range(10_000):
        clock.seconds = NOON + number / 200
        client = "203.0.113.9" if number < 500 else f"198.18.{number // 250}.{number % 250}"
        refused += guarding.judge(post=a_post(campaign, client=client, address=f"p{number}@example.org")).next is not Next.TAKE
    assert refused == 0


def test_tries_held_back_are_counted_by_campaign_day_and_reason(campaign: Campaign, settings: Any) -> None:
    settings.FORM_MIN_SECONDS = 2
    other = factories.make_campaign()
    for held in (campaign, campaign, other):
        guarding.judge(post=a_post(held, age=0.5))
    guarding.judge(post=a_post(campaign, trapped=True))
    held_back.ledger.write()
    assert held_back.last_week(campaign_id=campaign.pk) == {Reason.TRAP: 1, Reason.FAST: 2}
    assert held_back.last_week(campaign_id=other.pk) == {Reason.FAST: 1}
    guarding.judge(post=a_post(campaign, trapped=True))
    held_back.ledger.write()
    assert BlockedTries.objects.get(campaign=campaign, reason="trap").count == 2


def test_old_tries_are_not_shown_and_then_forgotten(campaign: Campaign) -> None:
    today = timezone.now().date()
    for days, count in ((0, 1), (6, 2), (7, 4), (91, 8)):
        BlockedTries.objects.create(campaign=campaign, day=today - timedelta(days=days), reason="trap", count=count)
    assert held_back.last_week(campaign_id=campaign.pk) == {Reason.TRAP: 3}
    guarding.prune()
    assert sorted(BlockedTries.objects.values_list("count", flat=True)) == [1, 2, 4]


def test_a_campaign_that_is_gone_is_counted_no_more_and_harms_no_post(campaign: Campaign) -> None:
    gone = campaign.pk
    campaign.delete()
    held_back.ledger.note(campaign_id=gone, reason=Reason.TRAP)
    held_back.ledger.write()
    assert not BlockedTries.objects.exists()


def test_counts_wait_while_the_database_is_away(campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(counts: object) -> None:
        raise OperationalError("gone")

    with monkeypatch.context() as patch:
        patch.setattr(BlockedTries, "add", away)
        with pytest.raises(OperationalError):
            held_back.ledger.note(campaign_id=campaign.pk, reason=Reason.TRAP)
    held_back.ledger.write()
    assert held_back.last_week(campaign_id=campaign.pk) == {Reason.TRAP: 1}


@pytest.mark.django_db
def test_sums_keep_the_moment_their_window_ends(clock: Clock) -> None:
    Tally().take([limit(5)])
    assert PostCount.objects.get().ends_at == datetime.fromtimestamp(NOON + 600, UTC)
