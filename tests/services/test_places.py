"""A campaign's places, for those who come back: counted like anybody's, one at a time."""

from __future__ import annotations

import threading
from functools import partial

import pytest

from registrations.models import Campaign
from registrations.services import campaigns, cancelling, private_page, signup
from registrations.services.campaigns import Availability
from registrations.services.signup import NotOpen
from tests import factories
from tests.services.racing import at_once
from tests.services.timing import ago

pytestmark = pytest.mark.django_db(transaction=True)

TOGETHER_SECONDS = 0.5
"""How long one waits for the other at the same point; whoever stands before a lock does not come."""


def let_two_count_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asks for a place next waits for a second one to have counted too, unless a lock lets only one count at a time."""
    both = threading.Barrier(2)
    availability = campaigns.availability

    def counted(campaign: Campaign, **options: bool) -> Availability:
        state = availability(campaign, **options)
        try:
            both.wait(TOGETHER_SECONDS)
        except threading.BrokenBarrierError:
            return state
        return state

    monkeypatch.setattr(cancelling, "availability", counted)
    monkeypatch.setattr(signup, "availability", counted)


def test_nobody_comes_back_to_a_campaign_that_is_full_meanwhile() -> None:
    campaign = factories.make_campaign(places=1)
    person = factories.make_person(campaign=campaign)
    cancelling.cancel(token=person.token)
    factories.make_person(campaign=campaign)
    with pytest.raises(NotOpen) as refusal:
        cancelling.come_back(token=person.token)
    assert refusal.value.availability is Availability.FULL
    assert not private_page.read(token=person.token).can_return
    assert campaigns.taken_places(campaign) == 1


def test_nobody_comes_back_to_a_campaign_that_is_closed_and_full() -> None:
    campaign = factories.make_campaign(places=1)
    person = factories.make_person(campaign=campaign)
    cancelling.cancel(token=person.token)
    factories.make_person(campaign=campaign)
    Campaign.objects.update(closes_at=ago(minutes=1))
    with pytest.raises(NotOpen) as refusal:
        cancelling.come_back(token=person.token)
    assert refusal.value.availability is Availability.FULL
    assert not private_page.read(token=person.token).can_return


def test_whoever_was_in_may_come_back_after_the_closing_time_while_there_is_a_place() -> None:
    campaign = factories.make_campaign(places=1)
    person = factories.make_person(campaign=campaign)
    cancelling.cancel(token=person.token)
    Campaign.objects.update(closes_at=ago(minutes=1))
    assert private_page.read(token=person.token).can_return
    cancelling.come_back(token=person.token)
    assert campaigns.taken_places(campaign) == 1


def test_coming_back_to_a_place_one_still_has_takes_no_second_one() -> None:
    campaign = factories.make_campaign(places=1)
    person = factories.make_person(campaign=campaign)
    assert not cancelling.come_back(token=person.token)
    assert campaigns.taken_places(campaign) == 1


def test_the_last_place_goes_to_one_of_a_newcomer_and_somebody_who_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    campaign = factories.make_campaign(places=1)
    person = factories.make_person(campaign=campaign)
    cancelling.cancel(token=person.token)
    sign_up = partial(signup.record, campaign_id=campaign.pk, form_token="newcomer", entry=factories.make_entry())
    let_two_count_together(monkeypatch)
    [refusal] = at_once(partial(cancelling.come_back, token=person.token), sign_up)
    assert isinstance(refusal, NotOpen)
    assert refusal.availability is Availability.FULL
    assert campaigns.taken_places(campaign) == 1


def test_the_last_place_goes_to_one_of_two_who_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    campaign = factories.make_campaign(places=2)
    people = [factories.make_person(campaign=campaign) for _ in range(2)]
    for person in people:
        cancelling.cancel(token=person.token)
    Campaign.objects.update(places=1)
    let_two_count_together(monkeypatch)
    [refusal] = at_once(*(partial(cancelling.come_back, token=person.token) for person in people))
    assert isinstance(refusal, NotOpen)
    assert campaigns.taken_places(campaign) == 1
