"""One person who comes by several ways is one registration, whichever way is the first."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from urllib.parse import urlencode

import pytest
from django.http import HttpResponse
from django.test import Client

from registrations.models import ApiKey, Campaign, FormHook, Registration, Seat, Submission
from tests import factories
from tests.api.conftest import WEBSITE, address
from tests.views import attendee

pytestmark = pytest.mark.django_db

Way = Callable[[Client, Campaign], HttpResponse]


def hosted(client: Client, campaign: Campaign) -> HttpResponse:
    return attendee.post(client, campaign, email="Anna@Example.org", q_role="Engineer")


def embed(client: Client, campaign: Campaign) -> HttpResponse:
    frame = f"/c/{campaign.slug}/embed/"
    [token] = re.findall(r'name="form_token" value="([^"]+)"', attendee.text(client.get(frame)))
    typed = {**attendee.ANNA, "email": "anna@EXAMPLE.org ", "q_role": " Engineer", "form_token": token}
    return client.post(frame, typed)


def form(client: Client, campaign: Campaign) -> HttpResponse:
    typed = {**attendee.ANNA, "email": "\tanna@example.ORG", "first_name": " Anna ", "q_role": "Engineer"}
    return client.post(f"/c/{campaign.slug}/form/", typed, headers={"Origin": WEBSITE})


def api(client: Client, campaign: Campaign) -> HttpResponse:
    _row, key = ApiKey.objects.create_key(name="Website")
    body = {**attendee.ANNA, "answers": {"role": "Engineer"}}
    headers = {"Authorization": f"Api-Key {key}"}
    return client.post(address(campaign), body, content_type="application/json", headers=headers)


def hook(client: Client, campaign: Campaign) -> HttpResponse:
    made = FormHook(campaign=campaign, name="Front page", basis="A box there")
    path = f"/hooks/forms/{made.set_new_secret()}/"
    made.save()
    typed = {"Name": "Anna Petrova", "Email": " ANNA@example.org", "Role": "Engineer", "tranid": "1:2"}
    return client.post(path, urlencode(typed), content_type="application/x-www-form-urlencoded")


WAYS: dict[Way, int] = {hosted: 303, embed: 303, form: 303, api: 202, hook: 200}

# Each way is the first, each is the last, and each follows every other at some distance.
ROUNDS = [[*order[start:], *order[:start]] for order in (list(WAYS), list(WAYS)[::-1]) for start in range(len(WAYS))]


def campaign_that_asks() -> Campaign:
    campaign = factories.make_campaign(websites=WEBSITE)
    factories.make_question(campaign, key="role", label="Role", required=True)
    return campaign


@pytest.mark.parametrize("ways", ROUNDS, ids=lambda ways: "-".join(way.__name__ for way in ways))
def test_one_person_by_every_way_is_one_registration(client: Client, ways: list[Way]) -> None:
    campaign = campaign_that_asks()
    for way in ways:
        assert way(client, campaign).status_code == WAYS[way]
    anna = Registration.objects.get()
    assert (anna.email, anna.full_name, anna.answers) == ("anna@example.org", "Anna Petrova", {"role": "Engineer"})
    assert Seat.objects.count() == 1
    came = Submission.objects.order_by("pk")
    assert [form.attribution["door"] for form in came] == [way.__name__ for way in ways]
    assert [form.from_known_person for form in came] == [False, True, True, True, True]


def test_what_each_way_writes_down_is_the_same(client: Client) -> None:
    written = []
    for way in WAYS:
        campaign = campaign_that_asks()
        way(client, campaign)
        fields = ("email", "first_name", "last_name", "answers", "content_hash")
        written.append(Submission.objects.filter(campaign=campaign).values(*fields).get())
    assert written == [written[0]] * len(WAYS)


CHOSEN = {"role": "Editor", "topics": "Mail\nForms\nDance", "size": "Small"}
AS_PAGES_POST_IT = {
    "q_role": "__other__",
    "q_role.other": "Editor",
    "q_topics": ["Forms", "Mail", "__other__"],
    "q_topics.other": "Dance",
    "q_size": "Small",
}


def pages_post(client: Client, campaign: Campaign, door: str) -> HttpResponse:
    typed = {**attendee.ANNA, **AS_PAGES_POST_IT, "form_token": attendee.form_token(client, campaign)}
    return client.post(f"/c/{campaign.slug}/{door}", typed, headers={"Origin": WEBSITE} if door == "form/" else {})


def api_posts(client: Client, campaign: Campaign) -> HttpResponse:
    headers = {"Authorization": f"Api-Key {ApiKey.objects.create_key(name='Website')[1]}"}
    body = {**attendee.ANNA, "answers": CHOSEN}
    return client.post(address(campaign), body, content_type="application/json", headers=headers)


def hook_posts(client: Client, campaign: Campaign, topics: list[str]) -> HttpResponse:
    made = FormHook(campaign=campaign, name="Front page", basis="A box there")
    path = f"/hooks/forms/{made.set_new_secret()}/"
    made.save()
    typed = {"Name": "Anna Petrova", "Email": "anna@example.org", "Role": "Editor", "Topics": topics, "Size": "Small"}
    return client.post(path, urlencode(typed, doseq=True), content_type="application/x-www-form-urlencoded")


@pytest.mark.parametrize(
    "send",
    [
        pytest.param(partial(pages_post, door=""), id="hosted"),
        pytest.param(partial(pages_post, door="embed/"), id="embed"),
        pytest.param(partial(pages_post, door="form/"), id="form"),
        pytest.param(api_posts, id="api"),
        pytest.param(partial(hook_posts, topics=["Mail", "Forms", "Dance"]), id="hook, boxes"),
        pytest.param(partial(hook_posts, topics=["Forms; Mail; Dance"]), id="hook, one text"),
    ],
)
def test_several_answers_and_ones_own_come_by_every_way(client: Client, send: Way) -> None:
    campaign = factories.make_campaign(websites=WEBSITE)
    own = {"options": {"offers_other": True}, "required": True}
    factories.make_question(campaign, key="role", label="Role", type="radio", choices="Maker\nReader", **own)
    factories.make_question(campaign, key="topics", label="Topics", type="multiple", choices="Mail\nForms", **own)
    factories.make_question(campaign, key="size", label="Size", type="choice", choices="Small\nLarge")
    assert send(client, campaign).status_code in (200, 202, 303)
    assert Registration.objects.get().answers == CHOSEN
