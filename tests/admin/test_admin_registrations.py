"""Finding people, seeing where they stand, and doing what helps."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse

from registrations.admin import screens
from registrations.admin.registrations import AT_ONCE
from registrations.models import Registration, StepState
from tests import factories
from tests.admin.conftest import Visit

pytestmark = pytest.mark.django_db

LIST = "admin:registrations_registration_changelist"
LINK = "https://rooms.example.org/of-one-person-alone"


def text_of(client: Client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", unescape(answer.content.decode()))


def page_of(person: Registration) -> str:
    return reverse("admin:registrations_registration_change", args=[person.pk])


def found(client: Client, **query: str) -> set[int]:
    answer = client.get(reverse(LIST), query)
    assert answer.status_code == 200
    return {person.pk for person in answer.context["cl"].result_list}


# --- the list ---


@pytest.mark.parametrize("words", ["кузнец", "КУЗНЕЦ", "Кузнецова Анна", "анна", "kuzn", "KUZN"])
def test_a_person_is_found_by_any_part_of_address_or_name_in_any_case(visit: Visit, words: str) -> None:
    anna = factories.make_person(email="anna.kuzn@example.org", first_name="Анна", last_name="Кузнецова")
    factories.make_person()
    assert found(visit("Staff"), q=words) == {anna.pk}


def test_a_single_letter_finds_nobody_and_says_why(visit: Visit) -> None:
    factories.make_person(last_name="Иванов")
    client = visit("Staff")
    assert found(client, q="и") == set()
    assert "at least two letters" in text_of(client, f"{reverse(LIST)}?q=и")


def test_the_list_is_narrowed_by_state_campaign_and_language(visit: Visit) -> None:
    stopped, waiting = factories.make_person(), factories.make_person()
    factories.park_seat(stopped)
    client = visit("Marketing")
    assert found(client, standing="attention") == {stopped.pk}
    assert found(client, standing="received") == {waiting.pk}
    assert found(client, campaign__id__exact=str(waiting.campaign_id)) == {waiting.pk}
    assert found(client, language="ru") == set()
    assert found(client, signed_up="hour") == {stopped.pk, waiting.pk}


def test_somebody_with_a_stopped_mail_is_among_those_who_need_attention(visit: Visit) -> None:
    person = factories.make_person()
    factories.let_in(person)
    factories.park_mail(person)
    assert found(visit("Staff"), standing="attention") == {person.pk}


def test_the_list_holds_no_link(visit: Visit) -> None:
    person = factories.make_person()
    factories.let_in(person, link=LINK)
    text = text_of(visit(superuser=True), reverse(LIST))
    assert LINK not in text
    assert person.token not in text


def test_what_a_person_typed_is_never_markup(visit: Visit) -> None:
    person = factories.make_person(first_name="<script>alert(1)</script>", last_name='"><img src=x onerror=alert(1)>')
    client = visit("Staff")
    for url in (reverse(LIST), page_of(person), reverse("admin:registrations_outgoingemail_changelist")):
        content = client.get(url).content.decode()
        assert "<script>alert(1)" not in content
        assert "<img src=x" not in content


def test_a_long_list_is_not_counted_to_its_end(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(screens, "COUNT_LIMIT", 2)
    campaign = factories.make_campaign()
    for _ in range(3):
        factories.make_person(campaign=campaign)
    assert "more than 2" in text_of(visit("Staff"), reverse(LIST))


# --- many at once ---


def run(client: Client, action: str, people: list[Registration], **values: str) -> str:
    data = {"action": action, "_selected_action": [str(person.pk) for person in people], **values}
    answer = client.post(reverse(LIST), data, follow=True)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", unescape(answer.content.decode()))


def test_links_are_sent_again_to_all_who_have_one(visit: Visit) -> None:
    with_link, without = factories.make_person(), factories.make_person()
    factories.let_in(with_link)
    factories.hand_over(with_link)
    text = run(visit("Marketing"), "resend_links", [with_link, without])
    assert "The link of 1 person is sent again." in text
    assert "1 person has no link yet" in text
    assert with_link.mails.filter(kind="link").count() == 2
    assert without.mails.count() == 0


def test_stopped_people_are_tried_again_together(visit: Visit) -> None:
    people = [factories.make_person(), factories.make_person()]
    for person in people:
        factories.park_seat(person)
    assert "2 people are tried again now." in run(visit("Staff"), "try_all_again", people)
    assert {factories.seat_of(person).state for person in people} == {StepState.QUEUED}


def test_nothing_is_done_to_more_people_than_fit_in_one_go(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    assert AT_ONCE == 500
    monkeypatch.setattr("registrations.admin.registrations.AT_ONCE", 1)
    people = [factories.make_person(), factories.make_person()]
    for person in people:
        factories.park_seat(person)
    assert "Nothing was done" in run(visit("Staff"), "try_all_again", people)
    assert {factories.seat_of(person).state for person in people} == {StepState.PARKED}


def test_a_marketer_cannot_try_again_in_bulk(visit: Visit) -> None:
    person = factories.make_person()
    factories.park_seat(person)
    data = {"action": "try_all_again", "_selected_action": [str(person.pk)]}
    assert visit("Marketing").post(reverse(LIST), data).status_code == 403
    assert factories.seat_of(person).state == StepState.PARKED
