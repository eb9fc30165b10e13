"""Series by their sessions on the staff's screens: set up, shown, and copied into a page."""

from __future__ import annotations

import re

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from registrations.admin.site_snippets import snippets
from registrations.models import Campaign, Choosing, Enrollment, Registration
from registrations.services import changing_dates
from tests import factories
from tests.admin.campaign_form import ADD, change, save, text_of, values
from tests.admin.conftest import Visit

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("platform")]


def series(**fields: object) -> Campaign:
    return factories.make_campaign(event=factories.make_event(series=True), choosing=Choosing.DATES, **fields)


def test_of_a_series_a_marketer_says_what_people_sign_up_for(visit: Visit) -> None:
    event = factories.make_event(series=True)
    client = visit("Marketing")
    assert 'name="choosing"' in text_of(client.get(f"{reverse(ADD)}?event={event.pk}"))
    save(client, values(event, slug="dates", choosing="dates"))
    save(client, values(event, slug="each", choosing="each"))
    save(client, values(event, slug="whole"))
    assert dict(Campaign.objects.values_list("slug", "choosing")) == {"dates": "dates", "each": "each", "whole": "whole"}


def test_of_one_session_there_is_nothing_to_choose(visit: Visit) -> None:
    single, event = factories.make_event(), factories.make_event(series=True)
    client = visit("Marketing")
    assert 'name="choosing"' not in text_of(client.get(f"{reverse(ADD)}?event={single.pk}"))
    save(client, values(single, slug="single", choosing="dates"))
    save(client, values(event, slug="one", session=str(event.sessions.all()[1].pk), choosing="dates"))
    assert dict(Campaign.objects.values_list("slug", "choosing")) == {"single": "whole", "one": "whole"}


def test_what_people_sign_up_for_is_fixed_once_somebody_has(visit: Visit) -> None:
    campaign = series()
    factories.make_person(campaign=campaign)
    client = visit("Marketing")
    assert 'name="choosing"' not in text_of(client.get(change(campaign)))
    save(client, values(campaign.event, slug=campaign.slug, choosing="whole"), change(campaign))
    campaign.refresh_from_db()
    assert campaign.choosing == Choosing.DATES


def test_a_persons_page_shows_each_date_with_where_it_stands(visit: Visit) -> None:
    campaign = series()
    first, second, third = campaign.event.sessions.order_by("starts_at")
    person = factories.make_person(campaign=campaign, all_dates=True)
    factories.let_in(person, session_id=first.pk)
    changing_dates.change(token=person.token, sessions=[first.pk, second.pk], all_dates=True)
    page = text_of(visit("Staff").get(reverse("admin:registrations_registration_change", args=[person.pk])))
    for session in (first, second, third):
        assert session.title in page
    assert page.count("This person") == 3
    assert page.count("<dd>Wants in</dd>") == 2
    assert page.count("<dd>Out</dd>") >= 1
    assert "All dates, later ones too" in page
    assert "Dates changed by the person" in page


def test_whoever_has_several_dates_stands_in_the_list_once(visit: Visit) -> None:
    person = factories.make_person(campaign=series(), all_dates=True)
    page = text_of(visit("Staff").get(reverse("admin:registrations_registration_changelist")))
    assert page.count(reverse("admin:registrations_registration_change", args=[person.pk])) >= 1
    assert page.count(person.email) == 1


def test_the_copied_form_has_the_dates_and_works_as_copied(client: Client) -> None:
    campaign = series(websites="https://www.north.example")
    code = snippets(campaign)[3].code
    first = campaign.event.sessions.order_by("starts_at").first()
    assert first is not None
    assert f'name="sessions" value="{first.pk}"' in code
    assert 'name="all_dates" value="yes"' in code
    labelled = set(re.findall(r'<label for="([^"]+)"', code))
    assert labelled <= set(re.findall(r' id="([^"]+)"', code))
    [action] = re.findall(r'<form method="post" action="([^"]+)"', code)
    [key] = re.findall(r'name="form_key" value="([^"]+)"', code)
    typed = {"first_name": "Anna", "last_name": "Petrova", "email": "anna@example.org", "form_key": key}
    answer = client.post(action.removeprefix(settings.PUBLIC_URL), {**typed, "sessions": str(first.pk)})
    assert answer.status_code == 303
    assert Enrollment.objects.get(registration=Registration.objects.get()).seat.session == first


def test_a_whole_series_may_still_be_taken_session_by_session(visit: Visit) -> None:
    campaign = series()
    Campaign.objects.update(choosing=Choosing.WHOLE)
    person = factories.make_person(campaign=campaign)
    client = visit("Marketing")
    page = text_of(client.get(change(campaign)))
    assert 'value="each"' in page
    assert 'value="dates"' not in page
    save(client, values(campaign.event, slug=campaign.slug, choosing="each"), change(campaign))
    person.refresh_from_db()
    assert person.all_dates
