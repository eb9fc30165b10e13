"""Mirroring the platform's events: what is read, and what is never concluded."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.conf import LazySettings

from registrations.models import Account, Choosing, Event, EventStatus, Pause, Session, db_now
from registrations.services import catalog, pauses
from registrations.services.due import NOTHING, Due
from registrations.webinar.errors import Misconfigured
from registrations.webinar.provider import EventInfo
from registrations.webinar.providers.webinar_ru import WebinarRu
from tests.services.conftest import World


def test_a_check_says_whose_account_it_is(world: World) -> None:
    owner = catalog.check(account_id=world.account.pk)
    assert owner.name
    assert owner.name in Account.objects.get().owner_name


def test_a_check_with_a_wrong_key_says_so(world: World) -> None:
    Account.objects.update(api_key="f" * 32)
    with pytest.raises(Misconfigured) as refusal:
        catalog.check(account_id=world.account.pk)
    assert refusal.value.scope == "account"


def test_events_and_their_sessions_are_mirrored_with_times_in_utc(world: World) -> None:
    made = world.sandbox.make_event("Course", sessions=3, starts_in=48)
    catalog.sync(account_id=world.account.pk)
    event = Event.objects.get(external_id=str(made.event_id))
    assert event.is_series
    assert event.sessions.count() == 3
    first = event.sessions.order_by("starts_at").first()
    assert first is not None
    assert abs(first.starts_at - db_now() - timedelta(hours=48)) < timedelta(minutes=1)


def test_a_second_sync_changes_nothing(world: World) -> None:
    world.sandbox.make_event("Course", sessions=3)
    catalog.sync(account_id=world.account.pk)
    before = list(Session.objects.order_by("pk").values("title", "starts_at", "schedule_version"))
    catalog.sync(account_id=world.account.pk)
    assert list(Session.objects.order_by("pk").values("title", "starts_at", "schedule_version")) == before


def test_a_moved_session_raises_its_schedule_version(world: World) -> None:
    made = world.sandbox.make_event("Webinar")
    catalog.sync(account_id=world.account.pk)
    moved = (db_now() + timedelta(hours=30)).isoformat(timespec="seconds")
    world.sandbox.platform("PUT", f"/eventsessions/{made.session_id}", {"startsAtTimestamp": moved})
    catalog.sync(account_id=world.account.pk)
    assert Session.objects.get().schedule_version == 1


def test_a_failing_platform_leaves_what_was_mirrored_and_a_word_on_the_account(world: World) -> None:
    world.sandbox.make_event("Webinar")
    catalog.sync(account_id=world.account.pk)
    world.sandbox.fault("schedule", "status", status=500, count=None)
    catalog.sync(account_id=world.account.pk)
    assert Event.objects.count() == 1
    assert Account.objects.get().sync_trouble


def test_a_busy_platform_is_no_trouble_and_is_read_again_soon(world: World) -> None:
    world.sandbox.make_event("Webinar")
    world.sandbox.fault("schedule", "status", status=429, retry_after=2)
    catalog.sync(account_id=world.account.pk)
    account = Account.objects.get()
    assert (account.sync_trouble, account.synced_at) == ("", None)
    assert account.pk in catalog.due_syncs().syncs
    Account.objects.update(next_call_at=db_now())
    catalog.sync(account_id=world.account.pk)
    assert Event.objects.count() == 1


def test_absence_from_the_list_means_nothing(world: World) -> None:
    campaign = world.campaign()
    world.sandbox.fault("schedule", "status", status=200, body=[], count=None)
    catalog.sync(account_id=world.account.pk)
    catalog.sync(account_id=world.account.pk)
    assert Session.objects.get(pk=campaign.session_id).status == EventStatus.PLANNED


def test_a_session_is_cancelled_only_when_missing_twice_ten_minutes_apart(world: World, settings: LazySettings) -> None:
    campaign = world.campaign()
    catalog.check(account_id=world.account.pk)
    world.sandbox.platform("DELETE", f"/eventsessions/{campaign.session.external_id}", {"sendEmail": False})
    statuses = []
    for minutes in (0, 5, 11):
        settings.CLOCK_OFFSET_SECONDS = minutes * 60
        catalog.sync(account_id=world.account.pk)
        statuses.append(Session.objects.get(pk=campaign.session_id).status)
    assert statuses == [EventStatus.PLANNED, EventStatus.PLANNED, EventStatus.CANCELLED]


def test_nothing_is_cancelled_while_the_key_opens_another_organisation(world: World, settings: LazySettings) -> None:
    campaign = world.campaign()
    catalog.check(account_id=world.account.pk)
    key = world.sandbox.set_key(organization="Somebody else")["key"]
    Account.objects.update(api_key=key)
    for minutes in (0, 11, 22):
        settings.CLOCK_OFFSET_SECONDS = minutes * 60
        catalog.sync(account_id=world.account.pk)
    assert Session.objects.get(pk=campaign.session_id).status == EventStatus.PLANNED


def test_whoever_waits_for_a_cancelled_session_is_told(world: World, settings: LazySettings) -> None:
    campaign = world.campaign()
    catalog.check(account_id=world.account.pk)
    world.sandbox.platform("DELETE", f"/eventsessions/{campaign.session.external_id}", {"sendEmail": False})
    person = world.sign_up(campaign, "ivan@example.com")
    world.drain_seats()
    assert Pause.objects.filter(ended_at=None).count() == 1
    settings.CLOCK_OFFSET_SECONDS = 11 * 60
    catalog.sync(account_id=world.account.pk)
    world.settle()
    assert person.mails.get().kind == "no_link"
    assert "webinars@example.org" in world.mails("ivan@example.com")[0]["text"]


def test_a_reading_that_takes_long_is_not_begun_again_while_it_lasts(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    assert catalog.due_syncs() == Due(syncs=frozenset({world.account.pk}))
    events = WebinarRu.events
    due_meanwhile = []

    def looked_at(self: WebinarRu, *, since: datetime) -> Iterator[EventInfo]:
        due_meanwhile.append(catalog.due_syncs())
        return events(self, since=since)

    monkeypatch.setattr(WebinarRu, "events", looked_at)
    catalog.sync(account_id=world.account.pk)
    assert due_meanwhile == [NOTHING]


def test_while_everything_is_paused_no_events_are_read(world: World) -> None:
    pauses.pause_everything(user_id=None)
    assert catalog.due_syncs() == NOTHING
    assert catalog.sync(account_id=world.account.pk) == NOTHING
    assert world.sandbox.counters() == {}
    assert Account.objects.get().synced_at is None

    pauses.resume_everything()
    assert catalog.due_syncs() == Due(syncs=frozenset({world.account.pk}))


def test_a_date_that_people_choose_is_looked_at_closely_and_seen_to_be_called_off(world: World, settings: LazySettings) -> None:
    campaign = world.campaign(choosing=Choosing.DATES)
    catalog.check(account_id=world.account.pk)
    session = campaign.event.sessions.order_by("starts_at").first()
    assert session is not None
    world.sandbox.platform("DELETE", f"/eventsessions/{session.external_id}", {"sendEmail": False})
    for minutes in (0, 11):
        settings.CLOCK_OFFSET_SECONDS = minutes * 60
        catalog.sync(account_id=world.account.pk)
    session.refresh_from_db()
    assert session.status == EventStatus.CANCELLED
    person = world.sign_up(campaign, "ivan@example.com", all_dates=True)
    assert person.enrollments.count() == 2
