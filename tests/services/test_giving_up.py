"""What becomes of those who still wait when their event is over, and of mails that nobody needs any more."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import LazySettings

from registrations.models import Fact, OutgoingEmail, Pause, Registration, Session, StepState, db_now
from registrations.services import seating, wakeup
from tests.services.conftest import World
from tests.services.timing import ago, end_event, put_forward


def work_on(world: World, rounds: int = 4) -> None:
    """What the schedule does, as if the time until every next try and probe had passed in between."""
    for _ in range(rounds):
        Pause.objects.update(next_probe_at=ago(seconds=1))
        wakeup.look()
        world.drain_seats()
        world.make_all_due()


def mail_kinds(person: Registration) -> list[str]:
    """What was written to somebody, sent or not."""
    return list(person.mails.order_by("pk").values_list("kind", flat=True))


def test_somebody_in_doubt_is_told_when_the_event_is_over_even_if_the_list_cannot_be_read(world: World) -> None:
    campaign = world.campaign()
    world.sandbox.fault("register", "drop_before_work", count=None)
    world.sandbox.fault("participations", "status", status=500, count=None)
    person = world.sign_up(campaign, "ivan@example.com")
    world.drain_seats()
    end_event(campaign, days=2)
    work_on(world)
    assert mail_kinds(person) == ["no_link"]
    assert len(world.mails("ivan@example.com")) == 1
    assert (world.seat(person).state, world.seat(person).reason) == (StepState.CANCELLED, "event_over")


def test_nobody_counts_as_registered_whose_deletion_broke_off_before_they_came_back_to_an_event_that_ended(
    world: World,
) -> None:
    campaign = world.campaign()
    person = world.sign_up(campaign, "ivan@example.com")
    world.settle()
    world.cancel(person)
    world.sandbox.fault("delete", "drop_after_work")
    world.drain_seats()
    world.come_back(person)
    end_event(campaign, minutes=1)
    work_on(world)
    assert not world.at_platform("ivan@example.com")
    assert (world.seat(person).state, world.seat(person).reason) == (StepState.CANCELLED, "event_over")


@pytest.mark.parametrize("scope", ["account", "verb", "target"])
def test_somebody_whom_a_pause_holds_is_told_when_the_event_is_over(world: World, scope: str) -> None:
    campaign = world.campaign()
    if scope == "account":
        world.sandbox.set_key(world.sandbox.api_key, active=False)
    elif scope == "verb":
        world.sandbox.fault("register", "status", status=405, count=None)
    else:
        world.sandbox.fault("register", "status", status=403, count=None)
    person = world.sign_up(campaign, "ivan@example.com")
    world.drain_seats()
    assert Pause.objects.filter(ended_at=None).count() == 1
    assert not mail_kinds(person)
    end_event(campaign, minutes=1)
    work_on(world)
    assert mail_kinds(person) == ["no_link"]
    assert len(world.mails("ivan@example.com")) == 1


def test_giving_up_calls_no_platform(world: World) -> None:
    campaign = world.campaign()
    person = world.sign_up(campaign, "ivan@example.com")
    before = world.sandbox.counters()
    end_event(campaign, minutes=1)
    wakeup.look()
    world.drain_seats()
    assert world.sandbox.counters() == before
    assert mail_kinds(person) == ["no_link"]


def test_giving_up_on_many_takes_as_many_turns_as_it_needs(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seating, "GIVE_UP_ROWS", 2)
    campaign = world.campaign()
    people = [world.sign_up(campaign) for _ in range(5)]
    end_event(campaign, minutes=1)
    for _ in range(3):
        wakeup.look()
    assert [mail_kinds(person) for person in people] == [["no_link"]] * 5


def test_somebody_who_left_is_still_taken_out_after_the_event(world: World) -> None:
    campaign = world.campaign()
    person = world.sign_up(campaign, "ivan@example.com")
    world.settle()
    world.cancel(person)
    end_event(campaign, minutes=1)
    work_on(world, rounds=1)
    assert not world.at_platform("ivan@example.com")
    assert "no_link" not in mail_kinds(person)


def test_a_known_persons_form_is_answered_though_the_platform_has_forgotten_the_event(world: World) -> None:
    campaign = world.campaign()
    person = world.sign_up(campaign, "ivan@example.com")
    world.settle()
    world.sign_up(campaign, "ivan@example.com", first_name="Somebody")
    world.sandbox.fault("session", "status", status=404, count=None)
    end_event(campaign, minutes=1)
    work_on(world)
    assert not person.submissions.filter(mail=None).exists()
    assert (world.seat(person).state, world.seat(person).fact) == (StepState.SETTLED, Fact.IN)
    assert "no_link" not in mail_kinds(person)


def test_a_whole_series_is_over_with_its_last_session(world: World) -> None:
    campaign = world.campaign(series=True)
    world.sandbox.set_key(world.sandbox.api_key, active=False)
    person = world.sign_up(campaign, "ivan@example.com")
    world.drain_seats()
    campaign.event.sessions.filter(pk=campaign.event.sessions.earliest("starts_at").pk).update(ends_at=ago(minutes=1))
    work_on(world, rounds=1)
    assert world.seat(person).state == StepState.QUEUED
    end_event(campaign, minutes=1)
    work_on(world, rounds=1)
    assert mail_kinds(person) == ["no_link"]


# Mails


@pytest.fixture
def not_taken(world: World) -> Registration:
    """Somebody who is in, whose link mail the mail server does not take now."""
    person = world.sign_up(world.campaign(), "ivan@example.com")
    world.drain_seats()
    world.sandbox.smtp_fault("rcpt", code=450, count=None)
    world.drain_mails()
    assert person.mails.get().state == StepState.QUEUED
    return person


def test_a_link_that_could_not_be_sent_before_the_end_is_not_sent_after_it(
    world: World, settings: LazySettings, not_taken: Registration
) -> None:
    put_forward(settings, days=2)
    world.drain_mails()
    mail = not_taken.mails.get()
    assert (mail.state, mail.reason) == (StepState.CANCELLED, "overtaken")
    assert not_taken.timeline.filter(code="mail_dropped").exists()
    world.sandbox.clear_faults()
    world.make_all_due()
    world.drain_mails()
    assert not world.sandbox.messages("ivan@example.com")


def test_a_link_that_could_not_be_sent_at_first_is_sent_before_the_end(
    world: World, settings: LazySettings, not_taken: Registration
) -> None:
    world.sandbox.clear_faults()
    put_forward(settings, hours=23)
    assert len(world.mails("ivan@example.com")) == 1


def test_a_link_to_a_session_that_was_moved_to_a_later_day_is_sent_before_its_new_end(
    world: World, settings: LazySettings, not_taken: Registration
) -> None:
    Session.objects.update(starts_at=db_now() + timedelta(days=7), ends_at=db_now() + timedelta(days=7, hours=1))
    put_forward(settings, days=2)
    world.drain_mails()
    world.sandbox.clear_faults()
    put_forward(settings, days=2)
    assert len(world.mails("ivan@example.com")) == 1


def test_a_confirmed_cancellation_is_sent_however_late(world: World, settings: LazySettings, not_taken: Registration) -> None:
    world.cancel(not_taken)
    world.drain_mails()
    world.sandbox.clear_faults()
    put_forward(settings, days=2)
    [mail] = world.mails("ivan@example.com")
    assert mail["subject"].startswith("Cancelled")
    assert not OutgoingEmail.objects.filter(state=StepState.QUEUED).exists()
