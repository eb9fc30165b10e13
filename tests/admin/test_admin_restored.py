"""What staff see of a restored database and of silent workers, and what a superuser can do."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse

from registrations.mailing.kinds import KINDS
from registrations.models import Delivery, Heartbeat, OutgoingEmail, db_now
from registrations.services import pauses
from tests import factories
from tests.admin.conftest import Visit

pytestmark = pytest.mark.django_db

PAGE = "admin:registrations_delivery_restored"
BANNER = "The database was restored from a backup"


@pytest.fixture
def restored() -> None:
    factories.let_in(factories.make_person())
    Delivery.objects.update_or_create(pk=1, defaults={"behind_since": db_now(), "ticks": 3, "witnessed_ticks": 11})


def text_of(client: Client, name: str) -> str:
    answer = client.get(reverse(name))
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", unescape(answer.content.decode()))


@pytest.mark.usefixtures("restored")
@pytest.mark.parametrize("role", ["Marketing", "Staff"])
def test_every_screen_says_that_the_database_was_restored_and_what_to_do(visit: Visit, role: str) -> None:
    client = visit(role)
    for name in ("index", "registrations_registration_changelist", "registrations_campaign_changelist"):
        words = text_of(client, f"admin:{name}")
        assert BANNER in words
        assert "Tell your administrator." in words
        assert reverse(PAGE) not in words


@pytest.mark.usefixtures("restored")
def test_a_superuser_is_led_to_the_page_that_resumes(visit: Visit) -> None:
    assert reverse(PAGE) in text_of(visit(superuser=True), "admin:registrations_event_changelist")


def test_no_screen_speaks_of_a_restore_when_there_was_none(visit: Visit) -> None:
    Delivery.objects.create(pk=1)
    assert BANNER not in text_of(visit(superuser=True), "admin:index")


@pytest.mark.usefixtures("restored")
def test_the_first_page_is_not_calm_in_a_restored_database(visit: Visit) -> None:
    assert "Nothing waits for you" not in text_of(visit("Marketing"), "admin:index")


@pytest.mark.usefixtures("restored")
def test_the_page_tells_what_would_leave_and_changes_nothing(visit: Visit) -> None:
    words = text_of(visit(superuser=True), PAGE)
    assert f"Each of these mails may have been sent already: {KINDS['link'].label}: 1." in words
    assert "<dt>Slices of work it does not know of</dt><dd>4</dd>" in words
    assert Delivery.is_paused()


@pytest.mark.usefixtures("restored")
@pytest.mark.parametrize(("choice", "state"), [("hold", "parked"), ("send", "queued"), ("", "parked"), ("all", "parked")])
def test_a_superuser_resumes_and_decides_about_the_mails(visit: Visit, choice: str, state: str) -> None:
    answer = visit(superuser=True).post(reverse(PAGE), {"mails": choice}, follow=True)
    assert "Everything goes on" in answer.content.decode()
    assert OutgoingEmail.objects.get().state == state
    assert not Delivery.is_paused()
    assert BANNER not in answer.content.decode()


@pytest.mark.usefixtures("restored")
@pytest.mark.parametrize("role", ["Marketing", "Staff", ""])
def test_nobody_else_sees_the_page_or_resumes(visit: Visit, role: str) -> None:
    client = visit(role)
    assert client.get(reverse(PAGE)).status_code == client.post(reverse(PAGE), {"mails": "send"}).status_code == 403
    assert Delivery.is_paused()


def test_in_a_database_that_is_not_behind_the_page_leads_back(visit: Visit) -> None:
    client = visit(superuser=True)
    for answer in (client.get(reverse(PAGE), follow=True), client.post(reverse(PAGE), {"mails": "send"}, follow=True)):
        assert "there is nothing to resume" in answer.content.decode()


@pytest.mark.usefixtures("restored")
def test_ending_a_pause_does_not_claim_that_a_restored_database_goes_on(visit: Visit) -> None:
    pauses.pause_everything(user_id=None)
    answer = visit(superuser=True).post(reverse("admin:registrations_delivery_resume"), follow=True)
    assert "still waits to be resumed" in answer.content.decode()
    assert Delivery.is_paused()


def test_the_first_page_says_who_has_fallen_silent_and_since_when(visit: Visit) -> None:
    Heartbeat.objects.create(name="schedule@one")
    at = db_now() - timedelta(minutes=30)
    Heartbeat.objects.create(name="mails@one", beat_at=at)
    words = text_of(visit("Staff"), "admin:index")
    assert f"Nobody has worked off mails since {at:%-d %b %Y, %H:%M} (UTC)." in words
    assert "Nothing waits for you" not in words


def test_the_first_page_is_calm_while_everybody_is_at_work(visit: Visit) -> None:
    for kind in ("seats", "mails", "rest", "schedule"):
        Heartbeat.objects.create(name=f"{kind}@one")
    words = text_of(visit("Staff"), "admin:index")
    assert "Nobody has worked off" not in words
    assert "Nothing waits for you" in words
