"""Erasing from the staff screens: asked once more before, followed afterwards, kept from whoever may not."""

from __future__ import annotations

import re
from html import unescape
from io import StringIO

import pytest
from django.contrib.auth.models import Permission
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from registrations.models import Erasure, Registration, StepState
from registrations.services import erasing, pauses, steps
from tests import factories
from tests.admin.conftest import Visit

pytestmark = pytest.mark.django_db

ADDRESS = "cornelia@example.org"


def text_of(client: Client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", unescape(answer.content.decode()))


def queries_of(client: Client, url: str) -> int:
    """Without the looks at PostgreSQL's clock, which SQLite does not have."""
    with CaptureQueriesContext(connection) as queries:
        assert client.get(url).status_code == 200
    return sum("clock_timestamp" not in query["sql"] for query in queries)


def page_of(person: Registration) -> str:
    return reverse("admin:registrations_registration_change", args=[person.pk])


def confirm_page(person: Registration) -> str:
    return reverse("admin:registrations_erasure_confirm", args=[person.pk])


def receipt_page(erasure: Erasure) -> str:
    return reverse("admin:registrations_erasure_change", args=[erasure.pk])


def make_person() -> Registration:
    person = factories.make_person(email=ADDRESS, first_name="Cornelia", last_name="Gracchi")
    factories.let_in(person)
    factories.hand_over(person)
    return person


def finish(erasure: Erasure) -> None:
    """As if the platforms had been looked at and were clean."""
    (claimed,) = steps.claim(rows=Erasure.objects.filter(pk=erasure.pk), limit=1)
    receipt = erasing.receipt_of({**claimed.receipt, "found": [1]}, places=1)
    claimed.registrations.clear()
    steps.settle(claimed, address="", receipt=receipt)


def test_a_person_is_erased_from_their_page_after_one_more_question(visit: Visit) -> None:
    person = make_person()
    client = visit(superuser=True)
    assert confirm_page(person) in text_of(client, page_of(person))
    question = text_of(client, confirm_page(person))
    assert f"Erase everything of {ADDRESS}?" in question
    assert person.campaign.title in question
    assert not Erasure.objects.exists()

    answer = client.post(confirm_page(person))
    erasure = Erasure.objects.get()
    assert answer["Location"] == receipt_page(erasure)
    assert erasure.requested_by_id == int(client.session["_auth_user_id"])
    text = text_of(client, receipt_page(erasure))
    assert "The address is kept until the platforms list it no more." in text
    assert ADDRESS in text


def test_the_receipt_says_what_was_erased_and_what_stays(visit: Visit) -> None:
    person = make_person()
    client = visit(superuser=True)
    client.post(confirm_page(person))
    erasure = Erasure.objects.get()
    finish(erasure)
    text = text_of(client, receipt_page(erasure))
    assert "Registrations deleted at the platforms</dt><dd>1</dd>" in text
    assert "The mails that were handed over are in the person's mailbox." in text
    assert "Backups of the database hold the data" in text
    for page in (receipt_page(erasure), page_of(person), reverse("admin:registrations_erasure_changelist")):
        assert ADDRESS not in text_of(client, page)
        assert "Gracchi" not in text_of(client, page)


def test_the_page_of_an_erased_person_says_so_and_offers_no_second_time(visit: Visit) -> None:
    person = make_person()
    client = visit(superuser=True)
    client.post(confirm_page(person))
    text = text_of(client, page_of(person))
    assert "Erased here at the person's request; the platform is being told." in text
    assert confirm_page(person) not in text
    finish(Erasure.objects.get())
    assert "Erased at the person's request, here and at the platform." in text_of(client, page_of(person))
    assert client.get(confirm_page(person)).status_code == 404
    assert client.post(confirm_page(person)).status_code == 404


@pytest.mark.parametrize("group", ["Marketing", "Staff", ""])
def test_nobody_erases_without_the_permission_for_it(visit: Visit, group: str) -> None:
    person = make_person()
    client = visit(group)
    client.post(confirm_page(person))
    assert client.get(confirm_page(person)).status_code == 403
    assert not Erasure.objects.exists()
    erasure = Erasure.objects.create(address=ADDRESS, address_hash="0" * 64)
    for page in (receipt_page(erasure), reverse("admin:registrations_erasure_changelist")):
        assert client.get(page).status_code == 403
    assert client.post(reverse("admin:registrations_erasure_try_again", args=[erasure.pk])).status_code == 403
    if group:
        assert "Erase…" not in text_of(client, page_of(person))


def test_the_permission_alone_is_enough_to_erase_and_to_follow_it() -> None:
    person = make_person()
    user = factories.make_user()
    user.user_permissions.add(Permission.objects.get(codename="erase_person"))
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    assert client.post(confirm_page(person)).status_code == 302
    text_of(client, receipt_page(Erasure.objects.get()))
    assert "#" in text_of(client, reverse("admin:registrations_erasure_changelist"))


def test_an_erasure_that_waits_says_why_and_goes_on_at_a_click(visit: Visit) -> None:
    client = visit(superuser=True)
    erasure = Erasure.objects.create(
        address=ADDRESS, address_hash="0" * 64, state=StepState.PARKED, reason="inner_fault", reason_detail=""
    )
    text = text_of(client, receipt_page(erasure))
    assert "Needs attention" in text
    assert "Something failed in regsite itself while working on this." in text
    assert "erasure has stopped" in text_of(client, reverse("admin:index"))
    client.post(reverse("admin:registrations_erasure_try_again", args=[erasure.pk]))
    erasure.refresh_from_db()
    assert erasure.state == StepState.QUEUED
    pauses.pause_everything(user_id=None)
    for page in (receipt_page(erasure), reverse("admin:registrations_erasure_changelist")):
        assert "Everything is paused; it goes on once you resume." in text_of(client, page)


@pytest.mark.parametrize("wrong", ["999", "abc"])
def test_an_erasure_that_is_not_there_is_a_404(visit: Visit, wrong: str) -> None:
    client = visit(superuser=True)
    assert client.get(reverse("admin:registrations_erasure_change", args=[wrong])).status_code == 404
    assert client.get(reverse("admin:registrations_erasure_confirm", args=[999])).status_code == 404


def test_the_list_costs_the_same_for_many_erasures_as_for_few(visit: Visit) -> None:
    client = visit(superuser=True)
    url = reverse("admin:registrations_erasure_changelist")
    costs = []
    for number in range(12):
        values = {"reason": "forbidden", "requested_by": factories.make_user()}
        Erasure.objects.create(address=ADDRESS, address_hash=f"{number:064}", **values)
        costs.append(queries_of(client, url))
    assert costs[-1] <= costs[2]


def test_erasures_can_be_neither_made_nor_deleted_by_hand(visit: Visit) -> None:
    client = visit(superuser=True)
    erasure = Erasure.objects.create(address=ADDRESS, address_hash="0" * 64)
    assert client.post(reverse("admin:registrations_erasure_add")).status_code == 403
    assert client.post(reverse("admin:registrations_erasure_delete", args=[erasure.pk]), {"post": "yes"}).status_code == 403


def test_the_command_tells_first_and_erases_only_when_told_so() -> None:
    person = make_person()
    said = StringIO()
    call_command("erase_person", ADDRESS.upper(), stdout=said)
    assert f"Held about {ADDRESS}:" in said.getvalue()
    assert person.campaign.title in said.getvalue()
    assert "Nothing was erased." in said.getvalue()
    assert not Erasure.objects.exists()

    call_command("erase_person", ADDRESS, "--yes", stdout=said)
    erasure = Erasure.objects.get()
    assert f"Erasure #{erasure.pk} goes on at the platforms" in said.getvalue()
    assert not Registration.objects.filter(email=ADDRESS).exists()


@pytest.mark.parametrize("address", ["nobody@example.org", "no address"])
def test_the_command_says_so_when_nothing_is_held(address: str) -> None:
    with pytest.raises(CommandError, match=r"Nothing is held about this address\."):
        call_command("erase_person", address, "--yes", stdout=StringIO())
