"""Approving and declining people, and what staff see of those who wait."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from registrations.models import Campaign, Enrollment, HeldFor, Registration
from registrations.services import cancelling
from tests import factories
from tests.admin.campaign_form import change, save, values
from tests.admin.conftest import Platform, Visit

pytestmark = pytest.mark.django_db

LIST = "admin:registrations_registration_changelist"


def text_of(answer: Any) -> str:
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", unescape(answer.content.decode()))


def run(client: Client, action: str, *people: Registration) -> str:
    data = {"action": action, "_selected_action": [str(person.pk) for person in people]}
    return text_of(client.post(reverse(LIST), data, follow=True))


def page_of(person: Registration) -> str:
    return reverse("admin:registrations_registration_change", args=[person.pk])


def press(client: Client, name: str, person: Registration) -> str:
    return text_of(client.post(reverse(f"admin:registrations_registration_{name}", args=[person.pk]), follow=True))


def held_for(person: Registration) -> str:
    return Enrollment.objects.get(registration=person).held_for


@pytest.mark.parametrize("group", ["Marketing", "Staff"])
def test_people_who_wait_for_approval_are_listed_and_approved_together(visit: Visit, group: str) -> None:
    campaign = factories.make_campaign(approval=True)
    people = [factories.make_person(campaign=campaign) for _ in range(2)]
    factories.make_person()
    client = visit(group)
    shown = client.get(f"{reverse(LIST)}?standing=held")
    assert {person.pk for person in shown.context["cl"].result_list} == {person.pk for person in people}
    assert "2 people are approved" in run(client, "approve_people", *people)
    assert [held_for(person) for person in people] == ["", ""]


def test_of_people_who_did_not_wait_nothing_is_decided(visit: Visit) -> None:
    campaign = factories.make_campaign(approval=True)
    person, other = factories.make_person(campaign=campaign), factories.make_person()
    told = run(visit("Marketing"), "decline_people", person, other)
    assert "1 person is declined" in told
    assert "1 person did not wait for a decision" in told
    assert held_for(person) == HeldFor.DECLINED


def test_whoever_may_only_look_decides_nothing(visit: Visit) -> None:
    person = factories.make_person(campaign=factories.make_campaign(approval=True))
    client = visit()
    for name in ("approve", "decline"):
        url = reverse(f"admin:registrations_registration_{name}", args=[person.pk])
        assert client.post(url).status_code in (302, 403)
        assert client.get(url).status_code in (302, 403, 405)
    assert held_for(person) == HeldFor.APPROVAL


def test_the_page_of_a_person_has_the_buttons_and_tells_who_decided(visit: Visit) -> None:
    person = factories.make_person(campaign=factories.make_campaign(approval=True))
    client = visit("Staff")
    before = text_of(client.get(page_of(person)))
    assert "Waits for: approval." in before
    assert "Since " in before
    assert "1 person is declined" in press(client, "decline", person)
    after = text_of(client.get(page_of(person)))
    assert "/approve/" in after
    assert "/decline/" not in after
    assert "Declined by staff." in after
    assert "1 person is approved" in press(client, "approve", person)
    assert "/approve/" not in text_of(client.get(page_of(person)))


def test_whoever_waits_for_a_place_is_shown_with_their_number(visit: Visit) -> None:
    campaign = factories.make_campaign(places=0, waiting_list=True)
    _, second = (factories.make_person(campaign=campaign) for _ in range(2))
    text = text_of(visit("Staff").get(page_of(second)))
    assert "number 2 on the waiting list" in text
    assert "On the waiting list" in text


def test_each_way_of_waiting_is_found_in_the_list(visit: Visit) -> None:
    people = {
        "unconfirmed": factories.make_person(campaign=factories.make_campaign(confirm_address=True)),
        "held": factories.make_person(campaign=factories.make_campaign(approval=True)),
        "waiting": factories.make_person(campaign=factories.make_campaign(places=0, waiting_list=True)),
        "no_place": factories.make_person(campaign=factories.make_campaign(places=0)),
    }
    gone = factories.make_person(campaign=factories.make_campaign(approval=True))
    cancelling.cancel(token=gone.token)
    client = visit("Staff")
    for standing, person in people.items():
        answer = client.get(f"{reverse(LIST)}?standing={standing}")
        assert [found.pk for found in answer.context["cl"].result_list] == [person.pk]


def test_the_campaign_says_how_many_places_are_taken_and_who_waits(visit: Visit) -> None:
    campaign = factories.make_campaign(places=1, approval=True, waiting_list=True)
    for _ in range(3):
        factories.make_person(campaign=campaign)
    text = text_of(visit("Marketing").get(change(campaign)))
    assert "1 of 1 places taken · on the waiting list: 2 · to approve: 1" in text


def test_a_marketer_chooses_what_people_wait_for(visit: Visit, platform: type[Platform]) -> None:
    event = factories.make_event()
    sent = values(event, places="5", waiting_list="on", approval="on", confirm_address="on")
    save(visit("Marketing"), sent)
    made = Campaign.objects.get()
    assert (made.places, made.waiting_list, made.approval, made.confirm_address) == (5, True, True, True)
