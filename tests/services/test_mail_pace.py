"""The pace of a sender's mails, and the part of it that is kept for what somebody waits for."""

from __future__ import annotations

import time
from datetime import datetime, timedelta

import pytest

from registrations.models import OutgoingEmail, Priority, Registration, Sender, db_now
from registrations.services import emailing, mail_pace, mail_turns
from registrations.services.due import emails_due
from registrations.services.mail_pace import MailPace
from registrations.services.senders import default_sender
from tests.services.conftest import World
from tests.services.racing import at_once


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = db_now()

    def __call__(self) -> datetime:
        return self.now

    def let_pass(self, seconds: float) -> None:
        self.now += timedelta(seconds=max(seconds, 0.0))


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch, transactional_db: None) -> Clock:
    clock = Clock()
    monkeypatch.setattr(mail_pace, "db_now", clock)
    return clock


def sender_at(rate: float | None, clock: Clock) -> Sender:
    Sender.objects.filter(pk=default_sender().pk).update(mails_per_second=rate, next_mail_at=clock.now)
    return Sender.objects.get()


def leave(pace: MailPace, clock: Clock, priority: Priority) -> float:
    """Wait for the slot of one mail and take it; returns how long that was."""
    wait = max(pace.wait(priority), 0.0)
    clock.let_pass(wait)
    assert pace.take()
    return wait


def test_without_a_rate_nothing_waits(clock: Clock) -> None:
    pace = MailPace(sender_at(None, clock))
    assert sum(leave(pace, clock, Priority.BULK) for _ in range(10)) == 0


def test_mails_that_somebody_waits_for_get_the_whole_rate(clock: Clock) -> None:
    pace = MailPace(sender_at(10, clock))
    assert sum(leave(pace, clock, Priority.NOW) for _ in range(101)) == pytest.approx(10, rel=0.05)


@pytest.mark.parametrize("priority", [Priority.TIMED, Priority.BULK])
def test_what_nobody_waits_for_gets_two_thirds_of_the_rate(clock: Clock, priority: Priority) -> None:
    pace = MailPace(sender_at(10, clock))
    assert sum(leave(pace, clock, priority) for _ in range(101)) == pytest.approx(15, rel=0.05)


def test_a_mail_that_somebody_waits_for_finds_the_next_slot_free(clock: Clock) -> None:
    pace = MailPace(sender_at(2, clock))
    for _ in range(5):
        leave(pace, clock, Priority.BULK)
    assert leave(pace, clock, Priority.NOW) <= 0.52
    assert pace.wait(Priority.BULK) == pytest.approx(0.77, abs=0.02)


def test_drains_side_by_side_share_one_pace(clock: Clock) -> None:
    sender = sender_at(10, clock)
    one, other = MailPace(sender), MailPace(Sender.objects.get())
    assert one.take()
    assert other.wait(Priority.NOW) <= 0
    assert not other.take()
    assert other.wait(Priority.NOW) > 0


def test_slots_taken_at_once_are_all_different(world: World) -> None:
    Sender.objects.filter(pk=default_sender().pk).update(mails_per_second=1000)
    began = db_now()

    def take_twenty() -> None:
        pace = MailPace(Sender.objects.get())
        taken = 0
        while taken < 20:
            taken += pace.take()

    assert at_once(*[take_twenty] * 4) == []
    assert (Sender.objects.get().next_mail_at - began).total_seconds() >= 0.08


@pytest.fixture
def person(world: World) -> Registration:
    """Somebody registered whose link mail is queued."""
    registration = world.sign_up(world.campaign(), "ivan@example.com")
    world.drain_seats()
    return registration


def queue(person: Registration, count: int, priority: Priority, *, first: int = 100) -> None:
    """More of a person's mails, oldest first."""
    OutgoingEmail.objects.bulk_create(
        OutgoingEmail(sender=default_sender(), registration=person, kind="link", generation=first + number, priority=priority)
        for number in range(count)
    )


def test_an_urgent_mail_overtakes_a_long_queue_within_about_a_slot(
    world: World, person: Registration, monkeypatch: pytest.MonkeyPatch
) -> None:
    person.mails.all().delete()
    queue(person, 30, Priority.BULK)
    Sender.objects.update(mails_per_second=5, next_mail_at=db_now())
    monkeypatch.setattr(mail_turns, "SLICE_SECONDS", 1.5)
    began = db_now()

    def somebody_comes() -> None:
        while not OutgoingEmail.objects.filter(state="settled").exists():
            time.sleep(0.02)
        queue(person, 1, Priority.NOW, first=500)

    assert at_once(lambda: emailing.drain(sender_id=default_sender().pk), somebody_comes) == []
    urgent = OutgoingEmail.objects.get(generation=500)
    assert urgent.settled_at is not None
    assert (urgent.settled_at - urgent.created_at).total_seconds() < 1 / 5 + 0.5
    seconds = (db_now() - began).total_seconds()
    assert OutgoingEmail.objects.filter(state="settled").count() <= 5 * seconds + 2
    assert OutgoingEmail.objects.filter(state="queued").count() >= 20


def test_a_pace_is_kept_however_many_connections_there_are(
    world: World, person: Registration, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = person.campaign
    for number in range(14):
        world.sign_up(campaign, f"person{number}@example.com")
    world.drain_seats(3)
    world.sandbox.smtp_fault("rcpt", "slow", seconds=0.3, count=None)
    Sender.objects.update(mails_per_second=8, next_mail_at=db_now())
    began = db_now()
    world.drain_mails()
    seconds = (db_now() - began).total_seconds()
    assert world.sandbox.mails_received() == 15
    # One connection alone would take 0.3 s for each; nothing may take less than the pace allows.
    assert 14 / 8 < seconds < 15 * 0.3


def test_a_sender_whose_next_slot_is_far_away_keeps_no_worker_busy(world: World, person: Registration) -> None:
    Sender.objects.update(mails_per_second=0.02, next_mail_at=db_now() + timedelta(seconds=30))
    began = db_now()
    assert not world.drain_mails()
    assert not emailing.due_senders()
    assert (db_now() - began).total_seconds() < 2
    Sender.objects.update(next_mail_at=db_now())
    assert emailing.due_senders() == emails_due(default_sender().pk)
    world.drain_mails()
    assert world.sandbox.mails_received() == 1
