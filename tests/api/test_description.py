"""What the API says of itself is true: the description is valid, readable here, and nothing answers otherwise."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from django.core.management import call_command
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import Client
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import SearchStrategy
from schemathesis import Case, GenerationMode
from schemathesis.checks import CHECKS, load_all_checks

from registrations.models import Campaign
from regsite.wsgi import application

load_all_checks()
EXAMPLES = 25
TRUE_OF_ALL = CHECKS.get_by_names(
    ["not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance"]
)

pytestmark = pytest.mark.django_db


def test_the_description_is_valid(tmp_path: Path) -> None:
    target = tmp_path / "schema.json"
    call_command("spectacular", "--validate", "--fail-on-warn", "--format", "openapi-json", "--file", str(target))
    described = json.loads(target.read_text())
    assert set(described["paths"]) == {"/api/v1/campaigns/{slug}/registrations", "/api/v1/registrations/{token}"}
    assert "join" not in target.read_text()


def test_the_description_is_served(client: Client) -> None:
    response = client.get("/api/schema/", headers={"Authorization": "Api-Key wrong"})
    assert response.status_code == 200
    assert response["Content-Type"].startswith("application/vnd.oai.openapi")


def test_the_pages_of_the_description_need_nobody_else_and_nothing_inline(client: Client) -> None:
    page = client.get("/api/docs/")
    text = page.content.decode()
    assert page.status_code == 200
    assert "://" not in text.replace("http://testserver", "")
    assert "<style" not in text
    assert "<script>" not in text
    assert "script-src 'self'" in page["Content-Security-Policy"].split("; ")
    script = client.get("/api/docs/?script=")
    assert "/api/schema/" in script.content.decode()
    assert "://" not in script.content.decode().replace("http://testserver", "")


@pytest.fixture
def one_connection() -> Iterator[None]:
    """The site in this process, with the test's own connection to the database."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.mark.usefixtures("one_connection")
@pytest.mark.parametrize("has_key", [True, False], ids=["with_a_key", "without"])
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["fitting", "unfitting"])
def test_whatever_is_sent_is_answered_as_described(campaign: Campaign, key: str, has_key: bool, mode: GenerationMode) -> None:
    operation = described()["/api/v1/campaigns/{slug}/registrations"]["POST"]
    cases = operation.as_strategy(generation_mode=mode, path_parameters={"slug": campaign.slug})
    answers = hammer(cases, {"Authorization": f"Api-Key {key}"} if has_key else {})
    assert answers <= ({202, 400, 401, 413, 415, 422} if has_key else {401})
    assert not has_key or 422 in answers


@pytest.mark.usefixtures("one_connection")
def test_whatever_is_asked_for_is_answered_as_described(campaign: Campaign) -> None:
    operations = described()
    assert hammer(operations["/api/v1/registrations/{token}"]["GET"].as_strategy(), {}) <= {404}
    assert hammer(operations["/api/v1/campaigns/{slug}/registrations"]["POST"].as_strategy(), {}) <= {401, 404}


def described() -> Any:
    """The description, as a client reads it from the site."""
    return schemathesis.openapi.from_wsgi("/api/schema/?format=json", application)


def hammer(cases: SearchStrategy[Case], headers: dict[str, str]) -> set[int]:
    """Send many cases; whatever comes back must be as described. Returns the statuses that there were."""
    statuses: set[int] = set()

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases)
    def send(case: Case) -> None:
        statuses.add(case.call_and_validate(headers=headers, checks=TRUE_OF_ALL).status_code)

    send()
    return statuses
