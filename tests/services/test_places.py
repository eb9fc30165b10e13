"""A campaign's places: counted one at a time, given to nobody twice, and never more of them than there are."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial

import pytest
from django.conf import LazySettings

from registrations.models import Campaign, Enrollment, EnrollmentWish, HeldFor, OutgoingEmail, Registration, Seat, StepState
from registrations.services import cancelling, confirming, places, private_page, signup, wakeup
from registrations.services.signup import Entry
from tests import factories
from tests.services.racing import at_once, on_postgresql
from tests.services.timing import ago, put_forward

pytestmark = pytest.mark.django_db(transaction=True)

CROWD = 50
PLACES = 10
TOGETHER_SECONDS = 0.5
"""How long one waits for the other at the same point; whoever stands before a lock does not come."""


def let_count_together(monkeypatch: pytest.MonkeyPatch, people: int = 2) -> None:
    """Whoever counts places waits for the others to have counted too, unless a lock lets only one count at a time."""
    together = threading.Barrier(people)
    is_one_left = places.is_one_left

    def counted(*args: object, **options: object) -> bool:
        left = is_one_left(*args, **options)  # type: ignore[arg-type]
        try:
            together.wait(TOGETHER_SECONDS)
        except threading.BrokenBarrierError:
            return left
        return left

    monkeypatch.setattr(places, "is_one_left", counted)


def held_for(person: Registration) -> str:
    return Enrollment.objects.get(registration=person).held_for


def who_is_in() -> int:
    return Registration.objects.filter(enrollments__wish=EnrollmentWish.IN).distinct().count()


def crowd(campaign: Campaign) -> list[Callable[[], object]]:
    return [
        partial(
            signup.record,
            campaign_id=campaign.pk,
            form_token=f"form {number}",
            entry=Entry(email=f"person{number}@example.org", first_name="Olga"),
        )
        for number in range(CROWD)
    ]


# The last place


def test_fifty_at_once_for_ten_places_are_ten_people_and_the_others_are_told() -> None:
    campaign = factories.make_campaign(places=PLACES)
    assert at_once(*crowd(campaign)) == []
    assert who_is_in() == places.taken_places(campaign) == PLACES
    assert Enrollment.objects.filter(wish=EnrollmentWish.HELD, held_for=HeldFor.NO_PLACE).count() == CROWD - PLACES
    assert OutgoingEmail.objects.filter(kind="full", silent=False).count() == CROWD - PLACES
    assert not Seat.objects.filter(enrollments__wish=EnrollmentWish.HELD).exclude(state=StepState.SETTLED).exists()


@on_postgresql
def test_without_the_campaigns_lock_there_would_be_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    campaign = factories.make_campaign(places=PLACES)
    let_count_together(monkeypatch, people=CROWD)
    unlocked = Campaign.objects.select_related("event__account", "session")
    monkeypatch.setattr(signup, "_campaign", lambda campaign_id: unlocked.get(pk=campaign_id))
    assert at_once(*crowd(campaign)) == []
    assert who_is_in() > PLACES


def test_the_last_place_goes_to_one_of_a_newcomer_and_somebody_who_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    campaign = factories.make_campaign(places=1)
    person = gone(campaign)
    sign_up = partial(signup.record, campaign_id=campaign.pk, form_token="newcomer", entry=factories.make_entry())
    let_count_together(monkeypatch)
    assert at_once(partial(cancelling.come_back, token=person.token), sign_up) == []
    assert who_is_in() == places.taken_places(campaign) == 1


def test_the_last_place_goes_to_one_of_two_who_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    campaign = factories.make_campaign(places=2)
    people = [gone(campaign) for _ in range(2)]
    Campaign.objects.update(places=1)
    let_count_together(monkeypatch)
    assert at_once(*(partial(cancelling.come_back, token=person.token) for person in people)) == []
    assert who_is_in() == places.taken_places(campaign) == 1


def test_the_last_place_goes_to_one_of_two_who_confirm_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    campaign = factories.make_campaign(places=1, confirm_address=True)
    people = [factories.make_person(campaign=campaign) for _ in range(2)]
    let_count_together(monkeypatch)
    assert at_once(*(partial(confirming.confirm, token=person.token) for person in people)) == []
    assert [held_for(person) for person in people] == ["", HeldFor.NO_PLACE]


# Coming back


def gone(campaign: Campaign) -> Registration:
    """Somebody who has cancelled, and whom the platform does not have any more."""
    person = factories.make_person(campaign=campaign)
    cancelling.cancel(token=person.token)
    Seat.objects.filter(enrollments__registration=person).update(state=StepState.SETTLED, fact="out")
    return person


def test_whoever_comes_back_when_all_places_are_taken_is_told_so_by_mail_and_on_their_page() -> None:
    campaign = factories.make_campaign(places=1)
    person = gone(campaign)
    factories.make_person(campaign=campaign)
    cancelling.come_back(token=person.token)
    page = private_page.read(token=person.token)
    assert (page.held_for, page.cancelled, page.can_return) == (HeldFor.NO_PLACE, False, True)
    assert person.mails.latest("pk").kind == "full"
    assert places.taken_places(campaign) == 1


def test_asking_again_while_there_is_no_place_sends_nothing_more() -> None:
    campaign = factories.make_campaign(places=0)
    person = factories.make_person(campaign=campaign)
    assert not cancelling.come_back(token=person.token)
    assert person.mails.count() == 1


def test_asking_again_once_there_is_a_place_brings_it() -> None:
    campaign = factories.make_campaign(places=0)
    person = factories.make_person(campaign=campaign)
    Campaign.objects.update(places=1)
    cancelling.come_back(token=person.token)
    assert who_is_in() == 1


def test_coming_back_ends_on_the_waiting_list_where_there_is_one() -> None:
    campaign = factories.make_campaign(places=1, waiting_list=True)
    person = gone(campaign)
    factories.make_person(campaign=campaign)
    cancelling.come_back(token=person.token)
    assert held_for(person) == HeldFor.PLACE
    assert person.mails.latest("pk").kind == "waiting"


def test_after_the_closing_time_nobody_is_put_on_a_list_that_does_not_move_any_more() -> None:
    campaign = factories.make_campaign(places=1, waiting_list=True)
    person = gone(campaign)
    factories.make_person(campaign=campaign)
    Campaign.objects.update(closes_at=ago(minutes=1))
    cancelling.come_back(token=person.token)
    assert held_for(person) == HeldFor.NO_PLACE


def test_whoever_was_in_may_come_back_after_the_closing_time_while_there_is_a_place() -> None:
    campaign = factories.make_campaign(places=1)
    person = factories.make_person(campaign=campaign)
    cancelling.cancel(token=person.token)
    Campaign.objects.update(closes_at=ago(minutes=1))
    assert private_page.read(token=person.token).can_return
    cancelling.come_back(token=person.token)
    assert places.taken_places(campaign) == 1


def test_coming_back_to_a_place_one_still_has_takes_no_second_one() -> None:
    campaign = factories.make_campaign(places=1)
    person = factories.make_person(campaign=campaign)
    assert not cancelling.come_back(token=person.token)
    assert places.taken_places(campaign) == 1


def test_whoever_changes_their_mind_before_the_platform_was_told_keeps_their_place() -> None:
    campaign = factories.make_campaign(places=1)
    person = factories.make_person(campaign=campaign)
    factories.let_in(person)
    cancelling.cancel(token=person.token)
    assert places.taken_places(campaign) == 1
    cancelling.come_back(token=person.token)
    assert held_for(person) == ""
    assert who_is_in() == 1


# What is counted


def test_whoever_waits_for_approval_takes_a_place_and_whoever_waits_for_one_does_not() -> None:
    campaign = factories.make_campaign(places=1, approval=True, waiting_list=True)
    first, second = (factories.make_person(campaign=campaign) for _ in range(2))
    assert (held_for(first), held_for(second)) == (HeldFor.APPROVAL, HeldFor.PLACE)
    counted = places.count(campaign)
    assert (counted.taken, counted.to_approve, counted.waiting, counted.unconfirmed) == (1, 1, 1, 0)


def test_a_place_is_kept_for_an_unconfirmed_address_for_two_hours(settings: LazySettings) -> None:
    campaign = factories.make_campaign(places=1, confirm_address=True)
    early, late = (factories.make_person(campaign=campaign) for _ in range(2))
    assert places.taken_places(campaign) == 1
    put_forward(settings, hours=2)
    assert places.taken_places(campaign) == 0
    confirming.confirm(token=late.token)
    assert held_for(late) == ""
    confirming.confirm(token=early.token)
    assert held_for(early) == HeldFor.NO_PLACE
    assert places.taken_places(campaign) == 1


def test_whoever_is_on_their_way_out_keeps_their_place_until_the_platform_has_deleted_them() -> None:
    campaign = factories.make_campaign(places=1)
    person = factories.make_person(campaign=campaign)
    factories.let_in(person)
    cancelling.cancel(token=person.token)
    assert held_for(factories.make_person(campaign=campaign)) == HeldFor.NO_PLACE
    Seat.objects.filter(enrollments__registration=person).update(state=StepState.SETTLED, fact="out")
    assert held_for(factories.make_person(campaign=campaign)) == ""


def test_a_seat_that_another_campaign_keeps_takes_no_place_of_this_one() -> None:
    campaign = factories.make_campaign(places=1)
    other = factories.make_campaign(event=campaign.event)
    person = factories.make_person(campaign=campaign, email="ivan@example.org")
    factories.make_person(campaign=other, email="ivan@example.org")
    factories.let_in(person)
    cancelling.cancel(token=person.token)
    assert places.taken_places(campaign) == 0


def test_a_campaign_without_limit_takes_nobodys_count(django_assert_num_queries: Callable[[int], object]) -> None:
    campaign, now = factories.make_campaign(), factories.db_now()
    with django_assert_num_queries(0):
        assert places.is_one_left(campaign, now=now)


def test_a_look_costs_one_query_for_the_list_while_nobody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[int] = []
    monkeypatch.setattr(places, "whose_turn", lambda *args, **options: looked.append(1) or [])
    factories.make_person(campaign=factories.make_campaign(places=1))
    wakeup.look()
    assert looked == []
