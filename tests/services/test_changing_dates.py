"""Other dates, chosen by the person themselves."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from registrations.models import (
    Campaign,
    Choosing,
    EnrollmentWish,
    HeldFor,
    Registration,
    Seat,
    Session,
    TimelineEntry,
    Wish,
)
from registrations.services import cancelling, changing_dates, dates, private_page
from registrations.services.changing_dates import NothingToChoose
from registrations.services.due import NOTHING
from registrations.services.signup import NotOpen
from registrations.services.tokens import UnknownToken
from tests import factories
from tests.services.conftest import World
from tests.services.racing import at_once
from tests.services.timing import ago

pytestmark = pytest.mark.django_db(transaction=True)


def series(choosing: Choosing = Choosing.DATES) -> Campaign:
    return factories.make_campaign(event=factories.make_event(series=True), choosing=choosing)


def sessions_of(campaign: Campaign) -> list[int]:
    return list(campaign.event.sessions.order_by("starts_at").values_list("pk", flat=True))


def settled_person(campaign: Campaign, sessions: Iterable[int], **values: object) -> Registration:
    """Somebody who has the links of these dates."""
    person = factories.make_person(campaign=campaign, sessions=tuple(sessions), **values)
    for session_id in sorted(sessions_in(person)):
        factories.let_in(person, session_id=session_id)
    return person


def sessions_in(person: Registration, wish: str = EnrollmentWish.IN) -> list[int]:
    return sorted(person.enrollments.filter(wish=wish).values_list("seat__session_id", flat=True))


def change(person: Registration, sessions: Iterable[int], *, all_dates: bool = False) -> None:
    changing_dates.change(token=person.token, sessions=sessions, all_dates=all_dates)


def changes(person: Registration) -> list[dict[str, object]]:
    return [entry.data for entry in person.timeline.filter(code=TimelineEntry.Code.DATES_CHANGED)]


def test_one_date_for_another_is_told_to_the_platform_and_mailed_once(world: World) -> None:
    campaign = world.campaign(choosing=Choosing.DATES)
    first, second, _ = campaign.event.sessions.order_by("starts_at")
    person = world.sign_up(campaign, "ivan@example.com", sessions=(first.pk,))
    world.settle()
    change(person, [second.pk])
    world.settle()
    [there] = world.at_platform("ivan@example.com")
    assert there["eventSessionId"] == int(second.external_id)
    mails = world.mails("ivan@example.com", 2)
    assert len(mails) == 2
    assert there["link"] in mails[1]["links"]
    calendar = mails[1]["attachments"][0]["content"]
    assert calendar.count("STATUS:CONFIRMED") == 1
    assert calendar.count("STATUS:CANCELLED") == 1
    left = calendar.split("BEGIN:VEVENT")[2]
    assert "STATUS:CANCELLED" in left
    assert f"-s{first.pk}@" in left


def test_a_date_that_was_only_left_is_one_mail_with_what_holds_now(world: World) -> None:
    campaign = world.campaign(choosing=Choosing.DATES)
    first, second, _ = campaign.event.sessions.order_by("starts_at")
    person = world.sign_up(campaign, "ivan@example.com", sessions=(first.pk, second.pk))
    world.settle()
    change(person, [second.pk])
    world.settle()
    [there] = world.at_platform("ivan@example.com")
    mails = world.mails("ivan@example.com", 2)
    assert len(mails) == 2
    assert mails[1]["links"].count(there["link"]) >= 1
    assert len([link for link in mails[0]["links"] if link in mails[1]["links"]]) < len(mails[0]["links"])


def test_the_dates_become_what_is_chosen_and_the_history_says_so() -> None:
    campaign = series()
    first, second, third = sessions_of(campaign)
    person = settled_person(campaign, [first, second])
    change(person, [second, third])
    assert sessions_in(person) == [second, third]
    assert sessions_in(person, EnrollmentWish.OUT) == [first]
    assert Seat.objects.get(session=first).wish == Wish.OUT
    assert changes(person) == [{"added": [third], "left": [first], "all_dates": False}]


def test_choosing_what_one_has_changes_nothing() -> None:
    campaign = series()
    first, second, _ = sessions_of(campaign)
    person = settled_person(campaign, [first])
    assert changing_dates.change(token=person.token, sessions=[first], all_dates=False) == NOTHING
    change(person, [second])
    change(person, [second])
    assert len(changes(person)) == 1
    assert person.submissions.filter(mail=None).count() == 1


def test_all_dates_are_all_that_are_open_and_stay_so() -> None:
    campaign = series()
    first, second, third = sessions_of(campaign)
    person = settled_person(campaign, [first])
    change(person, [], all_dates=True)
    assert sessions_in(person) == [first, second, third]
    person.refresh_from_db()
    assert person.all_dates
    change(person, [first], all_dates=True)
    assert sessions_in(person) == [first]
    change(person, [first], all_dates=False)
    person.refresh_from_db()
    assert not person.all_dates


def test_giving_up_the_standing_choice_alone_sends_no_mail() -> None:
    campaign = series()
    everything = sessions_of(campaign)
    person = settled_person(campaign, (), all_dates=True)
    before = person.mails.count()
    change(person, everything, all_dates=False)
    assert person.mails.count() == before
    assert len(changes(person)) == 1


def test_a_change_while_the_first_mail_is_still_to_come_makes_one_mail() -> None:
    campaign = series()
    first, second, _ = sessions_of(campaign)
    person = factories.make_person(campaign=campaign, sessions=(first,))
    change(person, [second])
    factories.let_in(person, session_id=second)
    assert [mail.kind for mail in person.mails.all()] == ["link"]


def test_leaving_the_date_that_kept_the_others_waiting_sends_their_links_at_once() -> None:
    campaign = series()
    first, second, _ = sessions_of(campaign)
    person = factories.make_person(campaign=campaign, sessions=(first, second))
    factories.let_in(person, session_id=first)
    assert not person.mails.exists()
    change(person, [first])
    assert [mail.kind for mail in person.mails.all()] == ["link"]


def test_dates_that_are_over_stay_as_they_are() -> None:
    campaign = series()
    first, second, third = sessions_of(campaign)
    person = settled_person(campaign, [first, second])
    Session.objects.filter(pk=first).update(ends_at=ago(minutes=1))
    change(person, [third])
    assert sessions_in(person) == [first, third]


def test_nothing_and_what_is_not_offered_are_refused_and_change_nothing() -> None:
    campaign, other = series(), series()
    first, second, _ = sessions_of(campaign)
    person = settled_person(campaign, [first])
    Session.objects.filter(pk=second).update(status="cancelled")
    for wrong in ([], [second], [first, second], sessions_of(other), [0], [10**30]):
        with pytest.raises(dates.NotOffered):
            change(person, wrong)
    assert sessions_in(person) == [first]
    assert changes(person) == []


def test_whoever_is_held_is_held_for_the_new_date_and_gets_no_mail() -> None:
    campaign = series()
    first, second, _ = sessions_of(campaign)
    person = factories.make_person(campaign=campaign, sessions=(first,))
    person.enrollments.update(wish=EnrollmentWish.HELD, held_for=HeldFor.PLACE)
    change(person, [first, second])
    assert list(person.enrollments.values_list("wish", "held_for")) == [("held", "place")] * 2
    assert person.submissions.count() == 1


def test_there_is_nothing_to_choose_for_whoever_has_cancelled_or_has_no_choice() -> None:
    person = settled_person(series(), ())
    cancelling.cancel(token=person.token)
    single, whole = factories.make_person(), settled_person(series(Choosing.EACH), ())
    for nobody in (person, single, whole):
        with pytest.raises(NothingToChoose):
            change(nobody, [1])
        assert not private_page.read(token=nobody.token).can_change_dates
    with pytest.raises(UnknownToken):
        changing_dates.change(token="x" * 43, sessions=[1], all_dates=False)


def test_a_seat_that_another_campaign_wants_is_kept_for_it() -> None:
    campaign = series()
    other = factories.make_campaign(event=campaign.event, choosing=Choosing.DATES)
    first, second, _ = sessions_of(campaign)
    person = settled_person(campaign, [first, second])
    factories.make_person(campaign=other, email=person.email, sessions=(first,))
    change(person, [second])
    assert Seat.objects.get(session=first).wish == Wish.IN


def test_two_changes_at_once_end_in_one_of_them() -> None:
    campaign = series()
    first, second, third = sessions_of(campaign)
    person = settled_person(campaign, [first])
    assert at_once(lambda: change(person, [second]), lambda: change(person, [third])) == []
    assert sessions_in(person) in ([second], [third])


def test_coming_back_after_a_cancel_takes_the_dates_one_had() -> None:
    campaign = series()
    first, second, third = sessions_of(campaign)
    person = settled_person(campaign, [first, second])
    change(person, [second, third])
    cancelling.cancel(token=person.token)
    assert private_page.read(token=person.token).can_return
    cancelling.come_back(token=person.token)
    assert sessions_in(person) == [second, third]


def test_nobody_comes_back_to_dates_that_are_all_over() -> None:
    campaign = series()
    first, _, _ = sessions_of(campaign)
    person = settled_person(campaign, [first])
    cancelling.cancel(token=person.token)
    Session.objects.filter(pk=first).update(ends_at=ago(minutes=1))
    assert not private_page.read(token=person.token).can_return
    with pytest.raises(NotOpen):
        cancelling.come_back(token=person.token)


def test_signing_up_again_after_a_cancel_takes_the_dates_of_the_new_form() -> None:
    campaign = series()
    first, second, third = sessions_of(campaign)
    person = settled_person(campaign, [first, second])
    cancelling.cancel(token=person.token)
    factories.make_person(campaign=campaign, email=person.email, sessions=(third,))
    assert sessions_in(person) == [third]
    factories.make_person(campaign=campaign, email=person.email, sessions=(first,))
    assert sessions_in(person) == [third]
