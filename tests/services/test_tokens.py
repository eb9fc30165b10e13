"""How long a private page stays open."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.conf import LazySettings

from registrations.models import Event, Session
from registrations.services import cancelling, private_page
from registrations.services.tokens import UnknownToken
from tests import factories
from tests.services.timing import put_forward

pytestmark = pytest.mark.django_db

DOORS = (private_page.read, private_page.calendar, cancelling.cancel, cancelling.come_back)
ONE_WEEK_AHEAD = 7
"""When an event of the factory begins, in days; a series goes on for two weeks more."""


def test_a_private_page_is_open_until_90_days_after_the_session(settings: LazySettings) -> None:
    person = factories.make_person()
    put_forward(settings, days=ONE_WEEK_AHEAD + 89)
    assert private_page.read(token=person.token).email == person.email
    assert private_page.calendar(token=person.token)


@pytest.mark.parametrize("door", DOORS)
def test_after_that_a_token_opens_nothing(settings: LazySettings, door: Callable[..., object]) -> None:
    person = factories.make_person()
    put_forward(settings, days=ONE_WEEK_AHEAD + 91)
    with pytest.raises(UnknownToken):
        door(token=person.token)


def test_in_a_series_the_last_session_counts(settings: LazySettings) -> None:
    person = factories.make_person(campaign=factories.make_campaign(event=factories.make_event(series=True)))
    put_forward(settings, days=ONE_WEEK_AHEAD + 14 + 89)
    assert private_page.read(token=person.token).email == person.email
    put_forward(settings, days=2)
    with pytest.raises(UnknownToken):
        private_page.read(token=person.token)


def test_a_page_of_an_event_whose_end_is_unknown_stays_open(settings: LazySettings) -> None:
    person = factories.make_person()
    Session.objects.update(ends_at=None)
    Event.objects.update(ends_at=None)
    put_forward(settings, days=400)
    assert private_page.read(token=person.token).email == person.email
