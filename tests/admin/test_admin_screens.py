"""Every screen opens for whoever may see it, empty, with one row and with many; nobody gets further than their role."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from registrations.models import Delivery, Sender, db_now
from registrations.services import pauses
from tests import factories
from tests.admin.conftest import Visit

pytestmark = pytest.mark.django_db

LISTS = [
    f"admin:registrations_{model}_changelist"
    for model in ("registration", "campaign", "event", "account", "sender", "outgoingemail")
]
LISTS += ["admin:auth_user_changelist", "admin:auth_group_changelist", "admin:index"]


def queries_of(client: Client, url: str) -> int:
    """How many queries a page costs, without the looks at PostgreSQL's clock, which SQLite does not have."""
    with CaptureQueriesContext(connection) as queries:
        assert client.get(url).status_code == 200
    return sum("clock_timestamp" not in query["sql"] for query in queries)


def everybody(count: int) -> None:
    """People in many states, in several campaigns of several accounts."""
    for number in range(count):
        person = factories.make_person()
        if number % 3 == 0:
            factories.park_seat(person)
        elif number % 3 == 1:
            factories.let_in(person)
            factories.park_mail(person)
        else:
            factories.make_pause(person.campaign.event.account)
    Sender.objects.create(
        name="News", address="news@example.org", trouble="auth_535", trouble_since=db_now(), retry_at=db_now()
    )


@pytest.mark.parametrize("name", LISTS)
def test_a_screen_opens_with_nothing_in_the_database(visit: Visit, name: str) -> None:
    assert visit(superuser=True).get(reverse(name)).status_code == 200


@pytest.mark.parametrize("name", LISTS)
def test_a_list_costs_the_same_for_many_rows_as_for_few(visit: Visit, name: str) -> None:
    client = visit(superuser=True)
    everybody(3)
    client.get(reverse(name))
    few = queries_of(client, reverse(name))
    everybody(9)
    assert queries_of(client, reverse(name)) <= few


def test_nobody_gets_in_without_logging_in(client: Client) -> None:
    person = factories.make_person()
    for url in (reverse("admin:index"), reverse("admin:registrations_registration_change", args=[person.pk])):
        answer = client.get(url)
        assert answer.status_code == 302
        assert "/login/" in answer["Location"]


def test_a_user_without_a_group_sees_no_people(visit: Visit) -> None:
    person = factories.make_person()
    client = visit()
    assert client.get(reverse("admin:registrations_registration_changelist")).status_code == 403
    assert client.get(reverse("admin:registrations_registration_change", args=[person.pk])).status_code == 403
    assert person.email not in client.get(reverse("admin:index")).content.decode()


BUTTONS = {
    "registrations_account_check": {"superuser"},
    "registrations_account_read_events": {"superuser", "Marketing"},
    "registrations_account_try_now": {"superuser", "Marketing"},
    "registrations_registration_resend": {"superuser", "Marketing", "Staff"},
    "registrations_registration_try_again": {"superuser", "Staff"},
    "registrations_registration_show_link": {"superuser", "Staff"},
    "registrations_delivery_pause": {"superuser"},
    "registrations_delivery_resume": {"superuser"},
}


@pytest.mark.parametrize("role", ["superuser", "Marketing", "Staff", ""])
@pytest.mark.parametrize("button", BUTTONS)
@pytest.mark.usefixtures("platform")
def test_a_button_obeys_only_the_roles_that_have_it(visit: Visit, button: str, role: str) -> None:
    person = factories.make_person()
    factories.let_in(person)
    client = visit(superuser=True) if role == "superuser" else visit(role)
    pk = person.campaign.event.account_id if "account" in button else person.pk
    url = reverse(f"admin:{button}", args=[] if "delivery" in button else [pk])
    answer = client.post(url)
    assert answer.status_code in ((200, 302) if role in BUTTONS[button] else (403,))


@pytest.mark.parametrize("button", BUTTONS)
def test_a_button_does_nothing_when_it_is_merely_fetched(visit: Visit, button: str) -> None:
    person = factories.make_person()
    url = reverse(f"admin:{button}", args=[] if "delivery" in button else [person.pk])
    assert visit(superuser=True).get(url).status_code == 405


def test_a_button_refuses_a_post_from_another_site(visit: Visit) -> None:
    client = Client(enforce_csrf_checks=True)
    client.cookies = visit(superuser=True).cookies
    assert client.post(reverse("admin:registrations_delivery_pause")).status_code == 403
    assert not Delivery.is_paused()


def test_people_and_mails_can_be_neither_added_nor_deleted_even_by_a_superuser(visit: Visit) -> None:
    person = factories.make_person()
    factories.let_in(person)
    client = visit(superuser=True)
    for model, pk in (
        ("registration", person.pk),
        ("outgoingemail", person.mails.get().pk),
        ("event", person.campaign.event_id),
    ):
        assert client.post(reverse(f"admin:registrations_{model}_add")).status_code == 403
        assert client.post(reverse(f"admin:registrations_{model}_delete", args=[pk]), {"post": "yes"}).status_code == 403
    person.refresh_from_db()


def test_the_first_page_counts_what_has_stopped_and_links_there(visit: Visit) -> None:
    factories.park_seat(factories.make_person())
    answer = visit("Staff").get(reverse("admin:index")).content.decode()
    assert "1 needs attention" in answer
    assert "registration has stopped" in answer
    assert "/admin/registrations/registration/?standing=attention" in answer


def test_the_first_page_is_calm_when_nothing_waits(visit: Visit) -> None:
    factories.make_person()
    assert "Nothing waits for you" in visit("Marketing").get(reverse("admin:index")).content.decode()


def test_the_first_page_says_why_a_pause_stands_and_what_resumes_it(visit: Visit) -> None:
    factories.make_pause(factories.make_account(name="Main"), reason="unauthorized")
    answer = visit("Marketing").get(reverse("admin:index")).content.decode()
    assert "The platform does not accept the account&#x27;s key." in answer
    assert "the next try is at" in answer
    assert "Enter a valid key" in answer


def test_the_first_page_tells_of_a_mail_server_in_trouble(visit: Visit) -> None:
    Sender.objects.create(
        name="News",
        address="news@example.org",
        trouble="auth_535",
        trouble_since=db_now(),
        retry_at=db_now() + timedelta(minutes=1),
    )
    assert "refuses our user name or password" in visit("Staff").get(reverse("admin:index")).content.decode()


def test_every_screen_says_that_an_account_is_paused(visit: Visit) -> None:
    factories.make_pause(factories.make_account(name="Main"))
    client = visit("Marketing")
    for name in ("registration", "campaign", "event"):
        answer = client.get(reverse(f"admin:registrations_{name}_changelist")).content.decode()
        assert "The account “Main” is paused" in answer


def test_everything_can_be_paused_and_resumed(visit: Visit) -> None:
    client = visit(superuser=True)
    client.post(reverse("admin:registrations_delivery_pause"))
    assert Delivery.is_paused()
    for url in (reverse("admin:index"), reverse("admin:registrations_event_changelist")):
        assert "Everything is paused" in client.get(url).content.decode()
    client.post(reverse("admin:registrations_delivery_resume"))
    assert not Delivery.is_paused()
    assert "Everything is paused" not in client.get(reverse("admin:index")).content.decode()


def test_the_switch_is_not_shown_to_whoever_may_not_use_it(visit: Visit) -> None:
    assert "pause everything" not in visit("Staff").get(reverse("admin:index")).content.decode().lower()
    pauses.pause_everything(user_id=None)
    assert "Resume everything" not in visit("Staff").get(reverse("admin:index")).content.decode()


def test_the_screens_are_never_kept_in_a_cache(visit: Visit) -> None:
    person = factories.make_person()
    answer = visit("Staff").get(reverse("admin:registrations_registration_change", args=[person.pk]))
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.parametrize("language", ["en", "ru"])
def test_every_page_of_the_screens_opens_in_both_languages(visit: Visit, language: str) -> None:
    everybody(3)
    client = visit(superuser=True)
    for name in LISTS:
        assert client.get(reverse(name), headers={"accept-language": language}).status_code == 200


@pytest.mark.parametrize("model", ["account", "sender"])
def test_the_form_of_a_new_row_opens(visit: Visit, model: str) -> None:
    assert visit(superuser=True).get(reverse(f"admin:registrations_{model}_add")).status_code == 200


def test_a_user_of_the_screens_is_made_with_a_group_at_once(visit: Visit) -> None:
    client = visit(superuser=True)
    client.get(reverse("admin:auth_user_add"))
    group = factories.Group.objects.get(name="Marketing")
    values = {
        "username": "vera",
        "password1": "a-long-pass-phrase",
        "password2": "a-long-pass-phrase",
        "is_staff": "on",
        "groups": group.pk,
    }
    client.post(reverse("admin:auth_user_add"), values)
    vera = factories.get_user_model().objects.get(username="vera")
    assert vera.is_staff
    assert vera.has_perm("registrations.add_campaign")
