"""Pages of listed websites may sign people up from a visitor's browser; others may not, and may not read an answer."""

from __future__ import annotations

import pytest
from django.conf import LazySettings
from django.test import Client

from registrations.models import Campaign, Submission
from registrations.services import campaigns
from tests.api.conftest import WEBSITE, Send, address

NO_KEY = {"Authorization": ""}


def test_a_listed_website_needs_no_key(send: Send, website: str) -> None:
    response = send(headers={**NO_KEY, "Origin": website})
    assert response.status_code == 202
    assert response["Access-Control-Allow-Origin"] == website
    assert "Access-Control-Allow-Credentials" not in response


def test_a_listed_website_can_read_what_is_wrong(send: Send, website: str) -> None:
    response = send({}, headers={**NO_KEY, "Origin": website})
    assert response.status_code == 422
    assert response["Access-Control-Allow-Origin"] == website


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "http://www.north.example",
        "https://north.example",
        "https://www.north.example.evil.example",
        "https://www.north.example:8443",
        "https://evil.example/https://www.north.example",
        "https://[",
        "file://",
        "*",
    ],
)
def test_another_website_is_refused(send: Send, website: str, origin: str) -> None:
    response = send(headers={**NO_KEY, "Origin": origin})
    assert response.status_code == 403
    assert "Access-Control-Allow-Origin" not in response
    assert not Submission.objects.exists()


def test_an_origin_without_a_name_is_not_enough(send: Send, website: str) -> None:
    assert send(headers={**NO_KEY, "Origin": "null"}).status_code == 401


def test_without_a_list_no_website_is_let_in(send: Send) -> None:
    assert send(headers={**NO_KEY, "Origin": WEBSITE}).status_code == 403


def test_a_wrong_key_is_refused_even_from_a_listed_website(send: Send, website: str) -> None:
    assert send(headers={"Authorization": "Api-Key x", "Origin": website}).status_code == 401


def test_a_browser_that_asks_beforehand_is_told(client: Client, campaign: Campaign, website: str) -> None:
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    allowed = client.options(address(campaign), headers={"Origin": "https://other.example:8443", **asked})
    assert allowed.status_code == 204
    assert allowed["Access-Control-Allow-Origin"] == "https://other.example:8443"
    assert allowed["Access-Control-Allow-Methods"] == "POST"
    assert "Idempotency-Key" in allowed["Access-Control-Allow-Headers"]
    assert "Origin" in allowed["Vary"]
    refused = client.options(address(campaign), headers={"Origin": "https://evil.example", **asked})
    assert "Access-Control-Allow-Origin" not in refused
    assert "Origin" in refused["Vary"]


def test_nothing_else_of_the_site_can_be_read_from_elsewhere(client: Client, campaign: Campaign, website: str) -> None:
    for path in ("/api/schema/", "/api/v1/registrations/x", f"/c/{campaign.slug}/", "/"):
        assert "Access-Control-Allow-Origin" not in client.get(path, headers={"Origin": website})


def test_a_browser_has_no_way_around_a_proof_of_work_and_a_key_needs_none(
    campaign: Campaign, send: Send, website: str, settings: LazySettings
) -> None:
    settings.PUBLIC_URL = "https://testserver"
    Campaign.objects.filter(pk=campaign.pk).update(proof_of_work=True)
    campaigns.forget_recent()
    refused = send(headers={**NO_KEY, "Origin": website})
    assert refused.status_code == 403
    assert refused.json()["type"] == "urn:regsite:problem:not_allowed"
    assert refused["Access-Control-Allow-Origin"] == website
    assert send().status_code == 202
