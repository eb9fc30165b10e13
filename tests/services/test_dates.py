"""Which sessions of a series somebody signs up for: one seat for each, and one mail with all links."""

from __future__ import annotations

import json
from collections.abc import Iterable

import pytest
from django.db import transaction

from registrations.models import (
    Campaign,
    Choosing,
    EnrollmentWish,
    Fact,
    HeldFor,
    Registration,
    Seat,
    Session,
    StepState,
    Submission,
    Wish,
    db_now,
    fingerprint,
)
from registrations.services import answering, campaigns, dates, imports, signup, wishes
from registrations.services.campaigns import Availability
from registrations.services.due import Due
from registrations.services.import_rows import Row
from registrations.services.signup import Entry, NotOpen
from tests import factories
from tests.services.conftest import World
from tests.services.racing import at_once
from tests.services.timing import ago

pytestmark = pytest.mark.django_db(transaction=True)


def series(choosing: Choosing = Choosing.DATES) -> Campaign:
    return factories.make_campaign(event=factories.make_event(series=True), choosing=choosing)


def sessions_of(campaign: Campaign) -> list[int]:
    return list(campaign.event.sessions.order_by("starts_at").values_list("pk", flat=True))


def wished(registration: Registration, wish: str = EnrollmentWish.IN) -> list[int | None]:
    found = registration.enrollments.filter(wish=wish).order_by("seat__session")
    return list(found.values_list("seat__session_id", flat=True))


def sign_up(campaign: Campaign, sessions: Iterable[int] = (), **values: object) -> Registration:
    return factories.make_person(campaign=campaign, sessions=tuple(sessions), **values)


# --- at the platform ---


def test_two_chosen_dates_are_two_participations_and_one_mail_with_both_links(world: World) -> None:
    campaign = world.campaign(choosing=Choosing.DATES)
    first, _, third = campaign.event.sessions.order_by("starts_at")
    world.sign_up(campaign, "ivan@example.com", sessions=(third.pk, first.pk))
    world.settle()
    there = {item["eventSessionId"]: item["link"] for item in world.at_platform("ivan@example.com")}
    assert set(there) == {int(first.external_id), int(third.external_id)}
    [mail] = world.mails("ivan@example.com")
    assert set(there.values()) <= set(mail["links"])
    assert mail["attachments"][0]["content"].count("BEGIN:VEVENT") == 2


def test_a_series_that_takes_no_whole_registration_is_taken_session_by_session(world: World) -> None:
    campaign = world.campaign(choosing=Choosing.EACH)
    person = world.sign_up(campaign, "ivan@example.com")
    world.settle()
    assert len(world.at_platform("ivan@example.com")) == 3
    assert len(world.mails("ivan@example.com")) == 1
    assert person.all_dates


def test_of_two_dates_the_one_that_is_over_first_is_left_out_and_the_other_is_mailed(world: World) -> None:
    campaign = world.campaign(choosing=Choosing.DATES)
    first, second, _ = campaign.event.sessions.order_by("starts_at")
    person = world.sign_up(campaign, "ivan@example.com", sessions=(first.pk, second.pk))
    Session.objects.filter(pk=first.pk).update(ends_at=ago(minutes=1))
    world.settle()
    assert [mail.kind for mail in person.mails.all()] == ["link"]
    [participation] = world.at_platform("ivan@example.com")
    [mail] = world.mails("ivan@example.com")
    assert participation["link"] in mail["links"]
    assert mail["attachments"][0]["content"].count("BEGIN:VEVENT") == 1


def test_when_every_chosen_date_is_over_before_anybody_is_in_one_mail_says_so(world: World) -> None:
    campaign = world.campaign(choosing=Choosing.DATES)
    first, second, _ = campaign.event.sessions.order_by("starts_at")
    person = world.sign_up(campaign, "ivan@example.com", sessions=(first.pk, second.pk))
    Session.objects.filter(pk__in=[first.pk, second.pk]).update(ends_at=ago(minutes=1))
    world.settle()
    assert [mail.kind for mail in person.mails.all()] == ["no_link"]


def test_a_link_that_comes_later_than_the_mail_is_mailed_too() -> None:
    campaign = series()
    first, second, _ = sessions_of(campaign)
    person = sign_up(campaign, [first, second])
    factories.let_in(person, session_id=first)
    person.submissions.update(received_at=ago(minutes=3))
    answering.follow_up()
    answering.follow_up()
    assert person.mails.count() == 1
    factories.let_in(person, session_id=second)
    assert person.mails.filter(kind="link").count() == 2
    assert not person.submissions.filter(mail=None).exists()


# --- what is written down ---


def test_each_chosen_date_has_a_seat_and_the_form_keeps_the_choice() -> None:
    campaign = series()
    first, _, third = sessions_of(campaign)
    person = sign_up(campaign, [third, first, third])
    assert wished(person) == [first, third]
    assert not person.all_dates
    submission = Submission.objects.get()
    assert (submission.sessions, submission.all_dates) == ([first, third], False)


@pytest.mark.parametrize("choosing", [Choosing.DATES, Choosing.EACH])
def test_whoever_names_no_date_is_in_all_that_are_open(choosing: Choosing) -> None:
    campaign = series(choosing)
    first, second, third = sessions_of(campaign)
    Session.objects.filter(pk=first).update(ends_at=ago(minutes=1))
    person = sign_up(campaign)
    assert wished(person) == [second, third]
    assert person.all_dates
    assert (Submission.objects.get().sessions, Submission.objects.get().all_dates) == ([], True)


def test_where_everybody_takes_every_session_a_choice_counts_for_nothing() -> None:
    campaign = series(Choosing.EACH)
    person = sign_up(campaign, sessions_of(campaign)[:1])
    assert len(wished(person)) == 3


@pytest.mark.parametrize("values", [{"status": "cancelled"}, {"status": "finished"}, {"starts_at": None}])
def test_a_date_that_is_not_open_is_refused_and_nothing_is_written(values: dict[str, object]) -> None:
    campaign = series()
    first, second, _ = sessions_of(campaign)
    Session.objects.filter(pk=first).update(**values)
    with pytest.raises(dates.NotOffered):
        sign_up(campaign, [first, second])
    assert not Submission.objects.exists()
    assert not Registration.objects.exists()


@pytest.mark.parametrize("hostile", [0, -1, 2**63, 10**30])
def test_an_id_that_is_no_session_of_the_event_is_refused(hostile: int) -> None:
    campaign, other = series(), series()
    for wrong in (hostile, sessions_of(other)[0]):
        with pytest.raises(dates.NotOffered):
            sign_up(campaign, [wrong])


def test_a_choice_of_dates_is_part_of_what_a_form_says() -> None:
    plain = Entry(email="ivan@example.com", first_name="Ivan")
    hashes = [
        signup.content_hash(entry)
        for entry in (
            plain,
            Entry(email="ivan@example.com", first_name="Ivan", sessions=(1, 2)),
            Entry(email="ivan@example.com", first_name="Ivan", sessions=(1,)),
            Entry(email="ivan@example.com", first_name="Ivan", all_dates=True),
        )
    ]
    assert len(set(hashes)) == 4
    assert signup.content_hash(Entry(email="ivan@example.com", first_name="Ivan", sessions=(2, 1, 2))) == hashes[1]
    before = {"email": "ivan@example.com", "first_name": "Ivan", "last_name": "", "answers": {}, "time_zone": ""}
    assert hashes[0] == fingerprint(json.dumps(before, sort_keys=True, ensure_ascii=False))


def test_the_second_form_of_a_known_person_is_kept_and_changes_no_date() -> None:
    campaign = series()
    first, second, _ = sessions_of(campaign)
    person = sign_up(campaign, [first])
    sign_up(campaign, [second], email=person.email)
    assert wished(person) == [first]
    assert list(Submission.objects.order_by("pk").values_list("sessions", "from_known_person")) == [
        ([first], False),
        ([second], True),
    ]


def test_a_campaign_none_of_whose_dates_are_left_takes_nobody() -> None:
    campaign = series()
    Session.objects.update(ends_at=ago(minutes=1))
    assert campaigns.availability(campaign) is Availability.OVER
    with pytest.raises(NotOpen):
        sign_up(campaign)
    Session.objects.update(starts_at=None, ends_at=None)
    assert campaigns.availability(campaign) is Availability.NOT_YET


def test_a_series_goes_on_as_long_as_it_has_dates_whatever_end_the_platform_tells() -> None:
    campaign = series()
    type(campaign.event).objects.update(ends_at=ago(days=1))
    assert len(wished(sign_up(campaign))) == 3


def test_two_campaigns_of_one_series_share_the_seats() -> None:
    first = series()
    second = factories.make_campaign(event=first.event, choosing=Choosing.DATES)
    early, middle, late = sessions_of(first)
    person = sign_up(first, [early, middle])
    other = sign_up(second, [middle, late], email=person.email)
    assert Seat.objects.count() == 3
    assert wished(other) == [middle, late]


def test_many_posts_of_one_address_at_once_make_one_person_and_one_seat_for_each_date() -> None:
    campaign = series()
    first, second, _ = sessions_of(campaign)

    def post(number: int) -> None:
        entry = Entry(email="ivan@example.com", first_name="Ivan", sessions=(second, first))
        signup.record(campaign_id=campaign.pk, form_token=f"form {number}", entry=entry)

    assert at_once(*(lambda number=number: post(number) for number in range(6))) == []
    assert wished(Registration.objects.get()) == [first, second]
    assert Seat.objects.count() == 2
    assert Submission.objects.count() == 6


def test_the_same_dates_of_two_campaigns_at_once_make_one_seat_each() -> None:
    first = series()
    second = factories.make_campaign(event=first.event, choosing=Choosing.EACH)

    def post(campaign: Campaign) -> None:
        entry = Entry(email="ivan@example.com", first_name="Ivan", all_dates=True)
        signup.record(campaign_id=campaign.pk, form_token="form", entry=entry)

    assert at_once(lambda: post(first), lambda: post(second)) == []
    assert Seat.objects.count() == 3
    assert [len(wished(person)) for person in Registration.objects.all()] == [3, 3]


# --- adding sessions ---


@transaction.atomic
def add_sessions(person: Registration, sessions: Iterable[int]) -> Due:
    locked = Registration.objects.select_for_update(of=("self",)).get(pk=person.pk)
    return wishes.add_sessions(locked, sessions, now=db_now())


def test_sessions_are_added_to_those_that_somebody_has() -> None:
    campaign = series()
    first, second, third = sessions_of(campaign)
    person = sign_up(campaign, [first])
    due = add_sessions(person, [first, third])
    assert due.seats == {campaign.event.account_id}
    assert wished(person) == [first, third]
    assert not add_sessions(person, [first, third])
    assert second not in wished(person)


def test_whoever_is_held_is_held_for_added_sessions_too_and_nothing_is_asked_for() -> None:
    campaign = series()
    first, second, _ = sessions_of(campaign)
    person = sign_up(campaign, [first])
    person.enrollments.update(wish=EnrollmentWish.HELD, held_for=HeldFor.APPROVAL)
    assert not add_sessions(person, [second])
    assert set(person.enrollments.values_list("wish", "held_for")) == {("held", "approval")}
    added = Seat.objects.get(session=second)
    assert (added.wish, added.fact, added.state) == (Wish.OUT, Fact.OUT, StepState.SETTLED)
    assert added.want(Wish.IN)
    assert added.state == StepState.QUEUED


# --- lists of people ---


def test_whoever_a_list_brings_is_in_every_open_date_and_later_ones_too() -> None:
    campaign = series()
    first, second, third = sessions_of(campaign)
    Session.objects.filter(pk=second).update(status="cancelled")
    rows = [Row(email=f"listed{number}@example.org", first_name="Anna", last_name="Petrova", line=number) for number in (1, 2)]
    receipt = imports.record(campaign_id=campaign.pk, name="list", basis="They agreed", user_id=None, rows=rows)
    assert receipt.counts.new == 2
    for person in Registration.objects.all():
        assert wished(person) == [first, third]
        assert person.all_dates


def test_a_list_is_not_brought_into_a_series_without_dates() -> None:
    campaign = series()
    Session.objects.update(starts_at=None, ends_at=None)
    rows = [Row(email="listed@example.org", first_name="Anna", last_name="Petrova", line=1)]
    with pytest.raises(NotOpen):
        imports.record(campaign_id=campaign.pk, name="list", basis="They agreed", user_id=None, rows=rows)
    assert not Registration.objects.exists()
