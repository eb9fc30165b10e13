"""One person who comes by several ways is one registration, whichever way is the first."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations
from urllib.parse import urlencode

import pytest
from django.http import HttpResponse
from django.test import Client

from registrations.models import ApiKey, Campaign, FormHook, Registration, Seat, Submission
from tests import factories
from tests.api.conftest import address
from tests.views import attendee

pytestmark = pytest.mark.django_db


def by_page(client: Client, campaign: Campaign) -> HttpResponse:
    return attendee.post(client, campaign, email="Anna@Example.org", q_role="Engineer")


def by_api(client: Client, campaign: Campaign) -> HttpResponse:
    _row, key = ApiKey.objects.create_key(name="Website")
    body = {**attendee.ANNA, "answers": {"role": "Engineer"}}
    headers = {"Authorization": f"Api-Key {key}"}
    return client.post(address(campaign), body, content_type="application/json", headers=headers)


def by_hook(client: Client, campaign: Campaign) -> HttpResponse:
    hook = FormHook(campaign=campaign, name="Front page", basis="A box there")
    path = f"/hooks/forms/{hook.set_new_secret()}/"
    hook.save()
    typed = {"Name": "Anna Petrova", "Email": " ANNA@example.org", "Role": "Engineer", "tranid": "1:2"}
    return client.post(path, urlencode(typed), content_type="application/x-www-form-urlencoded")


WAYS = {by_page: 303, by_api: 202, by_hook: 200}


@pytest.mark.parametrize("ways", list(permutations(WAYS)), ids=lambda ways: "-".join(way.__name__[3:] for way in ways))
def test_one_person_by_every_way_is_one_registration(client: Client, ways: tuple[Callable[..., HttpResponse], ...]) -> None:
    campaign = factories.make_campaign()
    factories.make_question(campaign, key="role", label="Role", required=True)
    for way in ways:
        assert way(client, campaign).status_code == WAYS[way]
    anna = Registration.objects.get()
    assert (anna.email, anna.full_name, anna.answers) == ("anna@example.org", "Anna Petrova", {"role": "Engineer"})
    assert Seat.objects.count() == 1
    assert list(Submission.objects.order_by("pk").values_list("from_known_person", flat=True)) == [False, True, True]


def test_what_each_way_writes_down_is_the_same(client: Client) -> None:
    written = []
    for way in WAYS:
        campaign = factories.make_campaign()
        factories.make_question(campaign, key="role", label="Role", required=True)
        way(client, campaign)
        fields = ("email", "first_name", "last_name", "answers", "content_hash")
        written.append(Submission.objects.filter(campaign=campaign).values(*fields).get())
    assert written[0] == written[1] == written[2]
