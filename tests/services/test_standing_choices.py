"""All dates, later ones too: a session that is added later enrolls people by itself, with one mail."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from registrations.models import (
    Campaign,
    Choosing,
    EnrollmentWish,
    Event,
    HeldFor,
    Priority,
    Registration,
    Seat,
    Session,
    StepState,
    TimelineEntry,
    db_now,
)
from registrations.services import answering, cancelling, changing_dates, standing_choices, wakeup
from registrations.services.due import NOTHING
from tests import factories
from tests.services.conftest import World
from tests.services.racing import at_once
from tests.services.timing import ago

pytestmark = pytest.mark.django_db(transaction=True)


def series(choosing: Choosing = Choosing.DATES) -> Campaign:
    return factories.make_campaign(event=factories.make_event(series=True), choosing=choosing)


def standing_person(campaign: Campaign) -> Registration:
    """Somebody who is in all dates that there are, and has the mail with the links."""
    person = factories.make_person(campaign=campaign, all_dates=True)
    for session_id in campaign.event.sessions.values_list("pk", flat=True):
        factories.let_in(person, session_id=session_id)
    factories.hand_over(person)
    return person


def later(event: Event, **values: object) -> Session:
    """A session that was added now."""
    number = event.sessions.count()
    starts_at = ago(days=-30 - number)
    defaults = {"title": f"Part {number + 1}", "starts_at": starts_at, "external_id": f"{event.external_id}9{number}"}
    return Session.objects.create(event=event, **defaults | values)


def sessions_in(person: Registration, wish: str = EnrollmentWish.IN) -> set[int | None]:
    return set(person.enrollments.filter(wish=wish).values_list("seat__session_id", flat=True))


def added(person: Registration) -> Iterable[TimelineEntry]:
    return person.timeline.filter(code=TimelineEntry.Code.DATE_ADDED)


# --- with a platform and a mail server ---


@pytest.mark.parametrize("choosing", [Choosing.DATES, Choosing.EACH])
def test_a_session_that_is_added_later_enrolls_by_itself_and_is_mailed_once(world: World, choosing: Choosing) -> None:
    campaign = world.campaign(choosing=choosing)
    world.sign_up(campaign, "ivan@example.com", all_dates=True)
    world.settle()
    session = world.add_session(campaign)
    world.settle()
    there = {item["eventSessionId"]: item["link"] for item in world.at_platform("ivan@example.com")}
    assert len(there) == 4
    mails = world.mails("ivan@example.com", 2)
    assert len(mails) == 2
    assert set(there.values()) <= set(mails[1]["links"])
    assert there[int(session.external_id)] in mails[1]["links"]
    assert there[int(session.external_id)] not in mails[0]["links"]
    assert mails[1]["attachments"][0]["content"].count("BEGIN:VEVENT") == 4


def test_whoever_chose_single_dates_is_left_alone_by_later_ones(world: World) -> None:
    campaign = world.campaign(choosing=Choosing.DATES)
    chosen = campaign.event.sessions.order_by("starts_at").first()
    assert chosen is not None
    world.sign_up(campaign, "ivan@example.com", sessions=(chosen.pk,))
    world.settle()
    world.add_session(campaign)
    world.settle()
    assert len(world.at_platform("ivan@example.com")) == 1
    assert len(world.mails("ivan@example.com")) == 1


# --- who is enrolled, and how ---


def test_several_later_dates_are_one_step_for_each_and_one_mail() -> None:
    campaign = series()
    person = standing_person(campaign)
    fresh = [later(campaign.event).pk for _ in range(2)]
    assert standing_choices.enroll_all().seats == {campaign.event.account_id}
    assert set(fresh) <= sessions_in(person)
    assert added(person).get().data == {"sessions": fresh}
    assert set(Seat.objects.filter(session__in=fresh).values_list("state", "priority")) == {(StepState.QUEUED, Priority.BULK)}
    factories.let_in(person, session_id=fresh[0])
    assert person.mails.count() == 1
    factories.let_in(person, session_id=fresh[1])
    mail = person.mails.latest("pk")
    assert (person.mails.count(), mail.kind, mail.priority) == (2, "link", Priority.BULK)


def test_a_second_look_enrolls_nobody_twice() -> None:
    campaign = series()
    person = standing_person(campaign)
    later(campaign.event)
    standing_choices.enroll_all()
    assert standing_choices.enroll_all() == NOTHING
    assert added(person).count() == 1
    assert person.submissions.filter(mail=None).count() == 1


def test_two_looks_at_once_enroll_nobody_twice() -> None:
    campaign = series()
    people = [standing_person(campaign) for _ in range(3)]
    session = later(campaign.event)
    assert at_once(*[standing_choices.enroll_all] * 3) == []
    assert Seat.objects.filter(session=session).count() == 3
    for person in people:
        assert added(person).count() == 1
        assert person.submissions.filter(mail=None).count() == 1


def test_more_people_than_a_batch_are_all_enrolled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standing_choices, "BATCH", 2)
    campaign = series()
    people = [factories.make_person(campaign=campaign, all_dates=True) for _ in range(5)]
    session = later(campaign.event)
    standing_choices.enroll_all()
    assert [session.pk in sessions_in(person) for person in people] == [True] * 5


def test_whoever_has_cancelled_is_not_enrolled() -> None:
    campaign = series()
    person = standing_person(campaign)
    cancelling.cancel(token=person.token)
    session = later(campaign.event)
    assert standing_choices.enroll_all() == NOTHING
    assert session.pk not in sessions_in(person)


def test_whoever_left_one_date_stays_out_of_it_and_gets_the_later_one() -> None:
    campaign = series()
    person = standing_person(campaign)
    first, second, third = campaign.event.sessions.order_by("starts_at")
    changing_dates.change(token=person.token, sessions=[first.pk, third.pk], all_dates=True)
    session = later(campaign.event)
    standing_choices.enroll_all()
    assert sessions_in(person) == {first.pk, third.pk, session.pk}
    assert sessions_in(person, EnrollmentWish.OUT) == {second.pk}


def test_whoever_comes_back_has_the_dates_of_before_and_what_was_added_meanwhile() -> None:
    campaign = series()
    person = standing_person(campaign)
    first, second, third = campaign.event.sessions.order_by("starts_at")
    changing_dates.change(token=person.token, sessions=[first.pk, third.pk], all_dates=True)
    cancelling.cancel(token=person.token)
    session = later(campaign.event)
    cancelling.come_back(token=person.token)
    assert sessions_in(person) == {first.pk, third.pk, session.pk}
    assert sessions_in(person, EnrollmentWish.OUT) == {second.pk}


def test_whoever_is_held_is_held_for_the_later_date_too_and_gets_no_mail() -> None:
    campaign = series()
    person = factories.make_person(campaign=campaign, all_dates=True)
    person.enrollments.update(wish=EnrollmentWish.HELD, held_for=HeldFor.APPROVAL)
    person.submissions.update(mail=None, received_at=db_now())
    session = later(campaign.event)
    standing_choices.enroll_all()
    assert person.enrollments.get(seat__session=session).held_for == HeldFor.APPROVAL
    assert person.submissions.count() == 1


@pytest.mark.parametrize("values", [{"status": "cancelled"}, {"status": "finished"}, {"starts_at": None}])
def test_a_date_that_is_not_open_enrolls_nobody(values: dict[str, object]) -> None:
    campaign = series()
    person = standing_person(campaign)
    session = later(campaign.event, **values)
    assert standing_choices.enroll_all() == NOTHING
    assert session.pk not in sessions_in(person)


def test_a_seat_that_another_campaign_has_settled_is_mailed_at_once() -> None:
    campaign = series()
    person = standing_person(campaign)
    session = later(campaign.event)
    other = factories.make_campaign(event=campaign.event, choosing=Choosing.DATES)
    same = factories.make_person(campaign=other, email=person.email, sessions=(session.pk,))
    factories.let_in(same, session_id=session.pk)
    standing_choices.enroll_all()
    assert person.mails.filter(kind="link").count() == 2


def test_a_seat_that_was_left_in_another_campaign_is_wanted_again() -> None:
    campaign = series()
    person = standing_person(campaign)
    session = later(campaign.event)
    other = factories.make_campaign(event=campaign.event, choosing=Choosing.DATES)
    same = factories.make_person(campaign=other, email=person.email, sessions=(session.pk,))
    cancelling.cancel(token=same.token)
    standing_choices.enroll_all()
    assert Seat.objects.get(session=session).wish == "in"


def test_nobody_is_told_that_the_later_date_is_late_nor_mailed_without_its_link() -> None:
    campaign = series()
    person = standing_person(campaign)
    later(campaign.event)
    standing_choices.enroll_all()
    then = ago(minutes=10)
    person.submissions.filter(mail=None).update(received_at=then, late_notice_at=then)
    before = person.mails.count()
    answering.follow_up()
    assert person.mails.count() == before


def test_the_schedule_looks_too() -> None:
    campaign = series()
    person = standing_person(campaign)
    session = later(campaign.event)
    standing_choices.clock.forget()
    assert campaign.event.account_id in wakeup.look().seats
    assert session.pk in sessions_in(person)


def test_where_there_is_nothing_to_do_a_look_is_one_statement_and_a_second_one_within_the_minute_none() -> None:
    factories.make_person()
    standing_choices.clock.forget()
    with CaptureQueriesContext(connection) as first:
        standing_choices.look()
    with CaptureQueriesContext(connection) as second:
        standing_choices.look()
    clock_alone = connection.vendor == "postgresql"
    assert (len(first), len(second)) == (1 + clock_alone, 0)


def test_a_series_that_turns_out_to_take_no_whole_registration_can_be_taken_session_by_session(world: World) -> None:
    campaign = world.campaign(choosing=Choosing.EACH)
    Campaign.objects.update(choosing=Choosing.WHOLE)
    person = world.sign_up(campaign, "ivan@example.com")
    world.settle()
    assert world.seat(person).state == StepState.PARKED
    Campaign.objects.update(choosing=Choosing.EACH)
    campaign.refresh_from_db()
    standing_choices.choosing_changed(campaign=campaign)
    standing_choices.enroll_all()
    world.settle()
    assert len(world.at_platform("ivan@example.com")) == 3
    assert person.enrollments.get(seat__session=None).wish == EnrollmentWish.OUT
    assert [mail.kind for mail in person.mails.all()] == ["link"]
    assert len(world.mails("ivan@example.com")) == 1
