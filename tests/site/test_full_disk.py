"""A database that cannot be written: the form comes back with all that was typed, and nothing is promised."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection
from django.test import Client

from registrations.models import Campaign, Registration
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)

on_sqlite = pytest.mark.skipif(connection.vendor != "sqlite", reason="SQLite alone can be told that its disk is full")


def execute(statement: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return int(cursor.fetchone()[0]) if cursor.description else 0


@pytest.fixture
def campaign() -> Campaign:
    return factories.make_campaign(language="ru")


@pytest.fixture
def read_only(campaign: Campaign) -> Iterator[None]:
    if connection.vendor == "postgresql":
        on, off = "SET default_transaction_read_only = on", "SET default_transaction_read_only = off"
    else:
        on, off = "PRAGMA query_only = ON", "PRAGMA query_only = OFF"
    execute(on)
    yield
    execute(off)


@pytest.fixture
def full_disk(campaign: Campaign) -> Iterator[None]:
    execute("VACUUM")  # pages that other tests have left empty would be filled first
    before = execute("PRAGMA max_page_count")
    execute(f"PRAGMA max_page_count = {execute('PRAGMA page_count')}")
    yield
    execute(f"PRAGMA max_page_count = {before}")


def post(client: Client, campaign: Campaign, *, length: int = 1) -> tuple[int, str]:
    """Fill the form in and send it; the names are of the given length."""
    address = f"/c/{campaign.slug}/"
    token = str(client.get(address).context["form_token"])
    typed = {"first_name": "Ж" * length, "last_name": "Петрова", "email": "zhanna@example.org", "form_token": token}
    answer = client.post(address, typed)
    return answer.status_code, answer.content.decode()


def assert_given_back(status: int, page: str) -> None:
    assert status == 503
    assert 'value="zhanna@example.org"' in page
    assert 'value="Петрова"' in page


@pytest.mark.usefixtures("read_only")
def test_a_read_only_database_gives_the_form_back_and_says_that_it_takes_no_work(client: Client, campaign: Campaign) -> None:
    assert_given_back(*post(client, campaign))
    ready = client.get("/readyz")
    assert (ready.status_code, ready.json()["checks"]["database"]) == (503, "read-only")


@on_sqlite
@pytest.mark.usefixtures("full_disk")
def test_a_full_disk_gives_the_form_back(client: Client, campaign: Campaign) -> None:
    taken = 0
    while (answer := post(client, campaign, length=90 - taken % 80))[0] == 303:
        taken += 1
        assert taken < 200, "the disk was never full"
    assert_given_back(*answer)
    assert Registration.objects.count() <= taken


def test_a_database_that_can_be_written_takes_the_form(client: Client, campaign: Campaign) -> None:
    assert post(client, campaign)[0] == 303
