"""What an operator sees and decides before a restored database goes on."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest

from registrations.models import Account, Delivery, OutgoingEmail, Registration, Seat, db_now
from registrations.services import answering, pauses, resuming, witness
from registrations.services.resuming import Mails, NotBehind
from tests import factories
from tests.services.conftest import World
from tests.services.timing import put_forward

pytestmark = pytest.mark.django_db(transaction=True)


def put_back(*, ticks: int = 2, witnessed: int = 9) -> None:
    """As if the database had just been found to be older than its witness."""
    values = {"behind_since": db_now(), "ticks": ticks, "witnessed_ticks": witnessed}
    Delivery.objects.update_or_create(pk=1, defaults=values)


def with_open_mail() -> Registration:
    """Somebody who has a place, and whose mail was still to be sent when the backup was made."""
    person = factories.make_person()
    factories.let_in(person)
    return person


def mail_of(person: Registration) -> OutgoingEmail:
    return person.mails.get()


def test_the_report_counts_what_would_leave_and_changes_nothing() -> None:
    with_open_mail()
    factories.hand_over(with_open_mail())
    factories.make_person()
    factories.make_staff_mail(occasion="pause:7")
    put_back()
    report = resuming.report()
    assert report.mails == {"link": 1, "staff_pause": 1}
    assert (report.mail_count, report.seats, report.answers, report.settled) == (2, 1, 1, 2)
    assert (report.behind.ticks, report.behind.witnessed_ticks) == (2, 9)
    assert Delivery.is_paused()
    assert not Seat.objects.exclude(in_doubt_since=None).exists()


def test_there_is_nothing_to_resume_in_a_database_that_is_not_behind() -> None:
    person = with_open_mail()
    with pytest.raises(NotBehind):
        resuming.report()
    with pytest.raises(NotBehind):
        resuming.resume(mails=Mails.HOLD)
    assert mail_of(person).state == "queued"


def test_mails_that_may_have_been_sent_are_held_for_staff_and_told_of() -> None:
    person = with_open_mail()
    put_back()
    resuming.resume(mails=Mails.HOLD)
    mail = mail_of(person)
    assert (mail.state, mail.reason, mail.lease_token) == ("parked", "may_have_been_sent", None)
    last = person.timeline.last()
    assert last is not None
    assert (last.code, last.data["reason"]) == ("mail_parked", "may_have_been_sent")


def test_a_mail_that_was_under_way_when_the_backup_was_made_is_held_as_well() -> None:
    person = with_open_mail()
    factories._claimed_mail(person)
    put_back()
    resuming.resume(mails=Mails.HOLD)
    mail = mail_of(person)
    assert (mail.state, mail.lease_token, mail.begun_at) == ("parked", None, None)


def test_mails_that_are_sent_all_the_same_are_marked_as_possible_second_copies() -> None:
    person = with_open_mail()
    put_back()
    due = resuming.resume(mails=Mails.SEND)
    mail = mail_of(person)
    assert (mail.state, mail.possible_second_copy) == ("queued", True)
    assert person.timeline.filter(code="second_copy").exists()
    assert due.emails == {mail.sender_id}


@pytest.mark.parametrize("choice", list(Mails))
def test_a_mail_asked_for_since_the_restore_was_noticed_is_a_mail_like_any_other(choice: Mails) -> None:
    person = with_open_mail()
    factories.hand_over(person)
    put_back()
    mail = answering.queue_mail(person, kind="link")
    resuming.resume(mails=choice)
    mail.refresh_from_db()
    assert (mail.state, mail.possible_second_copy) == ("queued", False)


def test_silent_mails_stay_as_they_are() -> None:
    person = factories.make_person()
    mail = answering.queue_mail(person, kind="known", silent=True)
    put_back()
    resuming.resume(mails=Mails.HOLD)
    mail.refresh_from_db()
    assert mail.state == "queued"


def test_whoever_is_not_finished_is_in_doubt_and_nobody_else() -> None:
    settled, waiting, claimed = with_open_mail(), factories.make_person(), factories.make_person()
    factories.claimed_seat(claimed)
    Seat.objects.filter(pk=factories.seat_of(waiting).pk).update(missed_at=db_now() - timedelta(days=1))
    put_back()
    resuming.resume(mails=Mails.HOLD)
    assert factories.seat_of(settled).in_doubt_since is None
    for person in (waiting, claimed):
        seat = factories.seat_of(person)
        assert seat.in_doubt_since is not None
        assert seat.missed_at is None


def test_delivery_goes_on_above_all_that_was_witnessed() -> None:
    account = factories.make_account()
    put_back(ticks=2, witnessed=9)
    due = resuming.resume(mails=Mails.HOLD)
    assert due.seats == {account.pk}
    switch = Delivery.objects.get()
    assert (switch.ticks, switch.behind_since) == (10, None)
    assert not witness.stands_still()
    assert witness.tick()


def test_a_pause_by_staff_outlasts_the_resuming() -> None:
    pauses.pause_everything(user_id=None)
    put_back()
    resuming.resume(mails=Mails.HOLD)
    assert Delivery.is_paused()
    assert witness.behind() is None


def test_a_second_restore_of_the_same_backup_is_noticed_again() -> None:
    installation = Delivery.objects.create(pk=1, installation=uuid.uuid4()).installation
    for _ in range(5):
        assert witness.tick()
    for witnessed in (5, 7):
        Delivery.objects.filter(installation=installation).update(ticks=2)
        assert not witness.tick()
        assert Delivery.objects.get().witnessed_ticks == witnessed
        resuming.resume(mails=Mails.HOLD)
        assert witness.tick()
        assert Delivery.objects.get().ticks == witnessed + 2


@pytest.mark.parametrize("unique", [True, False])
def test_people_whom_the_backup_does_not_know_as_registered_end_with_one_registration(world: World, unique: bool) -> None:
    Account.objects.update(unique_by_email=unique)
    world.sandbox.switches(register_duplicate="existing" if unique else "second")
    campaign = world.campaign()
    people = [world.sign_up(campaign) for _ in range(3)]
    backup = list(Seat.objects.values())
    world.settle()
    for values in backup:
        Seat.objects.filter(pk=values["id"]).update(**values)
    OutgoingEmail.objects.all().delete()
    put_back()
    resuming.resume(mails=Mails.HOLD)
    world.settle(turns=6)
    for person in people:
        [participation] = world.at_platform(person.email)
        seat = world.seat(person)
        assert (seat.state, seat.fact, seat.link) == ("settled", "in", participation["link"])


def test_whoever_a_moderator_put_out_after_the_backup_is_not_let_in_again(world: World) -> None:
    campaign = world.campaign(moderated=True)
    person = world.sign_up(campaign)
    backup = Seat.objects.values().get()
    world.settle()
    [participation] = world.at_platform(person.email)
    world.sandbox.platform(
        "PUT",
        f"/events/{campaign.event.external_id}/moderate",
        {"participationIds": [participation["id"]], "isAccepted": False},
    )
    Seat.objects.update(**backup)
    put_back()
    resuming.resume(mails=Mails.HOLD)
    world.settle()
    assert [item["state"] for item in world.at_platform(person.email)] == ["refused"]
    assert (world.seat(person).state, world.seat(person).reason) == ("parked", "not_admitted")


def test_whoever_the_platform_does_not_have_either_is_registered_after_two_looks(world: World, settings: object) -> None:
    Account.objects.update(unique_by_email=False)
    person = world.sign_up(world.campaign())
    put_back()
    resuming.resume(mails=Mails.HOLD)
    world.drain_seats()
    assert world.sandbox.participations(person.email) == []
    put_forward(settings, seconds=40)  # type: ignore[arg-type]
    world.settle()
    assert len(world.sandbox.participations(person.email)) == 1
