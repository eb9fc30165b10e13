"""What an orchestrator is told."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client

from regsite import health


@pytest.fixture(autouse=True)
def _nothing_remembered() -> Iterator[None]:
    health._schema_is_current.cache_clear()
    yield
    health._schema_is_current.cache_clear()


def test_a_process_that_lives_says_so_without_a_database(client: Client) -> None:
    response = client.get("/livez")
    assert (response.status_code, response.content) == (200, b"ok\n")


@pytest.mark.django_db
def test_a_site_with_its_schema_is_ready(client: Client) -> None:
    response = client.get("/readyz")
    assert response.status_code == 200
    assert response.json() == {"ready": True, "checks": {"database": "ok", "migrations": "ok"}}
    assert "no-store" in response["Cache-Control"]


@pytest.mark.django_db
def test_a_site_whose_migrations_are_not_applied_gets_no_work(client: Client) -> None:
    MigrationRecorder.Migration.objects.filter(app="registrations").delete()
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["checks"] == {"database": "ok", "migrations": "failed"}


@pytest.mark.django_db
def test_a_site_without_its_database_gets_no_work(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> None:
        raise OperationalError("could not connect to secret-host")

    monkeypatch.setattr(connection, "cursor", away)
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json() == {"ready": False, "checks": {"database": "failed"}}
    assert b"secret-host" not in response.content
