"""What an orchestrator is told."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client

from registrations.models import Delivery, Heartbeat, db_now
from regsite import health


@pytest.fixture(autouse=True)
def _nothing_remembered() -> Iterator[None]:
    health._schema_is_current.cache_clear()
    yield
    health._schema_is_current.cache_clear()


def _away() -> None:
    raise OperationalError("could not connect to secret-host")


def test_a_process_that_lives_says_so_without_a_database(client: Client) -> None:
    response = client.get("/livez")
    assert (response.status_code, response.content) == (200, b"ok\n")


@pytest.mark.django_db
def test_a_site_with_its_schema_is_ready(client: Client) -> None:
    response = client.get("/readyz")
    assert response.status_code == 200
    checks = {"database": "ok", "migrations": "ok", "workers": "ok", "delivery": "ok"}
    assert response.json() == {"ready": True, "checks": checks}
    assert "no-store" in response["Cache-Control"]


@pytest.mark.django_db
def test_a_site_whose_migrations_are_not_applied_gets_no_work(client: Client) -> None:
    MigrationRecorder.Migration.objects.filter(app="registrations").delete()
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["checks"] == {"database": "ok", "migrations": "failed"}


@pytest.mark.django_db
def test_a_site_without_its_database_gets_no_work(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "cursor", _away)
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json() == {"ready": False, "checks": {"database": "failed"}}
    assert b"secret-host" not in response.content


@pytest.mark.django_db
def test_a_site_whose_database_cannot_be_written_gets_no_work(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET TRANSACTION READ ONLY")
        else:
            monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)  # as on a disk that is read-only
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["checks"]["database"] == "read-only"


@pytest.mark.skipif(connection.vendor != "sqlite", reason="a server's disk cannot be looked at from here")
@pytest.mark.django_db
def test_a_site_whose_disk_is_full_gets_no_work(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage("/")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=100))
    response = client.get("/readyz")
    assert (response.status_code, response.json()["checks"]["database"]) == (503, "full")


@pytest.mark.django_db
def test_a_site_whose_workers_are_silent_is_ready_and_says_so(client: Client) -> None:
    Heartbeat.objects.create(name="mails@one", beat_at=db_now() - timedelta(minutes=2))
    response = client.get("/readyz")
    assert (response.status_code, response.json()["checks"]["workers"]) == (200, "stale")


@pytest.mark.django_db
def test_a_site_whose_database_was_restored_is_ready_and_says_so(client: Client) -> None:
    Delivery.objects.create(pk=1, behind_since=db_now())
    response = client.get("/readyz")
    assert (response.status_code, response.json()["checks"]["delivery"]) == (200, "behind")


@pytest.mark.django_db
def test_an_installation_whose_workers_are_at_work_is_healthy(client: Client) -> None:
    Heartbeat.objects.create(name="mails@one")
    response = client.get("/healthz")
    assert (response.status_code, response.json()) == (200, {"healthy": True, "workers": {"mails": "ok"}})
    assert "no-store" in response["Cache-Control"]


@pytest.mark.django_db
def test_an_installation_where_nobody_worked_yet_is_healthy(client: Client) -> None:
    assert client.get("/healthz").status_code == 200


@pytest.mark.django_db
def test_an_installation_with_a_silent_kind_of_worker_is_not_healthy_and_says_which(client: Client) -> None:
    for name, seconds in (("schedule@one", 1), ("seats@one", 5), ("mails@one", 90)):
        Heartbeat.objects.create(name=name, beat_at=db_now() - timedelta(seconds=seconds))
    response = client.get("/healthz")
    assert response.status_code == 503
    workers = response.json()["workers"]
    assert (workers["seats"], workers["schedule"]) == ("ok", "ok")
    assert workers["mails"].startswith("silent since 20")


@pytest.mark.django_db
def test_an_installation_without_its_database_is_not_healthy(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "cursor", _away)
    response = client.get("/healthz")
    assert (response.status_code, response.json()) == (503, {"healthy": False, "database": "failed"})
