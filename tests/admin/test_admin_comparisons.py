"""The screen of nightly comparisons: in plain words, and with a link to everybody who is missing."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from registrations.models import Reconciliation, Registration, db_now
from tests import factories
from tests.admin.conftest import Visit

pytestmark = pytest.mark.django_db

LIST = "admin:registrations_reconciliation_changelist"


def compared(people: list[Registration], **values: object) -> Reconciliation:
    """A finished comparison in which these people are missing."""
    campaign = people[0].campaign if people else factories.make_campaign()
    missing = [factories.seat_of(person).pk for person in people]
    return Reconciliation.objects.create(
        event=campaign.event,
        session=campaign.session,
        **{"day": db_now().date(), "finished_at": db_now(), "missing": missing, "here": 7, "there": 5} | values,
    )


def page_of(comparison: Reconciliation) -> str:
    return reverse("admin:registrations_reconciliation_change", args=[comparison.pk])


def text_of(client: Client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", unescape(answer.content.decode()))


@pytest.mark.parametrize("role", ["Marketing", "Staff"])
def test_the_page_names_exactly_the_missing_people_and_links_to_them(visit: Visit, role: str) -> None:
    campaign = factories.make_campaign()
    people = [factories.make_person(campaign=campaign) for _ in range(4)]
    words = text_of(visit(role), page_of(compared(people[:2], strangers=3)))
    linked = set(re.findall(r"/admin/registrations/registration/(\d+)/change/", words))
    assert linked == {str(person.pk) for person in people[:2]}
    for person in people[:2]:
        assert person.full_name in words
    assert "the platform does not list them" in words
    assert "<dt>At the platform only</dt><dd>3</dd>" in words


def test_a_night_without_a_difference_says_so(visit: Visit) -> None:
    client = visit("Marketing")
    comparison = compared([])
    assert "everybody who is registered here is listed there" in text_of(client, page_of(comparison))
    assert "Nobody" in text_of(client, reverse(LIST))


def test_a_comparison_that_was_not_finished_claims_nothing(visit: Visit) -> None:
    client = visit("Marketing")
    comparison = compared([], finished_at=None)
    words = text_of(client, page_of(comparison))
    assert "could not be compared yet" in words
    assert "everybody who is registered" not in words
    assert "Not compared yet" in text_of(client, reverse(LIST))


def test_people_who_are_not_known_any_more_are_counted(visit: Visit) -> None:
    comparison = compared([factories.make_person()])
    Reconciliation.objects.update(missing=[*comparison.missing, 999_999])
    assert "1 more person is not known here any more." in text_of(visit("Staff"), page_of(comparison))


def test_the_list_can_be_narrowed_to_nights_on_which_people_were_missing(visit: Visit) -> None:
    missing, calm = compared([factories.make_person()]), compared([])
    words = text_of(visit("Staff"), f"{reverse(LIST)}?difference=missing")
    assert page_of(missing) in words
    assert page_of(calm) not in words
    assert "1 person" in words


def test_the_list_costs_the_same_for_many_comparisons(visit: Visit) -> None:
    client = visit("Staff")

    def queries() -> int:
        with CaptureQueriesContext(connection) as made:
            assert client.get(reverse(LIST)).status_code == 200
        return sum("clock_timestamp" not in query["sql"] for query in made)

    compared([factories.make_person()])
    client.get(reverse(LIST))
    few = queries()
    for _ in range(5):
        compared([factories.make_person()])
    assert queries() <= few


def test_nobody_else_sees_comparisons(visit: Visit) -> None:
    comparison, client = compared([]), visit()
    assert client.get(reverse(LIST)).status_code == client.get(page_of(comparison)).status_code == 403
    assert reverse(LIST) not in text_of(client, reverse("admin:index"))
    assert reverse(LIST) in text_of(visit("Marketing"), reverse("admin:index"))


@pytest.mark.parametrize("object_id", ["0", "x"])
def test_a_comparison_that_there_is_not_is_not_found(visit: Visit, object_id: str) -> None:
    assert visit("Staff").get(reverse("admin:registrations_reconciliation_change", args=[object_id])).status_code == 404


@pytest.mark.parametrize("language", ["en", "ru"])
def test_the_screens_open_in_both_languages(visit: Visit, language: str) -> None:
    client = visit("Staff")
    for url in (reverse(LIST), page_of(compared([factories.make_person()]))):
        assert client.get(url, headers={"accept-language": language}).status_code == 200
