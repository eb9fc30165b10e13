"""Finding people by parts of their address or name, whatever the database and however many there are."""

from __future__ import annotations

import importlib
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

import pytest
from django.db import connection

from registrations.models import Registration
from registrations.services import searching
from tests import factories

pytestmark = pytest.mark.django_db

on_postgres = pytest.mark.skipif(connection.vendor != "postgresql", reason="of PostgreSQL's index; TEST_DATABASE=postgres")
on_sqlite = pytest.mark.skipif(connection.vendor != "sqlite", reason="of SQLite's index")


def found(*words: str, limit: int = 50) -> list[int]:
    return searching.newest(people=Registration.objects.all(), words=words, limit=limit)


def test_every_word_is_part_of_the_address_or_of_a_name_whatever_the_case() -> None:
    anna = factories.make_person(email="kuzn.a@example.org", first_name="Анна", last_name="Кузнецова")
    inna = factories.make_person(email="inna@example.com", first_name="Инна", last_name="Кузнецова")
    assert found("КУЗНЕЦ") == [inna.pk, anna.pk]
    assert found("кузнец", "EXAMPLE.ORG") == [anna.pk]
    assert found("узнецова", "нна") == [inna.pk, anna.pk]
    assert found("анна", "инна") == []


def test_a_word_does_not_reach_from_one_part_into_the_next() -> None:
    factories.make_person(email="li@example.org", first_name="Anna", last_name="Berg")
    assert found("annaberg") == []
    assert found("organna") == []


def test_signs_that_mean_something_to_a_database_are_taken_as_they_are() -> None:
    odd = factories.make_person(email="a_100%b@example.org", last_name='O"Neil\\')
    factories.make_person(email="axxxx@example.org", last_name="ONeil")
    for word in ("a_100%b", "_100%", 'o"neil', "neil\\"):
        assert found(word) == [odd.pk], word


def test_a_frequent_word_finds_the_newest() -> None:
    people = [factories.make_person(last_name="Серова").pk for _ in range(4)]
    assert found("серова", limit=3) == people[:0:-1]


def test_whoever_is_not_among_the_newest_is_found_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "NEWEST", 1)
    monkeypatch.setattr(searching, "MATCHES", 1)
    first = factories.make_person(last_name="Редкая")
    for _ in range(3):
        factories.make_person(last_name="Серова")
    last = factories.make_person(last_name="Редкая")
    assert found("редкая") == [last.pk, first.pk]


def test_only_those_asked_about_are_found() -> None:
    here, elsewhere = factories.make_person(last_name="Серова"), factories.make_person(last_name="Серова")
    people = Registration.objects.filter(campaign=here.campaign)
    assert searching.newest(people=people, words=["серова"], limit=5) == [here.pk]
    assert searching.newest(people=people, words=["се"], limit=5) == [here.pk]
    assert elsewhere.campaign_id != here.campaign_id


def test_a_new_name_is_found_and_the_former_one_is_not() -> None:
    person = factories.make_person(last_name="Серова")
    Registration.objects.filter(pk=person.pk).update(last_name="Новикова")
    assert found("новикова") == [person.pk]
    assert found("серова") == []


def test_whoever_was_deleted_is_not_found() -> None:
    person = factories.make_person(last_name="Серова")
    assert found("серова") == [person.pk]
    person.timeline.all().delete()
    person.submissions.all().delete()
    person.enrollments.all().delete()
    person.delete()
    assert found("серова") == []


@pytest.mark.parametrize(
    ("word", "among_all", "in_a_campaign"),
    [
        ("я", False, False),
        ("ян", False, True),
        ("янн", True, True),
        ("@@@", False, True),
        ("a.b.c", False, True),
        ("a.bcd", True, True),
    ],
)
def test_a_word_needs_three_letters_or_two_within_a_campaign(word: str, among_all: bool, in_a_campaign: bool) -> None:
    assert searching.is_long_enough(word, in_a_campaign=False) is among_all
    assert searching.is_long_enough(word, in_a_campaign=True) is in_a_campaign


@on_sqlite
def test_without_full_text_search_sqlite_finds_the_usual_spellings() -> None:
    person = factories.make_person(last_name="Серова")
    with connection.cursor() as cursor:
        for name in ("insert", "update", "delete"):
            cursor.execute(f"DROP TRIGGER registration_search_{name}")
        cursor.execute("DROP TABLE registrations_search")
    assert found("серов") == found("СЕРОВ") == found("Серов") == [person.pk]


@on_postgres
def test_the_search_of_postgres_goes_by_its_index() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_indexscan = off")
    plan = searching._by_part(Registration.objects.all(), ["серова", "анна"]).explain()
    assert "registration_search" in plan


@on_postgres
def test_without_the_extension_words_are_found_by_their_beginnings() -> None:
    person = factories.make_person(email="anna@example.org", last_name="Серова")
    assert searching.finds_parts()
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX registration_search")
    assert not searching.finds_parts()
    assert found("СЕР") == found("сер", "anna@") == [person.pk]
    assert found("ерова") == []


@pytest.fixture
def migration() -> Iterator[ModuleType]:
    """The migration that builds the index; afterwards it is as it was."""
    module = importlib.import_module("registrations.migrations.0003_search_indexes")
    yield module
    with connection.schema_editor(atomic=False) as editor:
        module.tear_down(None, editor)
        module.build(None, editor)


@contextmanager
def as_a_stranger() -> Iterator[None]:
    """The connection belongs to somebody who owns the table and may not have the extension, which is gone."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_database()")
        database = connection.ops.quote_name(cursor.fetchone()[0])
        cursor.execute("DROP EXTENSION pg_trgm CASCADE")
        cursor.execute("CREATE ROLE stranger")
        cursor.execute("GRANT ALL ON SCHEMA public TO stranger")
        cursor.execute("ALTER TABLE registrations_registration OWNER TO stranger")
        cursor.execute(f"REVOKE CREATE ON DATABASE {database} FROM PUBLIC")
        cursor.execute("SET ROLE stranger")
        yield
        cursor.execute("RESET ROLE")
        cursor.execute("ALTER TABLE registrations_registration OWNER TO CURRENT_USER")
        cursor.execute("REVOKE ALL ON SCHEMA public FROM stranger")
        cursor.execute("DROP ROLE stranger")


@on_postgres
@pytest.mark.django_db(transaction=True)
def test_a_server_that_refuses_the_extension_is_migrated_all_the_same(
    migration: ModuleType, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING), as_a_stranger(), connection.schema_editor(atomic=False) as editor:
        migration.build(None, editor)
    assert "CREATE EXTENSION pg_trgm" in caplog.text
    assert "CREATE INDEX CONCURRENTLY" in caplog.text
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_indexes WHERE indexname LIKE 'registration_begins_%'")
        assert cursor.fetchone() == (3,)
    person = factories.make_person(last_name="Серова")
    assert found("сер") == [person.pk]
