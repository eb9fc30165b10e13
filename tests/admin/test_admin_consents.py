"""Texts that people agree to, as marketers write them."""

from __future__ import annotations

import pytest
from django.urls import reverse

from registrations.models import Campaign, Consent, ConsentBox, ConsentText, Purpose
from registrations.services import signup
from registrations.services.consents import Agreed
from tests import factories
from tests.admin.campaign_form import change, save, text_of, values
from tests.admin.conftest import Visit

pytestmark = pytest.mark.django_db

ADD = "admin:registrations_consenttext_add"


def agreement(purpose: Purpose = Purpose.PROCESSING) -> ConsentText:
    return ConsentText.objects.create(purpose=purpose, language="en", statement="I agree", document="All of it.")


def page_of(text: ConsentText) -> str:
    return reverse("admin:registrations_consenttext_change", args=[text.pk])


def test_a_marketer_writes_a_text_and_puts_it_on_a_form(visit: Visit) -> None:
    client = visit("Marketing")
    words = {"purpose": "processing", "language": "ru", "statement": "Согласен", "document": "Первое.\r\nВторое."}
    assert client.post(reverse(ADD), words).status_code == 302
    text = ConsentText.objects.get()
    assert text.document == "Первое.\nВторое."
    campaign = factories.make_campaign()
    box = {"consent_boxes-TOTAL_FORMS": "1", "consent_boxes-0-text": str(text.pk), "consent_boxes-0-position": "0"}
    save(client, values(campaign.event, **box, **{"consent_boxes-0-required": "on"}), change(campaign))
    assert ConsentBox.objects.get().campaign == campaign


def test_the_same_words_twice_are_one_version(visit: Visit) -> None:
    text = agreement()
    words = {name: getattr(text, name) for name in ("purpose", "language", "statement", "document")}
    assert "There is a version with exactly these words." in text_of(visit("Marketing").post(reverse(ADD), words))


def test_nobody_may_be_made_to_agree_to_news(visit: Visit) -> None:
    campaign, news = factories.make_campaign(), agreement(Purpose.MARKETING)
    box = {"consent_boxes-TOTAL_FORMS": "1", "consent_boxes-0-text": str(news.pk), "consent_boxes-0-position": "0"}
    page = save(visit("Marketing"), values(campaign.event, **box, **{"consent_boxes-0-required": "on"}), change(campaign))
    assert "Nobody may be made to agree to news and offers." in page
    assert not ConsentBox.objects.exists()


def test_words_that_somebody_agreed_to_never_change(visit: Visit) -> None:
    client, campaign, text = visit(superuser=True), factories.make_campaign(), agreement()
    ConsentBox.objects.create(campaign=campaign, text=text)
    agreed = Agreed((text.fingerprint,))
    signup.record(campaign_id=campaign.pk, form_token="form", entry=factories.make_entry(), agreed=agreed)
    assert Consent.objects.exists()
    words = {"purpose": "processing", "language": "en", "statement": "Something else", "document": "Nothing."}
    client.post(page_of(text), words)
    text.refresh_from_db()
    assert (text.statement, text.document) == ("I agree", "All of it.")
    assert client.post(reverse("admin:registrations_consenttext_delete", args=[text.pk]), {"post": "yes"}).status_code == 403
    assert Campaign.objects.exists()


def test_staff_read_texts_and_write_none(visit: Visit) -> None:
    client, text = visit("Staff"), agreement()
    assert "All of it." in text_of(client.get(page_of(text)))
    assert client.get(reverse(ADD)).status_code == 403
