"""What docs/api.md shows works as it stands there."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from registrations.api.problems import CODES
from registrations.api.serializers import RegistrationBody
from registrations.forms import field_maps
from registrations.forms.spec import QuestionSpec
from registrations.models import ConsentText, Registration
from tests import factories
from tests.api.conftest import ANNA, address

PAGE = (Path(settings.BASE_DIR) / "docs" / "api.md").read_text()


@pytest.mark.django_db
def test_the_example_signs_anna_up_and_is_answered_as_shown(client: Client, key: str) -> None:
    campaign = factories.make_campaign(slug="reliability")
    factories.make_question(campaign, key="role", label="Role", type="choice", choices="Engineer\nManager", required=True)
    [example] = re.findall(r"```sh\n(curl.*?)```", PAGE, re.DOTALL)
    [path] = re.findall(r'"\$SITE(/[^"]*)"', example)
    [body] = re.findall(r"-d '(.*?)'", example, re.DOTALL)
    headers = dict(re.findall(r'-H "([^:"]+): ([^"]+)"', example)) | {"Authorization": f"Api-Key {key}"}
    kind = headers.pop("Content-Type")
    response = client.post(path, body, content_type=kind, headers=headers)
    assert response.status_code == 202
    assert Registration.objects.get().answers == {"role": "Engineer"}
    shown = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)]
    assert set(response.json()) == set(shown[0])
    refused = client.post(
        path, {**json.loads(body), "email": "anna@", "answers": {"role": "x"}}, content_type=kind,
        headers={"Authorization": headers["Authorization"]},
    )  # fmt: skip
    assert refused.json() == shown[1]


def test_the_map_in_the_example_can_be_used() -> None:
    [*_others, field_map] = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)]
    assert field_maps.faults(field_map, questions=[QuestionSpec(key="role", type="text", label="Role")]) == []


@pytest.mark.parametrize("name", RegistrationBody().fields)
def test_every_field_of_the_body_is_explained(name: str) -> None:
    [table] = re.findall(r"\| field \|.*?\n\n", PAGE, re.DOTALL)
    assert f"`{name}`" in table


@pytest.mark.django_db
def test_what_people_agree_to_is_sent_as_explained(client: Client, key: str) -> None:
    campaign = factories.make_campaign()
    text = ConsentText.objects.create(purpose="processing", language="en", statement="I agree", document="All of it.")
    campaign.consent_boxes.create(text=text)
    form = client.get(f"/c/{campaign.slug}/").content.decode()
    [page] = re.findall(r'<a href="([^"]+)"[^>]*>Read the whole text</a>', form)
    fingerprint = page.rstrip("/").rpartition("/")[2]
    assert fingerprint in client.get(page).content.decode().partition("Fingerprint")[2]
    headers, path = {"Authorization": f"Api-Key {key}"}, address(campaign)
    body = {name: text for name, text in ANNA.items() if name != "answers"}
    refused = client.post(path, body, content_type="application/json", headers=headers)
    assert (refused.status_code, [error["pointer"] for error in refused.json()["errors"]]) == (422, ["#/consents"])
    taken = client.post(path, {**body, "consents": [fingerprint]}, content_type="application/json", headers=headers)
    assert taken.status_code == 202
    assert Registration.objects.get().submissions.get().consents.get().fingerprint == fingerprint


@pytest.mark.parametrize("code", [*CODES.values(), "idempotency_key_reused"])
def test_every_problem_is_explained(code: str) -> None:
    assert f"`{code}`" in PAGE
