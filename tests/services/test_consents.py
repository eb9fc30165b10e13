"""What somebody agreed to is kept word for word; nobody is signed up without what a campaign requires."""

from __future__ import annotations

import pytest
from django.conf import LazySettings

from registrations.models import Campaign, Consent, ConsentBox, ConsentText, Purpose, Registration, Submission
from registrations.services import campaigns, consents, privacy, signup
from registrations.services.consents import Agreed, ConsentMissing
from tests import factories

pytestmark = pytest.mark.django_db

PAGE = "https://webinars.example.org/c/talk/"


def text(purpose: Purpose = Purpose.PROCESSING, statement: str = "I agree", document: str = "All of it.\n") -> ConsentText:
    return ConsentText.objects.create(purpose=purpose, language="en", statement=statement, document=document)


def asks_for(campaign: Campaign, agreement: ConsentText, *, required: bool = True) -> None:
    ConsentBox.objects.create(campaign=campaign, text=agreement, required=required)
    campaigns.forget_recent()


def come(campaign: Campaign, *agreed: ConsentText, ip: str = "192.0.2.7", basis: str = "", form: str = "form") -> Submission:
    signup.record(
        campaign_id=campaign.pk,
        form_token=form,
        entry=factories.make_entry(),
        agreed=Agreed(tuple(agreement.fingerprint for agreement in agreed), ip=ip, page=PAGE),
        basis=basis,
    )
    return Submission.objects.latest("pk")


def test_nobody_is_signed_up_without_a_required_agreement() -> None:
    campaign, agreement = factories.make_campaign(), text()
    asks_for(campaign, agreement)
    with pytest.raises(ConsentMissing):
        come(campaign)
    with pytest.raises(ConsentMissing):
        come(campaign, text(Purpose.TRANSFER, "Another one"))
    assert not Registration.objects.exists()
    come(campaign, agreement)
    assert Registration.objects.exists()


def test_an_agreement_is_kept_with_its_words_its_time_and_where_it_was_given() -> None:
    campaign, agreement = factories.make_campaign(), text(document="Первый пункт.\nВторой пункт — со всеми знаками.\n")
    asks_for(campaign, agreement)
    form = come(campaign, agreement)
    given = Consent.objects.get()
    assert (given.submission, given.ip, given.page, given.given_at) == (form, "192.0.2.7", PAGE, form.received_at)
    assert consents.text_of(fingerprint=given.fingerprint).document == "Первый пункт.\nВторой пункт — со всеми знаками.\n"


def test_what_is_not_ticked_is_not_agreed_to() -> None:
    campaign, processing, news = factories.make_campaign(), text(), text(Purpose.MARKETING, "Write to me")
    asks_for(campaign, processing)
    asks_for(campaign, news, required=False)
    come(campaign, processing)
    assert list(Consent.objects.values_list("text", flat=True)) == [processing.pk]


def test_a_box_of_another_campaign_counts_for_nothing() -> None:
    campaign, agreement = factories.make_campaign(), text()
    come(campaign, agreement)
    assert not Consent.objects.exists()


def test_whoever_hands_a_form_in_may_assert_a_basis_instead() -> None:
    campaign = factories.make_campaign()
    asks_for(campaign, text())
    form = come(campaign, basis="Signed on paper at the fair, 3 November")
    assert form.basis == "Signed on paper at the fair, 3 November"
    assert not Consent.objects.exists()


@pytest.mark.parametrize("ip", ["", "unknown", "192.0.2.999", "x" * 500])
def test_an_address_that_is_none_is_no_fault(ip: str) -> None:
    campaign, agreement = factories.make_campaign(), text()
    asks_for(campaign, agreement)
    come(campaign, agreement, ip=ip)
    assert Consent.objects.get().ip is None


def test_an_address_with_a_zone_is_kept_without_it() -> None:
    campaign, agreement = factories.make_campaign(), text()
    asks_for(campaign, agreement)
    come(campaign, agreement, ip="fe80::1%eth0")
    assert Consent.objects.get().ip == "fe80::1"


def test_other_words_are_another_version() -> None:
    first, second = text(document="One"), text(document="Two")
    assert first.fingerprint != second.fingerprint
    assert first.fingerprint == text_again(first)


def text_again(agreement: ConsentText) -> str:
    agreement.save()
    return agreement.fingerprint


def test_an_erasure_keeps_the_proof_and_nothing_of_the_person(settings: LazySettings) -> None:
    campaign, agreement = factories.make_campaign(), text()
    asks_for(campaign, agreement)
    come(campaign, agreement)
    privacy.erase(registration_id=Registration.objects.get().pk, user_id=None)
    given = Consent.objects.get()
    assert (given.ip, given.page, given.fingerprint) == (None, "", agreement.fingerprint)
