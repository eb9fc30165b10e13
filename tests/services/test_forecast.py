"""How long people still wait: the calls that are left, at the account's pace, and honest where nobody can tell."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from registrations.models import (
    Account,
    Bulk,
    Campaign,
    Fact,
    Heartbeat,
    OutgoingEmail,
    Priority,
    Registration,
    Seat,
    Sender,
    StepState,
    db_now,
)
from registrations.services import cancelling, forecast, forecast_words, imports, pace, pauses
from registrations.services.backlog import Unknown
from registrations.services.forecast import NOBODY, Forecast
from registrations.services.import_rows import Row
from registrations.services.senders import default_sender
from tests import factories
from tests.services.conftest import World

pytestmark = pytest.mark.django_db(transaction=True)

RATE = 2.0
ONE_CALL = pace.MARGIN / RATE


def campaign_of(account: Account | None = None, **values: Any) -> Campaign:
    account = account or factories.make_account(calls_per_second=RATE)
    return factories.make_campaign(event=factories.make_event(account=account), **values)


def bring(campaign: Campaign, count: int, *, prefix: str = "listed") -> None:
    rows = (Row(f"{prefix}{number}@example.org", "Мария", "Соколова", line=number) for number in range(count))
    imports.record(campaign_id=campaign.pk, name="list", basis="They agreed", user_id=None, rows=rows)


def sign_up(campaign: Campaign, count: int) -> list[Registration]:
    return [factories.make_person(campaign=campaign) for _ in range(count)]


def of(campaign: Campaign) -> Forecast:
    return forecast.for_campaign(campaign_id=campaign.pk)


def calls(found: Forecast) -> float:
    """How many calls a forecast reckons with."""
    assert found.seconds is not None
    return pytest.approx(found.seconds / ONE_CALL, abs=0.2)  # type: ignore[no-any-return]


def test_nobody_waits_where_nobody_signed_up() -> None:
    campaign = campaign_of()
    assert of(campaign) == forecast.for_account(account_id=campaign.event.account_id) == NOBODY


@pytest.mark.parametrize(("people", "wanted"), [(1, 1), (2, 2), (3, 1), (50, 1), (51, 2), (120, 3)])
def test_a_queue_takes_a_call_for_fifty_and_one_or_two_take_one_each(people: int, wanted: int) -> None:
    campaign = campaign_of()
    bring(campaign, people)
    assert (of(campaign).people, wanted) == (people, calls(of(campaign)))


def test_people_of_different_targets_never_share_a_call() -> None:
    account = factories.make_account(calls_per_second=RATE)
    campaigns = [campaign_of(account) for _ in range(3)]
    for campaign in campaigns:
        sign_up(campaign, 2)
    assert calls(forecast.for_account(account_id=account.pk)) == 6


@pytest.mark.parametrize(
    ("bulk", "listed", "typed", "wanted"),
    [
        (Bulk.QUEUE, 10, 4, 1),
        (Bulk.IMPORTS, 10, 0, 1),
        (Bulk.IMPORTS, 0, 4, 4),
        (Bulk.IMPORTS, 10, 4, 5),
        (Bulk.NEVER, 10, 4, 14),
    ],
)
def test_a_campaign_says_who_may_share_a_call(bulk: Bulk, listed: int, typed: int, wanted: int) -> None:
    campaign = campaign_of(bulk=bulk)
    sign_up(campaign, typed)
    bring(campaign, listed)
    assert wanted == calls(forecast.for_account(account_id=campaign.event.account_id))


def test_one_campaign_of_two_that_share_a_seat_may_forbid_bulk_calls() -> None:
    campaign = campaign_of()
    bring(campaign, 6)
    bring(factories.make_campaign(event=campaign.event, bulk=Bulk.NEVER), 2)
    assert calls(of(campaign)) == 3


def test_whoever_was_tried_before_takes_a_call_alone() -> None:
    campaign = campaign_of()
    bring(campaign, 10)
    Seat.objects.filter(pk__in=Seat.objects.order_by("pk")[:4]).update(attempts=1)
    assert calls(of(campaign)) == 5


def test_the_more_urgent_go_first() -> None:
    account = factories.make_account(calls_per_second=RATE)
    typed, listed = campaign_of(account, bulk=Bulk.NEVER), campaign_of(account, bulk=Bulk.NEVER)
    bring(listed, 20)
    sign_up(typed, 5)
    assert calls(of(typed)) == 5
    assert calls(of(listed)) == 25


def test_one_list_does_not_wait_for_the_next_one() -> None:
    account = factories.make_account(calls_per_second=RATE)
    first, second = campaign_of(account), campaign_of(account)
    bring(first, 100)
    bring(second, 100)
    assert calls(of(first)) == 2
    assert calls(of(second)) == 4


def test_one_person_waits_only_for_those_before_them() -> None:
    campaign = campaign_of(bulk=Bulk.NEVER)
    people = sign_up(campaign, 5)
    found = forecast.for_registration(registration_id=people[1].pk)
    assert (found.people, 2) == (1, calls(found))


def test_whoever_has_their_link_and_mail_does_not_wait() -> None:
    campaign = campaign_of()
    first, second = sign_up(campaign, 2)
    factories.let_in(first)
    factories.hand_over(first)
    assert (of(campaign).people, 1) == (1, calls(of(campaign)))
    assert forecast.for_registration(registration_id=first.pk) == NOBODY
    assert forecast.for_registration(registration_id=second.pk).people == 1


def test_whoever_leaves_does_not_wait_but_takes_a_call() -> None:
    campaign = campaign_of(bulk=Bulk.NEVER)
    leaving, waiting = sign_up(campaign, 2)
    factories.let_in(leaving)
    cancelling.cancel(token=leaving.token)
    Seat.objects.update(run_at=db_now())
    found = forecast.for_account(account_id=campaign.event.account_id)
    assert (found.people, 2) == (1, calls(found))
    assert forecast.for_registration(registration_id=leaving.pk) == NOBODY
    assert forecast.for_registration(registration_id=waiting.pk).people == 1


def test_an_account_that_was_asked_to_be_quiet_begins_later() -> None:
    campaign = campaign_of()
    sign_up(campaign, 1)
    Account.objects.update(next_call_at=db_now() + timedelta(seconds=20))
    seconds = of(campaign).seconds
    assert seconds == pytest.approx(20 + ONE_CALL, abs=1)


def test_a_straggler_says_nothing_of_how_long_the_others_wait() -> None:
    campaign = campaign_of()
    bring(campaign, 10)
    Seat.objects.filter(pk=Seat.objects.order_by("pk")[0].pk).update(attempts=3, run_at=db_now() + timedelta(minutes=40))
    found = of(campaign)
    assert (found.people, found.later, 1) == (10, 1, calls(found))
    assert found == forecast.for_account(account_id=campaign.event.account_id)


def test_where_only_stragglers_wait_nobody_can_tell() -> None:
    campaign = campaign_of()
    bring(campaign, 2)
    Seat.objects.update(attempts=3, run_at=db_now() + timedelta(minutes=40))
    unknown = Forecast(people=2, seconds=None, reason=Unknown.LATER_TRY)
    assert of(campaign) == forecast.for_account(account_id=campaign.event.account_id) == unknown


# --- mails ---


def test_mails_that_have_not_left_are_people_who_wait() -> None:
    campaign = campaign_of()
    factories.let_in(sign_up(campaign, 1)[0])
    assert of(campaign) == forecast.for_account(account_id=campaign.event.account_id) == Forecast(people=1, seconds=0.0)


def test_a_slow_mail_provider_is_what_everybody_waits_for() -> None:
    campaign = campaign_of(sender=Sender.objects.create(name="Slow", address="slow@example.org", mails_per_second=0.5))
    factories.let_in(sign_up(campaign, 1)[0])
    bring(campaign, 9)
    assert of(campaign) == Forecast(people=10, seconds=20.0)
    assert forecast.for_import(campaign_id=campaign.pk, count=19).seconds == 40.0


def test_a_fast_one_is_not() -> None:
    Sender.objects.filter(pk=default_sender().pk).update(mails_per_second=100)
    campaign = campaign_of()
    bring(campaign, 10)
    assert calls(of(campaign)) == 1


# --- before an import ---


@pytest.mark.parametrize(("bulk", "wanted"), [(Bulk.QUEUE, 24), (Bulk.IMPORTS, 24), (Bulk.NEVER, 1200)])
def test_an_import_is_foretold_before_it_starts(bulk: Bulk, wanted: int) -> None:
    campaign = campaign_of(bulk=bulk)
    found = forecast.for_import(campaign_id=campaign.pk, count=1200)
    assert (found.people, wanted) == (1200, calls(found))


def test_an_import_goes_behind_those_who_wait_and_shares_their_calls() -> None:
    account = factories.make_account(calls_per_second=RATE)
    campaign, other = campaign_of(account), campaign_of(account)
    bring(campaign, 20)
    bring(other, 100)
    assert calls(forecast.for_import(campaign_id=campaign.pk, count=30)) == 3
    assert forecast.for_import(campaign_id=campaign.pk, count=0) == NOBODY


def test_what_was_foretold_is_what_then_holds() -> None:
    campaign = campaign_of()
    foretold = forecast.for_import(campaign_id=campaign.pk, count=130)
    bring(campaign, 130)
    assert (of(campaign).people, foretold.seconds) == (130, pytest.approx(of(campaign).seconds, abs=0.1))


def test_the_calls_foretold_are_the_calls_made(world: World) -> None:
    Account.objects.update(calls_per_second=100)
    campaign = world.campaign()
    bring(campaign, 120)
    seconds = of(campaign).seconds
    assert seconds is not None
    for _ in range(10):
        world.drain_seats()
    made = sum(sum(world.sandbox.counters().get(name, {}).values()) for name in ("invite", "register"))
    assert Seat.objects.filter(state=StepState.SETTLED, fact=Fact.IN).count() == 120
    assert made == round(seconds / (pace.MARGIN / 100)) == 3


# --- when nobody can tell ---


def everywhere(campaign: Campaign) -> list[Forecast]:
    """All forecasts of a campaign whose people are one, or would be."""
    [registration] = campaign.registrations.all()
    return [
        of(campaign),
        forecast.for_account(account_id=campaign.event.account_id),
        forecast.for_registration(registration_id=registration.pk),
        forecast.for_import(campaign_id=campaign.pk, count=1),
    ]


def waiting_campaign() -> Campaign:
    campaign = campaign_of()
    sign_up(campaign, 1)
    return campaign


def test_nobody_can_tell_while_delivery_is_stopped() -> None:
    campaign = waiting_campaign()
    pauses.pause_everything(user_id=None)
    assert everywhere(campaign) == [Forecast(1, None, Unknown.EVERYTHING_PAUSED)] * 4


def test_nobody_can_tell_while_the_account_is_paused() -> None:
    campaign = waiting_campaign()
    factories.make_pause(campaign.event.account)
    assert everywhere(campaign) == [Forecast(1, None, Unknown.ACCOUNT_PAUSED)] * 4


@pytest.mark.parametrize("whole_verb", [True, False])
def test_nobody_can_tell_while_nobody_gets_in(whole_verb: bool) -> None:
    campaign = waiting_campaign()
    account = campaign.event.account
    if whole_verb:
        factories.make_pause(account, verb="register")
    else:
        factories.make_pause(account, event=campaign.event, session=campaign.session, verb="register")
    for found in everywhere(campaign):
        assert (found.seconds, found.reason) == (None, Unknown.TARGET_PAUSED)


def test_the_pause_of_another_event_stops_only_that() -> None:
    account = factories.make_account(calls_per_second=RATE)
    paused, other = campaign_of(account), campaign_of(account)
    sign_up(paused, 3)
    sign_up(other, 1)
    factories.make_pause(account, event=paused.event, session=paused.session, verb="register")
    assert of(paused).reason is Unknown.TARGET_PAUSED
    assert (of(other).reason, 1) == (None, calls(of(other)))
    whole = forecast.for_account(account_id=account.pk)
    assert (whole.people, whole.later, 1) == (4, 3, calls(whole))


def test_a_paused_account_does_not_keep_mails() -> None:
    campaign = waiting_campaign()
    factories.let_in(campaign.registrations.get())
    factories.make_pause(campaign.event.account)
    assert of(campaign) == forecast.for_account(account_id=campaign.event.account_id) == Forecast(people=1, seconds=0.0)


def test_nobody_can_tell_while_the_mail_server_is_in_trouble() -> None:
    campaign = waiting_campaign()
    Sender.objects.filter(pk=default_sender().pk).update(trouble="refused")
    assert everywhere(campaign) == [Forecast(1, None, Unknown.MAIL_TROUBLE)] * 4


def test_nobody_can_tell_while_the_workers_are_silent() -> None:
    campaign = waiting_campaign()
    Heartbeat.objects.create(name="seats@host", beat_at=db_now() - timedelta(minutes=5))
    Heartbeat.objects.create(name="schedule@host", beat_at=db_now())
    assert everywhere(campaign) == [Forecast(1, None, Unknown.WORKERS_SILENT)] * 4


# --- in words ---


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "about 1 s"),
        (12.24, "about 12 s"),
        (89.4, "about 89 s"),
        (91, "about 2 min"),
        (170, "about 3 min"),
        (59.6 * 60, "about 1 h"),
        (78 * 60, "about 1 h 20 min"),
        (85 * 60, "about 1 h 25 min"),
        (118.4 * 60, "about 2 h"),
        (10.4 * 3600, "about 10 h"),
        (55.5 * 3600, "about 56 h"),
    ],
)
def test_a_length_of_time_is_told_as_one_says_it(seconds: float, words: str) -> None:
    assert forecast_words.about(seconds) == words


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (NOBODY, ""),
        (Forecast(1, 0.5), "1 person is waiting, about 1 s"),
        (Forecast(1200, 12.24), "1,200 people are waiting, about 12 s"),
        (Forecast(1200, 12.24, later=2), "1,200 people are waiting, about 12 s; 2 of them wait for a later try"),
        (Forecast(1200, None, Unknown.EVERYTHING_PAUSED), "1,200 people are waiting: delivery is stopped"),
        (Forecast(2, None, Unknown.LATER_TRY), "2 people are waiting: the next try comes later"),
    ],
)
def test_a_forecast_is_one_sentence(found: Forecast, words: str) -> None:
    assert forecast_words.sentence(found) == words


def test_every_reason_has_words() -> None:
    assert all(forecast_words.why(Forecast(1, None, reason)) for reason in Unknown)


def test_large_numbers_are_told_as_the_language_writes_them() -> None:
    with translation.override("ru"):
        assert "1\xa0200" in forecast_words.sentence(Forecast(1200, 12.24))


# --- what it costs ---


def test_the_queries_do_not_grow_with_people_or_campaigns() -> None:
    campaigns = [campaign_of() for _ in range(5)]
    bring(campaigns[0], 3)

    def queries(*asked: Campaign) -> int:
        with CaptureQueriesContext(connection) as made:
            forecast.for_campaigns(campaign_ids=[campaign.pk for campaign in asked])
        return len(made)

    few = queries(campaigns[0])
    for campaign in campaigns:
        bring(campaign, 20, prefix="more")
        sign_up(campaign, 2)
    assert queries(*campaigns) == few <= 14
    assert queries(factories.make_campaign()) <= 4


def test_a_long_queue_is_foretold_faster_than_it_is_written_down() -> None:
    campaign = campaign_of()
    began = time.perf_counter()
    bring(campaign, 3000)
    written = time.perf_counter() - began
    began = time.perf_counter()
    assert calls(of(campaign)) == 60
    assert time.perf_counter() - began < written / 10  # measured: about a fiftieth


def test_a_silent_mail_and_a_notice_to_staff_are_nobody_who_waits() -> None:
    campaign = campaign_of()
    [person] = sign_up(campaign, 1)
    factories.let_in(person)
    OutgoingEmail.objects.update(silent=True)
    factories.make_staff_mail(occasion="pause:1")
    assert of(campaign) == NOBODY
    assert Seat.objects.get().priority == Priority.NOW
