"""Accounts: a key goes in and never comes out, and a new account says at once whether it works."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from registrations import pipeline
from registrations.models import Account, db_now
from registrations.services.due import Due
from registrations.webinar.errors import Misconfigured, Scope, Unavailable
from tests import factories
from tests.admin.conftest import Platform, Visit

pytestmark = pytest.mark.django_db

KEY = "fedcba9876543210fedcba9876543210"
VALUES = {
    "name": "Main",
    "provider": "webinar_ru",
    "base_url": "https://platform.example/v3",
    "api_key": KEY,
    "time_zone": "Europe/Moscow",
    "calls_per_second": "2.0",
    "unique_by_email": "on",
}
ADD = "admin:registrations_account_add"


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[Due]:
    """What was rung for."""
    rings: list[Due] = []
    monkeypatch.setattr(pipeline, "ring", rings.append)
    return rings


def change(account: Account) -> str:
    return reverse("admin:registrations_account_change", args=[account.pk])


def text_of(answer: Any) -> str:
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", unescape(answer.content.decode()))


def save(client: Client, url: str, **values: str) -> str:
    return text_of(client.post(url, VALUES | values, follow=True))


@pytest.mark.usefixtures("platform")
def test_a_new_account_is_checked_and_its_events_are_read(visit: Visit, rung: list[Due]) -> None:
    text = save(visit(superuser=True), reverse(ADD))
    account = Account.objects.get()
    assert "The connection works: the key opens “Example Ltd (Anna Li)”." in text
    assert account.owner_name == "Example Ltd (Anna Li)"
    assert rung == [Due(syncs=frozenset({account.pk}))]


def test_a_new_account_that_does_not_work_is_kept_and_says_why(visit: Visit, platform: type[Platform], rung: list[Due]) -> None:
    platform.error = Misconfigured("unauthorized", "No such token", scope=Scope.ACCOUNT)
    text = save(visit(superuser=True), reverse(ADD))
    assert "The platform does not accept the account's key. No such token" in text
    assert Account.objects.get().checked_at is None
    assert rung == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("rung")
def test_no_transaction_is_open_while_the_platform_is_asked(visit: Visit, platform: type[Platform]) -> None:
    save(visit(superuser=True), reverse(ADD))
    assert platform.asked_inside_a_transaction == [False]


@pytest.mark.usefixtures("platform", "rung")
def test_a_key_is_never_shown_again(visit: Visit) -> None:
    client = visit(superuser=True)
    shown = save(client, reverse(ADD))
    account = Account.objects.get()
    shown += text_of(client.get(change(account))) + text_of(client.get(reverse("admin:registrations_account_changelist")))
    shown += text_of(client.get(reverse("admin:registrations_account_history", args=[account.pk])))
    assert KEY not in shown
    assert "…3210" in shown
    assert KEY not in "".join(map(str, LogEntry.objects.values_list("change_message", "object_repr")))


def test_a_refused_form_does_not_give_the_key_back(visit: Visit) -> None:
    answer = visit(superuser=True).post(reverse(ADD), VALUES | {"name": ""})
    assert KEY not in answer.content.decode()


@pytest.mark.usefixtures("rung")
def test_an_empty_key_keeps_the_old_one_and_is_no_change(visit: Visit, platform: type[Platform]) -> None:
    account = factories.make_account(api_key=KEY, base_url=VALUES["base_url"])
    save(visit(superuser=True), change(account), api_key="", name="Renamed")
    account.refresh_from_db()
    assert account.api_key == KEY
    assert account.name == "Renamed"
    assert platform.keys == []
    assert "API key" not in LogEntry.objects.get().get_change_message()


@pytest.mark.usefixtures("rung")
def test_a_new_key_is_tried_at_once(visit: Visit, platform: type[Platform]) -> None:
    account = factories.make_account(base_url=VALUES["base_url"])
    save(visit(superuser=True), change(account))
    assert platform.keys == [KEY]


def test_an_account_needs_a_key(visit: Visit) -> None:
    assert "An account needs a key." in save(visit(superuser=True), reverse(ADD), api_key="")
    assert not Account.objects.exists()


def test_an_address_without_encryption_is_refused(visit: Visit) -> None:
    assert "must begin with https://" in save(visit(superuser=True), reverse(ADD), base_url="http://platform.example/v3")


def test_a_marketer_sees_accounts_but_changes_none(visit: Visit) -> None:
    account = factories.make_account(api_key=KEY)
    client = visit("Marketing")
    text = text_of(client.get(change(account)))
    assert KEY not in text
    assert 'name="api_key"' not in text
    assert "Check the connection" not in text
    assert "Read events now" in text
    assert client.post(change(account), VALUES).status_code == 403
    assert client.get(reverse(ADD)).status_code == 403


def press(client: Client, name: str, account: Account) -> str:
    return text_of(client.post(reverse(f"admin:registrations_account_{name}", args=[account.pk]), follow=True))


@pytest.mark.usefixtures("platform")
def test_check_the_connection_says_whose_account_it_is(visit: Visit) -> None:
    account = factories.make_account()
    assert "the key opens “Example Ltd (Anna Li)”" in press(visit(superuser=True), "check", account)


def test_check_the_connection_says_what_is_wrong(visit: Visit, platform: type[Platform]) -> None:
    platform.error = Unavailable("no_connection")
    text = press(visit(superuser=True), "check", factories.make_account())
    assert "The connection does not work. The platform could not be reached." in text


def test_read_events_now_rings_for_the_account(visit: Visit, rung: list[Due]) -> None:
    account = factories.make_account()
    assert "Events are being read." in press(visit("Marketing"), "read_events", account)
    assert rung == [Due(syncs=frozenset({account.pk}))]


def test_try_now_makes_the_pauses_of_this_account_due_and_no_others(visit: Visit) -> None:
    mine, other = factories.make_pause(factories.make_account()), factories.make_pause(factories.make_account())
    press(visit("Marketing"), "try_now", mine.account)
    mine.refresh_from_db()
    other.refresh_from_db()
    assert mine.next_probe_at <= db_now() < other.next_probe_at


def test_the_list_says_in_a_word_whether_each_account_works(visit: Visit) -> None:
    factories.make_account()
    factories.make_account(checked_at=db_now())
    factories.make_account(checked_at=db_now(), sync_trouble="timeout")
    factories.make_pause(factories.make_account(), reason="key_refused")
    factories.make_pause(factories.make_account(), verb="register", reason="forbidden")
    text = text_of(visit(superuser=True).get(reverse("admin:registrations_account_changelist")))
    for state in ("Not checked", "Works", "Events not read", "Paused: The platform refuses everything", "Partly paused"):
        assert state in text


def test_an_open_pause_is_explained_on_the_account(visit: Visit) -> None:
    event = factories.make_event(title="Open talk")
    factories.make_pause(event.account, event=event, verb="register", reason="extra_field", reason_detail="Company")
    text = text_of(visit("Marketing").get(change(event.account)))
    assert "Paused: Registrations for “Open talk”" in text
    assert "Add a question to the campaign that fills it." in text
    assert "Try now" in text


def test_what_was_done_is_in_the_log(visit: Visit) -> None:
    account = factories.make_account()
    press(visit("Marketing"), "read_events", account)
    assert LogEntry.objects.get(object_id=str(account.pk)).change_message == "Had the events read."
