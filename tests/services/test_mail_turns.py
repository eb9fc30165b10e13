"""A drain's turn at a sender's mails: what changes under a mail, what is stuck, and who else may work meanwhile."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext

from registrations.mailing.compose import compose
from registrations.mailing.delivery import Connection
from registrations.mailing.letter import Letter
from registrations.models import (
    Delivery,
    OutgoingEmail,
    Registration,
    Seat,
    Sender,
    StepState,
    TimelineEntry,
    db_now,
)
from registrations.services import cancelling, emailing, handing_over, mail_outcomes, mail_turns, resending, steps
from registrations.services.senders import default_sender
from tests.services.conftest import World
from tests.services.racing import at_once, on_postgresql
from tests.services.timing import ago, wait_until

Hook = Callable[[EmailMessage], None]


@pytest.fixture
def person(world: World) -> Registration:
    """Somebody registered whose link mail is queued."""
    registration = world.sign_up(world.campaign(), "ivan@example.com")
    world.drain_seats()
    return registration


def crowd(world: World, person: Registration, count: int) -> list[Registration]:
    """So many more, whose mails are queued too."""
    people = [world.sign_up(person.campaign, f"person{number}@example.com") for number in range(count)]
    world.drain_seats(3)
    assert OutgoingEmail.objects.filter(state=StepState.QUEUED).count() == count + 1
    return people


def before_the_text_leaves(monkeypatch: pytest.MonkeyPatch, do: Hook) -> None:
    """Do something between RCPT and the mark of each mail, in the thread that talks to the server."""
    send = Connection.send

    def sending(self: Connection, message: EmailMessage, *, on_data: Callable[[], None], **more: Any) -> str:
        def first() -> None:
            try:
                do(message)
            finally:
                connection.close()
            on_data()

        return send(self, message, on_data=first, **more)

    monkeypatch.setattr(Connection, "send", sending)


def once(do: Callable[[], object]) -> Hook:
    left = [do]

    def hook(_: EmailMessage) -> None:
        if left:
            left.pop()()

    return hook


def copies(world: World, people: list[Registration]) -> dict[str, int]:
    """How many mails each person got."""
    return {person.email: len(world.sandbox.messages(person.email)) for person in people}


def test_many_mails_go_over_a_few_connections_and_each_arrives_once(
    world: World, person: Registration, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = [person, *crowd(world, person, 80)]
    opened: list[Connection] = []
    open_one = Connection.open
    monkeypatch.setattr(Connection, "open", lambda self: (opened.append(self), open_one(self))[1])
    world.drain_mails()
    assert 1 < len(opened) <= mail_turns.LANES
    assert set(copies(world, people).values()) == {1}
    assert set(OutgoingEmail.objects.values_list("state", "attempts", "lost_leases")) == {(StepState.SETTLED, 1, 0)}
    assert TimelineEntry.objects.filter(code="mail_handed_over").count() == len(people)


def test_one_mail_needs_one_connection(world: World, person: Registration, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[Connection] = []
    open_one = Connection.open
    monkeypatch.setattr(Connection, "open", lambda self: (opened.append(self), open_one(self))[1])
    world.drain_mails()
    assert len(opened) == 1
    assert not world.drain_mails()
    assert len(opened) == 1


def test_many_letters_are_written_with_as_few_questions_to_the_database_as_one(world: World, person: Registration) -> None:
    crowd(world, person, 20)
    turn = mail_turns.MailTurn(default_sender(), None, None)  # type: ignore[arg-type]
    rows = OutgoingEmail.objects.select_related("registration")
    with CaptureQueriesContext(connection) as for_one:
        turn._claim(rows, limit=1, alone=False)
    with CaptureQueriesContext(connection) as for_many:
        turn._claim(rows, limit=50, alone=False)
    assert len(turn._waiting) == 21
    assert len(for_many) == len(for_one)


# What changes after the claim


def test_whoever_cancels_while_the_mail_is_at_the_server_gets_no_link(
    world: World, person: Registration, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        before_the_text_leaves(patch, once(lambda: cancelling.cancel(token=person.token)))
        world.drain_mails()
    world.make_all_due()
    world.drain_mails()
    subjects = [message["subject"].partition(":")[0] for message in world.sandbox.messages(person.email)]
    link = person.mails.get(kind="link")
    assert "Your link" not in subjects
    assert subjects == ["Cancelled"]
    assert (link.state, link.reason, link.data_started_at) == (StepState.CANCELLED, "overtaken", None)
    assert person.timeline.filter(code="mail_dropped").count() == 1


def test_a_link_that_is_taken_back_while_its_mail_is_at_the_server_does_not_leave(
    world: World, person: Registration, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = world.seat(person)
    new_link = old.link + "new"

    def take_back() -> None:
        Seat.objects.filter(pk=old.pk).update(link=new_link, link_hash=Seat.link_fingerprint(new_link))

    before_the_text_leaves(monkeypatch, once(take_back))
    world.drain_mails()
    [mail] = world.sandbox.wait_for_messages(person.email)
    assert new_link in mail["links"]
    assert old.link not in mail["links"]
    assert person.mails.get().attempts == 1


def test_whoever_comes_back_while_the_cancellation_is_at_the_server_is_not_told_that_they_left(
    world: World, person: Registration, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.drain_mails()
    cancelling.cancel(token=person.token)
    before_the_text_leaves(monkeypatch, once(lambda: cancelling.come_back(token=person.token)))
    world.drain_mails()
    assert person.mails.get(kind="cancelled").state == StepState.CANCELLED
    assert [message["subject"].partition(":")[0] for message in world.sandbox.messages(person.email)] == ["Your link"]


def test_a_letter_that_may_be_out_does_not_change_any_more_whatever_happens_in_between(
    world: World, person: Registration
) -> None:
    world.sandbox.smtp_fault("dot", "accept_drop")
    world.drain_mails()
    Registration.objects.update(first_name="Somebody else")
    for verb, code in (("rcpt", 450), ("connect", 421), ("rcpt", 451), ("data", 452), ("mail", 421)):
        world.sandbox.smtp_fault(verb, "refuse", code=code)
        Sender.objects.update(retry_at=None)
        world.make_all_due()
        world.drain_mails()
    Sender.objects.update(retry_at=None)
    world.make_all_due()
    world.drain_mails()
    one, two = world.sandbox.wait_for_messages(person.email, 2)
    assert (one["message_id"], one["text"], one["html"]) == (two["message_id"], two["text"], two["html"])
    assert person.mails.get().possible_second_copy


def test_a_mail_that_was_parked_while_it_may_be_out_goes_out_as_it_was(
    world: World, person: Registration, admin_user: Any
) -> None:
    world.sandbox.smtp_fault("dot", "accept_drop")
    world.drain_mails()
    world.sandbox.smtp_fault("rcpt", "refuse", code=550)
    world.make_all_due()
    world.drain_mails()
    assert person.mails.get().state == StepState.PARKED
    Registration.objects.update(first_name="Somebody else")
    resending.try_again(registration_id=person.pk, user_id=admin_user.pk)
    world.drain_mails()
    one, two = world.sandbox.wait_for_messages(person.email, 2)
    assert (one["message_id"], one["text"]) == (two["message_id"], two["text"])


def test_two_mails_to_one_person_leave_one_after_the_other(
    world: World, person: Registration, monkeypatch: pytest.MonkeyPatch
) -> None:
    crowd(world, person, 30)
    for generation in (2, 3):
        OutgoingEmail.objects.create(sender=default_sender(), registration=person, kind="link", generation=generation)
    order: list[str] = []
    underway = [0, 0]

    def watch(message: EmailMessage) -> None:
        if person.email in message.to:
            underway[0] += 1
            underway[1] = max(underway)
            order.append(str(message.extra_headers["Message-ID"]))
            time.sleep(0.1)
            underway[0] -= 1

    before_the_text_leaves(monkeypatch, watch)
    world.drain_mails()
    assert underway[1] == 1
    assert order == list(person.mails.order_by("generation").values_list("message_id", flat=True))


# What is stuck, and who else works


@pytest.fixture
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail_turns, "STUCK_SECONDS", 0.3)


def test_a_stuck_conversation_holds_up_none_of_the_others(
    world: World, person: Registration, monkeypatch: pytest.MonkeyPatch, short_waits: None
) -> None:
    people = crowd(world, person, 12)
    world.sandbox.smtp_fault("rcpt", "slow", seconds=3, match=person.email)
    began = time.monotonic()
    drain = threading.Thread(target=lambda: (world.drain_mails(), connection.close()))
    drain.start()
    while set(copies(world, people).values()) != {1}:
        assert time.monotonic() - began < 2.5
        time.sleep(0.05)
    assert not world.sandbox.messages(person.email)
    drain.join(10)
    assert len(world.sandbox.messages(person.email)) == 1


def test_another_drain_takes_over_while_all_connections_of_one_are_stuck(
    world: World, person: Registration, monkeypatch: pytest.MonkeyPatch, short_waits: None, settings: Any
) -> None:
    settings.STEP_LEASE_SECONDS = 30
    monkeypatch.setattr("registrations.services.leases.length", lambda: timedelta(seconds=1))
    monkeypatch.setattr(mail_turns, "LANES", 1)
    people = crowd(world, person, 10)
    world.sandbox.smtp_fault("rcpt", "slow", seconds=4, match=person.email)
    drain = threading.Thread(target=lambda: (world.drain_mails(), connection.close()))
    drain.start()
    while world.sandbox.request("GET", "/sandbox/api/smtp-faults"):
        time.sleep(0.02)
    began = time.monotonic()
    while set(copies(world, people).values()) != {1}:
        world.drain_mails()
        assert time.monotonic() - began < 3.5
        time.sleep(0.05)
    assert drain.is_alive()
    drain.join(10)
    assert set(copies(world, [person, *people]).values()) == {1}
    assert set(OutgoingEmail.objects.values_list("state", "lost_leases")) == {(StepState.SETTLED, 0)}
    assert not OutgoingEmail.objects.filter(possible_second_copy=True).exists()
    assert Sender.objects.get().lease_token is None


def test_two_drains_at_one_sender_do_no_harm(world: World, person: Registration, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("registrations.services.leases.length", lambda: timedelta(seconds=-1))
    monkeypatch.setattr(mail_turns, "CLAIM_ROWS", 5)
    people = [person, *crowd(world, person, 40)]
    assert at_once(*[lambda: emailing.drain(sender_id=default_sender().pk)] * 2) == []
    world.drain_mails()
    assert set(copies(world, people).values()) == {1}
    assert TimelineEntry.objects.filter(code="mail_handed_over").count() == len(people)
    assert not OutgoingEmail.objects.exclude(state=StepState.SETTLED).exists()


def test_while_everything_is_paused_no_further_mail_begins(
    world: World, person: Registration, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail_turns, "LOOK_SECONDS", 0.0)
    people = [person, *crowd(world, person, 40)]
    before_the_text_leaves(monkeypatch, once(lambda: Delivery.objects.update_or_create(pk=1, defaults={"paused_at": db_now()})))
    world.drain_mails()
    arrived = sum(copies(world, people).values())
    assert 1 <= arrived <= 3 * mail_turns.LANES
    assert OutgoingEmail.objects.filter(state=StepState.QUEUED, attempts=0, lease_token=None).count() == len(people) - arrived
    Delivery.objects.update(paused_at=None)
    world.drain_mails()
    assert set(copies(world, people).values()) == {1}


def test_a_slice_ends_in_time_and_says_that_more_waits(
    world: World, person: Registration, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = [person, *crowd(world, person, 30)]
    world.sandbox.smtp_fault("rcpt", "slow", seconds=0.2, count=None)
    monkeypatch.setattr(mail_turns, "SLICE_SECONDS", 0.7)
    began = time.monotonic()
    assert world.drain_mails().emails == {default_sender().pk}
    assert time.monotonic() - began < 2
    arrived = sum(copies(world, people).values())
    assert 0 < arrived < len(people)
    assert OutgoingEmail.objects.filter(state=StepState.QUEUED, lease_token=None).count() == len(people) - arrived


# Trouble of the server


def test_a_server_that_wants_no_more_connections_gets_all_mails_over_those_it_takes(
    world: World, person: Registration, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = [person, *crowd(world, person, 30)]
    before_the_text_leaves(monkeypatch, once(lambda: world.sandbox.smtp_fault("connect", "refuse", code=421, count=None)))
    world.drain_mails()
    assert Sender.objects.get().trouble == ""
    assert set(copies(world, people).values()) == {1}


def test_a_server_that_turns_further_connections_away_at_their_first_mail_is_in_no_trouble(
    world: World, person: Registration, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = [person, *crowd(world, person, 30)]
    before_the_text_leaves(monkeypatch, once(lambda: world.sandbox.smtp_fault("mail", "refuse", code=421, count=2)))
    world.drain_mails()
    mails_left = OutgoingEmail.objects.exclude(state=StepState.SETTLED).count()
    if Sender.objects.get().trouble:
        # The first connection may be the one that was turned away: then everything waits, and no try is counted.
        assert mails_left
        Sender.objects.update(retry_at=None)
        world.drain_mails()
    assert set(copies(world, people).values()) == {1}
    assert set(OutgoingEmail.objects.values_list("attempts", flat=True)) == {1}


def test_a_server_in_trouble_stops_all_connections_and_is_noted_once(world: World, person: Registration) -> None:
    people = [person, *crowd(world, person, 30)]
    world.sandbox.smtp_fault("mail", "refuse", code=421, count=None)
    assert not world.drain_mails()
    sender = Sender.objects.get()
    assert (sender.trouble, sender.trouble_count) == ("mail_421", 1)
    assert set(OutgoingEmail.objects.values_list("state", "attempts", "lease_token")) == {(StepState.QUEUED, 0, None)}
    world.sandbox.clear_faults()
    Sender.objects.update(retry_at=None)
    world.drain_mails()
    assert set(copies(world, people).values()) == {1}
    assert Sender.objects.get().trouble == ""


# What our own code or a dying worker does


def test_what_a_dead_worker_held_is_done_by_the_next_one_mail_at_a_time(
    world: World, person: Registration, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = [person, *crowd(world, person, 12)]
    steps.claim(rows=OutgoingEmail.objects.all(), limit=50)
    OutgoingEmail.objects.update(lease_until=ago(seconds=1))
    underway: list[int] = []

    def watch(_: EmailMessage) -> None:
        underway.append(OutgoingEmail.objects.filter(state=StepState.LEASED, lease_until__gt=db_now()).count())

    before_the_text_leaves(monkeypatch, watch)
    world.drain_mails()
    assert underway == [1] * len(people)
    assert set(copies(world, people).values()) == {1}
    assert set(OutgoingEmail.objects.values_list("state", "attempts", "lost_leases")) == {(StepState.SETTLED, 1, 0)}


def test_a_mail_that_our_code_fails_on_while_sending_holds_no_other_up(
    world: World, person: Registration, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = crowd(world, person, 12)

    def composing(letter: Letter) -> EmailMessage:
        if letter.recipient == person.email:
            raise ZeroDivisionError
        return compose(letter)

    monkeypatch.setattr("registrations.services.handing_over.compose", composing)
    world.drain_mails()
    assert set(copies(world, people).values()) == {1}
    mail = person.mails.get()
    assert (mail.state, mail.reason, mail.lost_leases, mail.data_started_at) == (StepState.QUEUED, "inner_fault", 1, None)


def test_a_mail_that_cannot_be_composed_needs_a_person(world: World, person: Registration) -> None:
    Registration.objects.update(email="not an address")
    world.drain_mails()
    assert (person.mails.get().state, person.mails.get().reason) == (StepState.PARKED, "cannot_compose")


def test_a_registration_that_is_deleted_while_its_mail_leaves_costs_nobody_their_record(
    world: World, person: Registration, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = crowd(world, person, 12)
    send = Connection.send

    def deleting(self: Connection, message: EmailMessage, **more: Any) -> str:
        reply = send(self, message, **more)
        if person.email in message.to:
            Registration.objects.filter(pk=person.pk).delete()
            connection.close()
        return reply

    monkeypatch.setattr(Connection, "send", deleting)
    world.drain_mails()
    world.drain_mails()
    assert not Registration.objects.filter(pk=person.pk).exists()
    assert set(copies(world, [person, *people]).values()) == {1}
    assert set(OutgoingEmail.objects.values_list("state", "lost_leases")) == {(StepState.SETTLED, 0)}


def test_mails_whose_lease_is_lost_after_they_left_spoil_no_others_record(
    world: World, person: Registration, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = crowd(world, person, 12)
    send = Connection.send

    def stealing(self: Connection, message: EmailMessage, **more: Any) -> str:
        reply = send(self, message, **more)
        if person.email in message.to:
            OutgoingEmail.objects.filter(registration=person).update(lease_token="00000000-0000-0000-0000-000000000001")
            connection.close()
        return reply

    monkeypatch.setattr(Connection, "send", stealing)
    world.drain_mails()
    assert person.mails.get().state == StepState.LEASED
    settled = OutgoingEmail.objects.filter(registration__in=people, state=StepState.SETTLED)
    assert settled.count() == len(people)
    assert TimelineEntry.objects.filter(code="mail_handed_over").count() == len(people)


@on_postgresql
def test_a_person_who_is_being_changed_holds_up_no_commit_of_others_in_a_deadlock(world: World, person: Registration) -> None:
    people = [person, *crowd(world, person, 20)]

    def lock_and_look() -> None:
        for each in people:
            cancelling.cancel(token=each.token)

    assert at_once(lambda: emailing.drain(sender_id=default_sender().pk), lock_and_look) == []


@on_postgresql
def test_somebody_who_is_being_worked_on_holds_up_nobody_elses_commit(world: World, person: Registration) -> None:
    others = [each.pk for each in crowd(world, person, 8)]
    settled = OutgoingEmail.objects.filter(registration__in=others, state=StepState.SETTLED)
    is_locked = threading.Event()

    def work_on_them() -> None:
        with transaction.atomic():
            Registration.objects.select_for_update().get(pk=person.pk)
            is_locked.set()
            wait_until(lambda: settled.count() == len(others))

    def drain() -> None:
        assert is_locked.wait(5)
        emailing.drain(sender_id=default_sender().pk)

    assert at_once(work_on_them, drain) == []
    assert person.mails.get().state == StepState.SETTLED


def test_what_the_server_took_leaves_no_second_time_because_the_database_failed(
    world: World, person: Registration, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = [person, *crowd(world, person, 10)]
    settle, failures = handing_over._settle, [OperationalError("away"), OperationalError("still away")]

    def settling(done: Sequence[handing_over.Done], now: datetime) -> None:
        if failures and done:
            raise failures.pop()
        settle(done, now)

    monkeypatch.setattr(handing_over, "_settle", settling)
    with pytest.raises(OperationalError):
        emailing.drain(sender_id=default_sender().pk)
    begun = OutgoingEmail.objects.filter(data_started_at__isnull=False)
    assert begun.exists()
    assert set(begun.values_list("state", flat=True)) == {StepState.SETTLED}
    world.make_all_due()
    world.drain_mails()
    assert set(copies(world, people).values()) == {1}
    assert not OutgoingEmail.objects.filter(possible_second_copy=True).exists()


def test_nothing_is_said_of_a_mail_that_never_left(world: World, person: Registration) -> None:
    person.mails.update(silent=True)
    crowd(world, person, 5)
    world.drain_mails()
    mail = person.mails.get()
    assert (mail.state, mail.data_started_at, mail.message_id) == (StepState.SETTLED, None, "")
    assert not world.sandbox.messages(person.email)


def test_what_failed_before_the_text_left_counts_as_a_try(world: World, person: Registration) -> None:
    world.sandbox.smtp_fault("rcpt", "refuse", code=450, count=2)
    for attempts in (1, 2):
        world.make_all_due()
        world.drain_mails()
        mail = person.mails.get()
        assert (mail.state, mail.attempts, mail.reason) == (StepState.QUEUED, attempts, "rcpt_450")


def test_the_words_of_the_server_are_kept_for_each_mail_its_own(world: World, person: Registration) -> None:
    crowd(world, person, 12)
    world.drain_mails()
    assert set(OutgoingEmail.objects.values_list("server_reply", flat=True)) == {"OK: kept"}
    letters = [Letter.from_json(mail.letter) for mail in OutgoingEmail.objects.order_by("pk")]
    mails = OutgoingEmail.objects.order_by("pk").select_related("registration")
    for mail, letter in zip(mails, letters, strict=True):
        assert mail.registration is not None
        assert (letter.recipient, letter.message_id) == (mail.registration.email, mail.message_id)
    assert len({letter.message_id for letter in letters}) == len(letters)


def test_prepared_mails_are_given_back_uncounted(world: World, person: Registration) -> None:
    turn = mail_turns.MailTurn(default_sender(), None, None)  # type: ignore[arg-type]
    assert turn._claim(OutgoingEmail.objects.select_related("registration"), limit=5, alone=False)
    for ready in turn._waiting:
        mail_outcomes.give_back(ready)
    mail = person.mails.get()
    assert (mail.state, mail.attempts, mail.lease_token) == (StepState.QUEUED, 0, None)


def test_whoever_left_one_campaign_gets_no_link_of_it_though_they_keep_their_seat_by_another(
    world: World, person: Registration, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = person.campaign
    world.drain_mails()
    other = world.sign_up(world.campaign_for(campaign.event, session=campaign.session), person.email)
    world.drain_seats()
    before_the_text_leaves(monkeypatch, once(lambda: cancelling.cancel(token=other.token)))
    world.drain_mails()
    assert world.seat(other).is_fulfilled
    mail = other.mails.get(kind="link")
    assert (mail.state, mail.reason) == (StepState.CANCELLED, "overtaken")
    subjects = [message["subject"].partition(":")[0] for message in world.sandbox.messages(person.email)]
    assert subjects == ["Your link", "Cancelled"]
