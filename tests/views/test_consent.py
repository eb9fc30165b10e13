"""Boxes to agree by: never ticked beforehand, each with its whole text, and none of them passed over."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client

from registrations.models import Campaign, Consent, ConsentBox, ConsentText, Purpose, Submission
from registrations.services import campaigns
from registrations.views import form_tokens
from tests.views.attendee import ANNA, address, post, text

Maker = Callable[..., Campaign]


@pytest.fixture
def agreement(campaign: Campaign) -> ConsentText:
    """What the campaign requires."""
    made = ConsentText.objects.create(
        purpose=Purpose.PROCESSING,
        language="en",
        statement="I agree to <b>everything</b>",
        document="<script>1</script>\n\nEnd.",
    )
    ConsentBox.objects.create(campaign=campaign, text=made)
    return made


def box(agreement: ConsentText) -> str:
    return f"consent_{agreement.fingerprint}"


def test_a_box_is_not_ticked_and_leads_to_the_whole_text(client: Client, campaign: Campaign, agreement: ConsentText) -> None:
    page = text(client.get(address(campaign)))
    [tag] = re.findall(rf'<input type="checkbox"[^>]* name="{box(agreement)}"[^>]*>', page)
    assert "checked" not in tag
    assert f'href="/consent/{agreement.fingerprint}/"' in page
    assert "I agree to &lt;b&gt;everything&lt;/b&gt;" in page


def test_the_whole_text_is_at_an_address_of_its_own(client: Client, agreement: ConsentText) -> None:
    answer = client.get(f"/consent/{agreement.fingerprint}/")
    assert answer.status_code == 200
    assert "<script>1" not in text(answer)
    assert "&lt;script&gt;1&lt;/script&gt;" in text(answer)
    assert agreement.fingerprint in text(answer)


@pytest.mark.parametrize("wrong", ["0" * 64, "0" * 63, "g" * 64, "../admin"])
def test_no_other_address_has_a_text(client: Client, agreement: ConsentText, wrong: str) -> None:
    assert client.get(f"/consent/{wrong}/").status_code == 404


def test_a_form_without_it_comes_back_as_typed(client: Client, campaign: Campaign, agreement: ConsentText) -> None:
    answer = post(client, campaign)
    assert answer.status_code == 422
    assert "Without this we may not register you." in text(answer)
    assert 'value="anna@example.org"' in text(answer)
    assert not Submission.objects.exists()


def test_a_form_with_it_is_accepted_and_the_agreement_kept(client: Client, campaign: Campaign, agreement: ConsentText) -> None:
    assert post(client, campaign, **{box(agreement): "yes"}).status_code == 303
    given = Consent.objects.get()
    assert (given.text, given.ip, given.page) == (agreement, "127.0.0.1", f"http://testserver{address(campaign)}")


def test_a_box_that_comes_while_somebody_types_is_shown_and_not_passed_over(
    client: Client, campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = {**ANNA, "form_token": form_tokens.issue(campaign_id=campaign.pk)}
    before = campaigns.public_campaign(slug=campaign.slug)
    made = ConsentText.objects.create(purpose=Purpose.TRANSFER, language="en", statement="Pass it on", document="All.")
    ConsentBox.objects.create(campaign=campaign, text=made)
    monkeypatch.setattr("registrations.views.taking.recent_campaign", lambda **_: before)
    answer = client.post(address(campaign), form)
    assert answer.status_code == 422
    assert "Pass it on" in text(answer)
    assert not Submission.objects.exists()
