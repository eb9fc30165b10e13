"""The nightly comparison: exactly who is missing at the platform, once a night, and nothing follows by itself."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.conf import LazySettings

from registrations.models import Account, Campaign, Choosing, Reconciliation, Registration, Seat, db_now
from registrations.services import pauses, reconciliation
from registrations.services.reconciliation import Outcome
from tests import factories
from tests.services.conftest import World
from tests.services.racing import at_once
from tests.services.timing import end_event, put_forward


def go_to(settings: LazySettings, hour: int, minute: int = 30) -> None:
    """The next time that a clock in Moscow shows so much (it is three hours before UTC)."""
    now = db_now()
    moment = datetime(now.year, now.month, now.day, hour, minute, tzinfo=UTC) - timedelta(hours=3)
    while moment <= now:
        moment += timedelta(days=1)
    put_forward(settings, seconds=(moment - now).total_seconds())


def compare(*, again: bool = False) -> list[Outcome]:
    return list(reconciliation.compare_now(again=again))


def only() -> Reconciliation:
    return Reconciliation.objects.get()


def with_people(world: World, campaign: Campaign, count: int) -> list[Registration]:
    people = [world.sign_up(campaign) for _ in range(count)]
    world.settle()
    return people


def delete_at_platform(world: World, person: Registration) -> None:
    ids = [item["id"] for item in world.at_platform(person.email)]
    world.sandbox.platform("POST", "/participations/delete", {"participationIds": ids})


def register_at_platform(world: World, campaign: Campaign, email: str) -> None:
    assert campaign.session is not None
    path = f"/eventsessions/{campaign.session.external_id}/register"
    world.sandbox.platform("POST", path, {"email": email, "name": "Olga", "role": "GUEST", "sendEmail": False})


def test_people_who_were_deleted_at_the_platform_are_reported_and_nobody_else(world: World) -> None:
    campaign = world.campaign()
    people = with_people(world, campaign, 12)
    for person in people[3:8]:
        delete_at_platform(world, person)
    [outcome] = compare()
    assert outcome.trouble == ""
    row = only()
    assert row.finished_at is not None
    assert row.missing == sorted(world.seat(person).pk for person in people[3:8])
    assert (row.here, row.there, row.strangers) == (12, 7, 0)


def test_nothing_is_made_or_deleted_anywhere_by_a_comparison(world: World) -> None:
    campaign = world.campaign()
    people = with_people(world, campaign, 3)
    delete_at_platform(world, people[0])
    register_at_platform(world, campaign, "stranger@example.net")
    ours = list(Seat.objects.order_by("pk").values())
    theirs = world.sandbox.participations()
    compare()
    assert list(Seat.objects.order_by("pk").values()) == ours
    assert world.sandbox.participations() == theirs
    assert world.drain_seats().seats == frozenset()
    assert world.at_platform(people[0].email) == []


def test_whoever_left_through_us_is_no_difference(world: World) -> None:
    people = with_people(world, world.campaign(), 3)
    world.cancel(people[0])
    world.settle()
    compare()
    row = only()
    assert (row.here, row.there, row.missing, row.strangers) == (2, 2, [], 0)


def test_whoever_is_on_the_way_in_or_out_is_no_difference(world: World) -> None:
    campaign = world.campaign()
    leaving, coming = with_people(world, campaign, 2)
    world.cancel(leaving)
    Seat.objects.filter(pk=world.seat(coming).pk).update(state="queued", fact="unknown", participation_id=None)
    compare()
    row = only()
    assert (row.here, row.there, row.missing, row.strangers) == (0, 2, [], 0)


def test_somebody_whom_we_did_not_register_counts_as_a_stranger(world: World) -> None:
    campaign = world.campaign()
    with_people(world, campaign, 2)
    register_at_platform(world, campaign, "stranger@example.net")
    compare()
    row = only()
    assert (row.here, row.there, row.missing, row.strangers) == (2, 3, [], 1)


def test_somebody_who_left_here_and_is_back_at_the_platform_counts_as_a_stranger(world: World) -> None:
    campaign = world.campaign()
    person, _ = with_people(world, campaign, 2)
    world.cancel(person)
    world.settle()
    register_at_platform(world, campaign, person.email)
    compare()
    assert (only().missing, only().strangers) == ([], 1)


def test_people_of_the_whole_series_are_no_strangers_in_its_sessions(world: World) -> None:
    series = world.campaign(series=True)
    session = series.event.sessions.order_by("starts_at").first()
    world.campaign_for(series.event, session=session)
    with_people(world, series, 2)
    compare()
    assert Reconciliation.objects.count() == 2
    assert {row.strangers for row in Reconciliation.objects.all()} == {0}
    assert Reconciliation.objects.get(session=None).here == 2


def test_each_target_is_compared_once_a_day(world: World) -> None:
    campaign = world.campaign()
    with_people(world, campaign, 1)
    assert len(compare()) == 1
    assert compare() == []
    assert Reconciliation.objects.count() == 1


def test_an_operator_may_compare_again(world: World) -> None:
    [person] = with_people(world, world.campaign(), 1)
    compare()
    delete_at_platform(world, person)
    assert len(compare(again=True)) == 1
    assert only().missing == [world.seat(person).pk]


def test_of_two_that_begin_at_once_one_compares(world: World) -> None:
    with_people(world, world.campaign(), 2)
    before = world.sandbox.counters().get("participations", {})
    done: list[Outcome] = []
    assert at_once(*[lambda: done.extend(compare())] * 4) == []
    assert len(done) == 1
    assert only().here == 2
    after = world.sandbox.counters()["participations"]
    assert sum(after.values()) - sum(before.values()) == 1


@pytest.mark.parametrize(("minutes", "taken_up"), [(59, 0), (61, 1)])
def test_a_comparison_that_broke_off_is_taken_up_after_an_hour(world: World, minutes: int, taken_up: int) -> None:
    campaign = world.campaign()
    with_people(world, campaign, 1)
    day = reconciliation._clock(world.account).date()
    began = db_now() - timedelta(minutes=minutes)
    Reconciliation.objects.create(event=campaign.event, session=campaign.session, day=day, made_at=began)
    assert len(compare()) == taken_up
    assert (only().finished_at is not None) == bool(taken_up)


def test_whoever_was_replaced_meanwhile_writes_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with_people(world, world.campaign(), 1)
    difference = reconciliation._difference

    def overtaken(account: Account, comparison: Reconciliation) -> dict[str, object]:
        values = difference(account, comparison)
        Reconciliation.objects.update(made_at=db_now())
        return values

    monkeypatch.setattr(reconciliation, "_difference", overtaken)
    compare()
    assert (only().finished_at, only().here) == (None, 0)


def test_a_list_that_cannot_be_read_reports_nobody_and_is_tried_again_in_ten_minutes(
    world: World, settings: LazySettings
) -> None:
    with_people(world, world.campaign(), 2)
    world.sandbox.fault("participations", "status_before_work", status=403, count=1)
    [outcome] = compare()
    assert outcome.trouble
    assert (only().finished_at, only().missing) == (None, [])
    assert compare() == []
    put_forward(settings, minutes=11)
    assert [item.trouble for item in compare()] == [""]
    assert only().missing == []


def test_somebody_whom_the_list_shows_at_the_second_look_is_not_missing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with_people(world, world.campaign(), 3)
    listed = reconciliation._listed
    looks: list[int] = []

    def late(account: Account, comparison: Reconciliation) -> list[object]:
        looks.append(1)
        everybody: list[object] = list(listed(account, comparison))
        return everybody[1:] if len(looks) == 1 else everybody

    monkeypatch.setattr(reconciliation, "_listed", late)
    compare()
    assert len(looks) == 2
    assert only().missing == []


def test_events_that_are_over_and_events_without_a_campaign_are_not_asked_about(world: World) -> None:
    end_event(world.campaign(), hours=1)
    world.sandbox.make_event("Nobody signs up for this")
    assert compare() == []


@pytest.mark.parametrize(("hour", "compared"), [(1, 0), (2, 1), (4, 1), (5, 0), (14, 0)])
def test_the_schedule_compares_between_two_and_five_by_the_accounts_clock(
    world: World, settings: LazySettings, hour: int, compared: int
) -> None:
    world.campaign()
    end_in(days=3)
    go_to(settings, hour)
    assert len(reconciliation.compare_due()) == compared


def test_the_next_night_is_another_comparison(world: World, settings: LazySettings) -> None:
    world.campaign()
    end_in(days=5)
    for _ in range(2):
        go_to(settings, 3)
        assert len(reconciliation.compare_due()) == 1
        assert reconciliation.compare_due() == []
    first, second = sorted(Reconciliation.objects.values_list("day", flat=True))
    assert second - first == timedelta(days=1)
    assert isinstance(first, date)


def test_while_everything_is_paused_the_schedule_compares_nothing(world: World, settings: LazySettings) -> None:
    world.campaign()
    end_in(days=3)
    go_to(settings, 3)
    pauses.pause_everything(user_id=None)
    assert reconciliation.compare_due() == []


def test_an_account_that_is_paused_is_not_asked(world: World) -> None:
    world.campaign()
    factories.make_pause(world.account)
    assert compare() == []


def end_in(*, days: int) -> None:
    """Every event goes on for so long, so that none is over when the clock is put forward."""
    for campaign in Campaign.objects.select_related("event"):
        end_event(campaign, days=-days)


def test_what_the_screen_advises_brings_a_missing_person_back(world: World) -> None:
    [person] = with_people(world, world.campaign(), 1)
    delete_at_platform(world, person)
    world.cancel(person)
    world.settle()
    world.come_back(person)
    world.settle()
    [participation] = world.at_platform(person.email)
    assert world.seat(person).link == participation["link"]
    compare()
    assert only().missing == []


def test_of_a_series_by_its_sessions_each_coming_one_is_compared(world: World) -> None:
    campaign = world.campaign(choosing=Choosing.EACH)
    with_people(world, campaign, 2)
    compare()
    assert [row.here for row in Reconciliation.objects.exclude(session=None)] == [2, 2, 2]
