from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator

import pytest
import responses

from registrations.webinar.provider import Credentials, Provider
from registrations.webinar.providers.webinar_ru import WebinarRu
from tests.webinar.samples import BASE
from tests.webinar.wire import Behaviour, Wire


@pytest.fixture
def wire() -> Iterator[Callable[..., Wire]]:
    """Start servers with a behaviour each; all end with the test."""
    started: list[Wire] = []

    def start(behaviour: Behaviour, *, tls: ssl.SSLContext | None = None) -> Wire:
        started.append(Wire(behaviour, tls=tls))
        return started[-1]

    yield start
    for server in started:
        server.close()


@pytest.fixture
def http() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as mock:
        yield mock


@pytest.fixture
def webinar() -> Iterator[Provider]:
    provider: Provider = WebinarRu(Credentials(BASE, "0123456789abcdef0123456789abcdef"))
    yield provider
    provider.close()
