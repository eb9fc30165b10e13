"""One person's page: where they stand in sentences, what happened, and the buttons that help."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse

from registrations.models import Registration, Seat, StepState, TimelineEntry
from registrations.services import cancelling, privacy, resending, steps
from registrations.services.standing import Standing, with_standing
from tests import factories
from tests.admin.conftest import Visit

pytestmark = pytest.mark.django_db

LINK = "https://rooms.example.org/of-one-person-alone"


def text_of(client: Client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", unescape(answer.content.decode()))


def page_of(person: Registration) -> str:
    return reverse("admin:registrations_registration_change", args=[person.pk])


def button(name: str, person: Registration) -> str:
    return reverse(f"admin:registrations_registration_{name}", args=[person.pk])


def codes(person: Registration) -> list[str]:
    return list(person.timeline.values_list("code", flat=True))


HELD = {
    "held": "approval",
    "unconfirmed": "confirmation",
    "waiting": "place",
    "no_place": "no_place",
    "declined": "declined",
}


def people_in_every_standing() -> dict[str, Registration]:
    """One person each, made by what happens in life."""
    standing: dict[str, Registration] = {}
    standing["received"] = factories.make_person()
    standing["registering"] = factories.make_person()
    steps.postpone(factories.claimed_seat(standing["registering"]), reason="timeout")
    standing["registered"] = factories.make_person()
    factories.let_in(standing["registered"])
    for name in ("handed_over", "second_copy", "entered"):
        standing[name] = factories.make_person()
        factories.let_in(standing[name])
        factories.hand_over(standing[name])
    standing["second_copy"].mails.update(possible_second_copy=True)
    Seat.objects.filter(enrollments__registration=standing["entered"]).update(visited_at=factories.db_now())
    standing["attention"] = factories.make_person()
    factories.park_seat(standing["attention"], reason="not_admitted")
    standing["paused"] = factories.make_person()
    factories.make_pause(standing["paused"].campaign.event.account, reason="key_refused")
    standing["cancelled"] = factories.make_person()
    cancelling.cancel(token=standing["cancelled"].token)
    standing["erased"] = factories.make_person()
    privacy.erase(registration_id=standing["erased"].pk, user_id=None)
    for name, held_for in HELD.items():
        standing[name] = factories.make_person()
        standing[name].enrollments.update(wish="held", held_for=held_for)
    return standing


SENTENCES = {
    "received": "the platform is asked in a moment",
    "registering": "We asked the platform once; the next try is at",
    "registered": "The mail with the link is on its way.",
    "handed_over": "Our mail server took the mail with the link at",
    "second_copy": "the same mail may have arrived twice",
    "attention": "Let the person in on the platform",
    "paused": "The platform refuses everything we ask with this key.",
    "cancelled": "the platform is being told",
    "erased": "Erased here at the person",
    "held": "until the organiser decides",
    "unconfirmed": "has not pressed the button in the mail yet",
    "waiting": "number 1 on the waiting list",
    "no_place": "All places were taken, and there was no waiting list.",
    "declined": "They can still be approved.",
    "entered": "has seen the person in the room",
}


def test_every_standing_is_shown_with_what_happens_next(visit: Visit) -> None:
    people = people_in_every_standing()
    assert set(people) == set(Standing.values) == set(SENTENCES)
    client = visit("Staff")
    for name, person in people.items():
        assert with_standing(Registration.objects.filter(pk=person.pk)).get().standing == name  # type: ignore[attr-defined]
        text = text_of(client, page_of(person))
        assert SENTENCES[name] in text, name
        assert str(Standing(name).label) in text


def test_the_code_and_the_platforms_words_stand_behind_the_sentence(visit: Visit) -> None:
    person = factories.make_person()
    factories.park_seat(person, reason="known_without_link", detail="User already registered")
    text = text_of(visit("Marketing"), page_of(person))
    assert "The platform knows this person but will not tell their personal link." in text
    assert "known_without_link" in text
    assert "User already registered" in text


def test_the_mail_servers_words_are_named_as_such(visit: Visit) -> None:
    person = factories.make_person()
    factories.let_in(person)
    factories.hand_over(person)
    text = text_of(visit("Marketing"), page_of(person))
    assert text.count("Mail server's reply: 250 2.0.0 Ok: queued as 4F1C2") == 2


def test_the_history_tells_what_happened_and_who_did_it(visit: Visit) -> None:
    person, olga = factories.make_person(), factories.make_user(group="Staff", username="olga")
    factories.let_in(person)
    resending.resend_link(registration_id=person.pk, user_id=olga.pk)
    text = text_of(visit("Staff"), page_of(person))
    assert "Staff asked to send the link again: Personal link, no. 2." in text
    assert "· olga" in text
    assert "Registered at the platform." in text


def test_answers_are_shown_under_the_labels_of_their_questions(visit: Visit) -> None:
    campaign = factories.make_campaign()
    factories.make_question(campaign, key="company", label="Where do you work?")
    person = factories.make_person(campaign=campaign, answers={"company": "Ромашка", "gone": "kept"})
    text = text_of(visit("Staff"), page_of(person))
    assert "Where do you work?" in text
    assert "Ромашка" in text
    assert "kept" in text


def test_answers_stand_under_their_headings_and_several_have_a_line_each(visit: Visit) -> None:
    campaign = factories.make_campaign()
    factories.make_question(campaign, key="topics", label="Topics", type="multiple", choices="Mail\nForms", position=3)
    factories.make_question(campaign, key="part", label="What you do", type="heading", position=2)
    factories.make_question(campaign, key="company", label="Company", position=1)
    person = factories.make_person(campaign=campaign, answers={"topics": "Mail\nForms", "company": "Acme", "gone": "kept"})
    page = visit("Staff").get(page_of(person)).content.decode()
    first = re.sub(r"\s+<", "<", page.split('id="rs-history"')[0])
    assert "<dd>Mail\nForms</dd>" in first
    order = [first.index(words) for words in ("Company", "Acme", '<h3 class="rs-title">What you do</h3>', "Topics", "kept")]
    assert order == sorted(order)


def test_times_are_told_on_the_events_clock(visit: Visit) -> None:
    event = factories.make_event(time_zone="Asia/Vladivostok")
    person = factories.make_person(campaign=factories.make_campaign(event=event))
    assert "Vladivostok, UTC+10" in text_of(visit("Staff"), page_of(person))


def test_the_link_is_not_on_the_page_until_somebody_asks_for_it(visit: Visit) -> None:
    person = factories.make_person()
    factories.let_in(person, link=LINK)
    client = visit("Staff")
    text = text_of(client, page_of(person))
    assert LINK not in text
    assert person.token not in text
    shown = client.post(button("show_link", person)).content.decode()
    assert LINK in shown
    assert person.token in shown


def test_each_look_at_a_link_is_in_the_history_with_who_looked(visit: Visit) -> None:
    person = factories.make_person()
    factories.let_in(person)
    client = visit("Staff")
    client.post(button("show_link", person))
    client.post(button("show_link", person))
    looks = person.timeline.filter(code=TimelineEntry.Code.LINK_SEEN)
    assert looks.count() == 2
    assert all(look.actor_id == int(client.session["_auth_user_id"]) for look in looks)


def test_a_marketer_is_offered_neither_the_link_nor_another_try(visit: Visit) -> None:
    person = factories.make_person()
    factories.let_in(person, link=LINK)
    text = text_of(visit("Marketing"), page_of(person))
    assert "Show the link" not in text
    assert "Try again" not in text
    assert "Send the link again" in text
    assert visit("Marketing").post(button("show_link", person)).status_code == 403
    assert TimelineEntry.Code.LINK_SEEN not in codes(person)


def test_two_clicks_on_send_again_make_one_mail(visit: Visit) -> None:
    person = factories.make_person()
    factories.let_in(person)
    factories.hand_over(person)
    olga, petr = visit("Staff"), visit("Staff")
    shown = re.search(r'name="generation" value="(\d+)"', olga.get(page_of(person)).content.decode())
    assert shown is not None
    olga.post(button("resend", person), {"generation": shown[1]})
    answer = petr.post(button("resend", person), {"generation": shown[1]}, follow=True).content.decode()
    assert person.mails.filter(kind="link").count() == 2
    assert "The link was sent again already, by user" in answer


def test_send_again_without_a_link_says_so(visit: Visit) -> None:
    person = factories.make_person()
    answer = visit("Staff").post(button("resend", person), {"generation": "0"}, follow=True).content.decode()
    assert "There is no link yet." in answer
    assert person.mails.count() == 0


def test_try_again_puts_a_stopped_person_back_into_the_queue(visit: Visit) -> None:
    person = factories.make_person()
    factories.park_seat(person)
    visit("Staff").post(button("try_again", person))
    assert factories.seat_of(person).state == StepState.QUEUED
    assert TimelineEntry.Code.TRIED_AGAIN in codes(person)


@pytest.mark.parametrize("name", ["resend", "try_again", "show_link"])
def test_a_person_who_is_not_there_is_a_404(visit: Visit, name: str) -> None:
    client = visit(superuser=True)
    assert client.post(reverse(f"admin:registrations_registration_{name}", args=[999])).status_code == 404
    for wrong in ("999", "abc", "1_2"):
        assert client.get(reverse("admin:registrations_registration_change", args=[wrong])).status_code == 404


def test_a_mail_leads_to_its_person(visit: Visit) -> None:
    person = factories.make_person()
    factories.let_in(person)
    mail = person.mails.get()
    answer = visit("Staff").get(reverse("admin:registrations_outgoingemail_change", args=[mail.pk]))
    assert answer["Location"] == page_of(person)


def test_stopped_mails_are_listed_with_their_reason(visit: Visit) -> None:
    person = factories.make_person()
    factories.let_in(person)
    factories.park_mail(person, reason="rcpt_550")
    other = factories.make_person(last_name="Благополучная")
    factories.let_in(other)
    text = text_of(visit("Staff"), f"{reverse('admin:registrations_outgoingemail_changelist')}?state__exact=parked")
    assert "The mail server does not accept the person's address." in text
    assert "Благополучная" not in text


def test_the_page_tells_where_somebody_came_from(visit: Visit) -> None:
    person = factories.make_person()
    told = {
        "door": "embed",
        "page": "https://www.example.org/webinar/",
        "referrer": "https://ya.ru/",
        "utm_source": "<b>vk</b>",
    }
    Registration.objects.filter(pk=person.pk).update(attribution=told)
    page = text_of(visit("Staff"), page_of(person))
    assert "Where from, the first time" in page
    for label, value in [("Form", "our form on your site"), ("Came from", "https://ya.ru/"), ("utm_source", "<b>vk</b>")]:
        assert f"<dt>{label}</dt><dd>{value}</dd>" in page


def test_a_page_of_somebody_of_whom_nothing_is_known_says_nothing_of_it(visit: Visit) -> None:
    assert "Where from" not in text_of(visit("Staff"), page_of(factories.make_person()))
