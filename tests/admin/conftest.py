"""Somebody at the staff screens, and a platform that answers without a network."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from registrations.models import Event
from registrations.webinar.errors import PlatformError
from registrations.webinar.provider import EventInfo, ExtraField, Owner, SessionInfo, Status
from registrations.webinar.registry import PROVIDERS
from tests import factories

PASSWORD = "a-long-pass-phrase"
Visit = Callable[..., Client]


@pytest.fixture
def visit(db: None) -> Visit:
    """Log in to the staff screens: `visit("Marketing")`, `visit("Staff")`, `visit(superuser=True)`; `visit()` has no group."""

    def log_in(group: str = "", *, superuser: bool = False) -> Client:
        user = factories.make_user(group=group, superuser=superuser, password=PASSWORD)
        client = Client()
        client.post(reverse("admin:login"), {"username": user.get_username(), "password": PASSWORD})
        assert client.session["_auth_user_id"] == str(user.pk)
        return client

    return log_in


class Platform:
    """A platform that knows what is mirrored already. `fields` are the extra fields of everything; `error` is raised by all."""

    name = "webinar_ru"
    label = "Webinar.ru / MTS Link"
    default_base_url = "https://platform.example/v3"
    capabilities = PROVIDERS["webinar_ru"].capabilities
    fields: ClassVar[tuple[ExtraField, ...]] = ()
    error: ClassVar[PlatformError | None] = None
    keys: ClassVar[list[str]] = []
    asked_inside_a_transaction: ClassVar[list[bool]] = []

    def __init__(self, credentials: Any, *, before_call: Any) -> None:
        type(self).keys.append(credentials.api_key)

    def owner(self) -> Owner:
        self._answer()
        return Owner(name="Anna Li", organization="Example Ltd")

    def event(self, event_id: str) -> EventInfo:
        self._answer()
        event = Event.objects.get(external_id=event_id)
        return EventInfo(event_id, event.title, Status.PLANNED, is_series=event.is_series, extra_fields=self.fields)

    def session(self, session_id: str) -> SessionInfo:
        self._answer()
        return SessionInfo(session_id, "", f"Session {session_id}", Status.PLANNED, extra_fields=self.fields)

    def close(self) -> None:
        pass

    def _answer(self) -> None:
        self.asked_inside_a_transaction.append(connection.in_atomic_block)
        if self.error is not None:
            raise self.error


@pytest.fixture
def platform(monkeypatch: pytest.MonkeyPatch) -> type[Platform]:
    """The platform behind every account of this test."""
    fresh = type("FreshPlatform", (Platform,), {"fields": (), "error": None, "keys": [], "asked_inside_a_transaction": []})
    monkeypatch.setitem(PROVIDERS, "webinar_ru", fresh)
    return fresh
