"""Finding people, seeing where they stand, and doing what helps."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse

from registrations.admin import paging, registrations
from registrations.admin.registrations import AT_ONCE
from registrations.models import Campaign, Enrollment, EnrollmentWish, OutgoingEmail, Registration, Seat, StepState, db_now
from registrations.services import cancelling
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


@pytest.mark.parametrize("words", ["и", "ив", "иван @@@"])
def test_words_too_short_to_look_for_among_all_find_nobody_and_say_why(visit: Visit, words: str) -> None:
    factories.make_person(last_name="Иванов")
    client = visit("Staff")
    assert found(client, q=words) == set()
    assert "at least three letters" in text_of(client, f"{reverse(LIST)}?q={words}")


def test_two_letters_are_enough_within_a_campaign(visit: Visit) -> None:
    ivan, other = factories.make_person(last_name="Иванов"), factories.make_person(last_name="Иванов")
    factories.make_person(campaign=ivan.campaign, last_name="Petrov", first_name="Anna")
    client = visit("Staff")
    assert found(client, q="ИВ", campaign__id__exact=str(ivan.campaign_id)) == {ivan.pk}
    assert other.campaign_id != ivan.campaign_id
    assert "at least two letters" in text_of(client, f"{reverse(LIST)}?campaign__id__exact={ivan.campaign_id}&q=и")


def test_a_search_among_those_of_one_state_finds_them_alone(visit: Visit) -> None:
    stopped, waiting = factories.make_person(last_name="Серова"), factories.make_person(last_name="Серов")
    factories.park_seat(stopped)
    factories.park_seat(factories.make_person(last_name="Белов"))
    client = visit("Staff")
    assert found(client, q="серов", standing="attention") == {stopped.pk}
    assert found(client, q="серов", standing="received") == {waiting.pk}


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


# --- long lists ---


@pytest.fixture
def short_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two people a page, and no list is counted beyond three."""
    monkeypatch.setattr(registrations.RegistrationAdmin, "list_per_page", 2)
    monkeypatch.setattr(paging, "COUNTED", 3)
    monkeypatch.setattr(registrations, "COUNTED", 3)


def make_people(count: int, **values: str) -> Campaign:
    campaign = factories.make_campaign()
    for _ in range(count):
        factories.make_person(campaign=campaign, **values)
    return campaign


@pytest.mark.parametrize("narrowed", ["", "q=Соколов&", "standing=received&", "q=Соколов&standing=received&"])
def test_everybody_on_a_long_list_is_met_by_going_on_page_by_page(visit: Visit, short_pages: None, narrowed: str) -> None:
    make_people(5)
    client = visit("Staff")
    met: list[int] = []
    url, pages = f"{reverse(LIST)}?{narrowed}", 0
    while url:
        answer = client.get(url)
        met += [person.pk for person in answer.context["cl"].result_list]
        onward = re.search(r'rel="next" href="([^"]+)"', answer.content.decode())
        url, pages = (reverse(LIST) + unescape(onward[1]) if onward else ""), pages + 1
    assert met == list(Registration.objects.order_by("-pk").values_list("pk", flat=True))
    assert pages == 3


def test_the_way_back_leads_to_the_page_before(visit: Visit, short_pages: None) -> None:
    make_people(7)
    page = visit("Staff").get(f"{reverse(LIST)}?p=2").content.decode()
    assert 'rel="prev" href="?p=1"' in page
    assert "3–4" in page


def test_a_list_short_enough_to_count_tells_how_many_and_offers_to_choose_all(visit: Visit, short_pages: None) -> None:
    make_people(3)
    text = text_of(visit("Staff"), reverse(LIST))
    assert "Registrations: 3" in text
    assert "Select all 3 registrations" in text


def test_a_list_too_long_to_count_does_not_offer_to_choose_all(visit: Visit, short_pages: None) -> None:
    make_people(4)
    text = text_of(visit("Staff"), reverse(LIST))
    assert "Registrations: " not in text
    assert not re.search(r"Select all \d", text)


@pytest.mark.parametrize("page", ["0", "-1", "3", "x" * 10])
def test_a_page_that_is_not_there_leads_to_the_list(visit: Visit, short_pages: None, page: str) -> None:
    make_people(4)
    answer = visit("Staff").get(reverse(LIST), {"p": page}, follow=True)
    assert answer.status_code == 200
    assert len(answer.context["cl"].result_list) == 2


def test_what_is_chosen_on_a_later_page_of_a_search_is_done(visit: Visit, short_pages: None) -> None:
    campaign = make_people(6, last_name="Серова")
    oldest = campaign.registrations.earliest("pk")
    factories.park_seat(oldest)
    data = {"action": "try_all_again", "_selected_action": [str(oldest.pk)], "select_across": "0"}
    answer = visit("Staff").post(f"{reverse(LIST)}?q=серова&p=3", data, follow=True)
    assert "1 person is tried again now." in answer.content.decode()


def test_choosing_all_of_a_search_takes_no_more_than_fit_in_one_go(visit: Visit, short_pages: None) -> None:
    make_people(5, last_name="Серова")
    data = {"action": "try_all_again", "_selected_action": [], "select_across": "1"}
    client = visit("Staff")
    chosen = [str(Registration.objects.latest("pk").pk)]
    text = unescape(client.post(f"{reverse(LIST)}?q=серова", data | {"_selected_action": chosen}, follow=True).content.decode())
    assert "4 people are tried again now." in text, "one more than is counted, so that too many are noticed"


def test_people_of_a_state_are_looked_for_no_further_than_is_said(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registrations, "LOOKED_THROUGH", 2)
    monkeypatch.setattr("registrations.services.standing.CHUNK", 1)
    make_people(3)
    client = visit("Staff")
    assert len(found(client, standing="received")) == 2
    assert "Only the newest 2 people were looked through." in text_of(client, f"{reverse(LIST)}?standing=received")


def test_whoever_stands_so_is_in_the_list_of_that_state(visit: Visit) -> None:
    held, twice, entered, gone = (factories.make_person() for _ in range(4))
    Enrollment.objects.filter(registration=held).update(wish=EnrollmentWish.HELD)
    for person in (twice, entered):
        factories.let_in(person)
        factories.hand_over(person)
    OutgoingEmail.objects.filter(registration=twice).update(possible_second_copy=True)
    Seat.objects.filter(enrollments__registration=entered).update(visited_at=db_now())
    cancelling.cancel(token=gone.token)
    client = visit("Staff")
    assert found(client, standing="held") == {held.pk}
    assert found(client, standing="second_copy") == {twice.pk}
    assert found(client, standing="entered") == {entered.pk}
    assert found(client, standing="cancelled") == {gone.pk}
    assert found(client, standing="handed_over") == set()


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
