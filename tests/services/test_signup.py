"""What an accepted form leaves behind, and that a repeat leaves nothing more."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections

from registrations.models import Campaign, Enrollment, Fact, Registration, Seat, StepState, Submission, db_now
from registrations.services import answering, arrivals, places, signup
from registrations.services.campaigns import Availability
from registrations.services.signup import Entry, NotOpen, Receipt
from registrations.webinar.provider import Participation
from tests import factories
from tests.services import racing
from tests.services.conftest import World

ENTRY = Entry(email="ivan@example.com", first_name="Ivan", last_name="Petrov")


def post(campaign: Campaign, form_token: str = "form", **changes: str) -> Receipt:
    values = {"email": ENTRY.email, "first_name": ENTRY.first_name, "last_name": ENTRY.last_name} | changes
    return signup.record(campaign_id=campaign.pk, form_token=form_token, entry=Entry(**values))


def at_once(number: int, work: Callable[[int], object]) -> None:
    """Run the work in so many threads, each with its own connection."""

    def one(index: int) -> None:
        try:
            work(index)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(number) as pool:
        list(pool.map(one, range(number)))


def test_the_same_form_twice_is_one_submission_with_one_receipt(world: World) -> None:
    campaign = world.campaign()
    assert post(campaign).progress_token == post(campaign).progress_token
    assert Submission.objects.count() == 1


def test_the_same_form_with_other_content_is_a_new_submission(world: World) -> None:
    campaign = world.campaign()
    first, second = post(campaign), post(campaign, email="ivan.petrov@example.com")
    assert first.progress_token != second.progress_token
    assert Registration.objects.count() == 2


@pytest.mark.parametrize("spelling", ["IVAN@example.com", " ivan@Example.COM "])
def test_the_same_form_with_another_spelling_of_the_address_is_a_repeat(world: World, spelling: str) -> None:
    campaign = world.campaign()
    assert post(campaign).progress_token == post(campaign, email=spelling).progress_token
    assert Submission.objects.count() == 1


@pytest.mark.parametrize("spelling", ["IVAN@example.com", " ivan@Example.COM ", "Ivan@EXAMPLE.com"])
def test_another_spelling_of_an_address_is_the_same_person(world: World, spelling: str) -> None:
    campaign = world.campaign()
    post(campaign)
    post(campaign, "another form", email=spelling)
    assert Registration.objects.get().email == "ivan@example.com"
    assert Seat.objects.count() == 1


def test_a_known_persons_second_form_is_kept_and_changes_nothing(world: World) -> None:
    campaign = world.campaign()
    post(campaign)
    post(campaign, "another form", first_name="Somebody", last_name="Else")
    registration = Registration.objects.get()
    assert (registration.first_name, registration.last_name) == ("Ivan", "Petrov")
    assert list(registration.submissions.order_by("pk").values_list("first_name", "from_known_person")) == [
        ("Ivan", False),
        ("Somebody", True),
    ]


def test_many_posts_of_one_address_at_once_make_one_person_and_one_seat(world: World) -> None:
    campaign = world.campaign()
    at_once(8, lambda index: post(campaign, f"form {index}"))
    assert Registration.objects.count() == 1
    assert Seat.objects.count() == 1
    assert Submission.objects.count() == 8


def test_a_double_click_makes_one_submission(world: World) -> None:
    campaign = world.campaign()
    at_once(8, lambda _: post(campaign))
    assert Submission.objects.count() == 1


def test_the_last_place_is_given_once(world: World) -> None:
    campaign = world.campaign()
    Campaign.objects.update(places=3)
    at_once(8, lambda index: post(campaign, f"form {index}", email=f"person{index}@example.com"))
    assert Enrollment.objects.filter(wish="in").count() == places.taken_places(campaign) == 3
    assert Enrollment.objects.filter(held_for="no_place").count() == 5


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"opens_at": timedelta(hours=1)}, Availability.NOT_YET),
        ({"closes_at": timedelta(hours=-1)}, Availability.CLOSED),
    ],
)
def test_a_campaign_that_is_not_open_takes_nothing(world: World, changes: dict[str, object], why: Availability) -> None:
    campaign = world.campaign()
    values = {name: db_now() + value if isinstance(value, timedelta) else value for name, value in changes.items()}
    Campaign.objects.update(**values)
    with pytest.raises(NotOpen) as refusal:
        post(campaign)
    assert refusal.value.availability is why
    assert not Submission.objects.exists()


@pytest.mark.parametrize(("status", "why"), [("cancelled", Availability.CANCELLED), ("finished", Availability.OVER)])
def test_an_event_that_is_gone_takes_nobody(world: World, status: str, why: Availability) -> None:
    campaign = world.campaign()
    type(campaign.session).objects.update(status=status)
    with pytest.raises(NotOpen) as refusal:
        post(campaign)
    assert refusal.value.availability is why


def test_what_is_kept_of_tokens_opens_nothing(world: World) -> None:
    campaign = world.campaign()
    receipt = post(campaign)
    submission = Submission.objects.values().get()
    assert receipt.progress_token not in str(submission)


@racing.on_postgresql
def test_a_form_for_the_same_seat_in_the_instant_in_which_it_is_settled_is_answered(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = factories.make_campaign()
    second = factories.make_campaign(event=first.event)
    person = factories.make_person(campaign=first, email=ENTRY.email)
    seat = factories.claimed_seat(person)
    lock_registrations = answering.lock_registrations

    def overtaken(*seats: Seat) -> list[Registration]:
        locked = lock_registrations(*seats)
        assert racing.at_once(lambda: post(second)) == []
        return locked

    monkeypatch.setattr(answering, "lock_registrations", overtaken)
    answer = Participation(
        participation_id="1", email=seat.address, link="https://rooms.example.org/1", admitted=True, registered_at=db_now()
    )
    arrivals.let_in(seat, answer)
    seat.refresh_from_db()
    assert (seat.state, seat.fact) == (StepState.SETTLED, Fact.IN)
    assert sorted(Submission.objects.values_list("campaign", "mail__kind")) == [(first.pk, "link"), (second.pk, "link")]
