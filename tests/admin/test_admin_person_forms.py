"""What a person's page tells of the forms that came: what was agreed to, why we may write, and what became of a second one."""

from __future__ import annotations

import secrets

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from registrations.models import Consent, ConsentBox, ConsentText, FormHook, Import, Registration
from registrations.services import form_verdicts, imports, privacy, signup
from registrations.services.consents import Agreed
from registrations.services.import_rows import Row
from registrations.services.second_forms import Verdict
from tests import factories
from tests.admin.conftest import Visit
from tests.admin.test_admin_person import page_of, text_of

pytestmark = pytest.mark.django_db

ENTRY = signup.Entry(email="anna@example.org", first_name="Anna")


def make_text(statement: str = "I agree that my data is processed", **fields: str) -> ConsentText:
    return ConsentText.objects.create(
        **{"purpose": "processing", "language": "en", "statement": statement, "document": "All of it.", **fields}
    )


def sign_up_agreeing(*texts: ConsentText, forms: int = 1) -> Registration:
    campaign = factories.make_campaign()
    for text in texts:
        ConsentBox.objects.create(campaign=campaign, text=text, required=False)
    for _ in range(forms):
        signup.record(
            campaign_id=campaign.pk,
            form_token=secrets.token_hex(8),
            entry=ENTRY,
            agreed=Agreed(tuple(text.fingerprint for text in texts), ip="192.0.2.7", page="https://north.example/webinar/"),
        )
    return Registration.objects.get()


def test_what_was_agreed_to_is_told_with_its_very_words_and_where_from(visit: Visit) -> None:
    text, news = make_text(), make_text("News, <b>please</b>", purpose="marketing")
    page = text_of(visit("Staff"), page_of(sign_up_agreeing(text, news)))
    assert "Agreed to" in page
    assert f'href="{settings.PUBLIC_URL}/consent/{text.fingerprint}/"' in page
    assert f'href="{settings.PUBLIC_URL}/consent/{news.fingerprint}/"' in page
    assert "I agree that my data is processed" in page
    assert "192.0.2.7 · https://north.example/webinar/" in page


def test_words_of_marketers_are_shown_and_never_run(visit: Visit) -> None:
    person = sign_up_agreeing(make_text("<script>alert(1)</script>"))
    answer = visit("Staff").get(page_of(person)).content.decode()
    assert "<script>alert" not in answer
    assert "&lt;script&gt;alert(1)" in answer


def test_any_number_of_forms_costs_one_query_for_what_was_agreed_to(visit: Visit) -> None:
    person = sign_up_agreeing(make_text(), make_text("News", purpose="marketing"), forms=5)
    client = visit("Staff")
    with CaptureQueriesContext(connection) as queries:
        client.get(page_of(person))
    about = [query["sql"] for query in queries if Consent._meta.db_table in query["sql"]]
    assert Consent.objects.count() == 10
    assert len([sql for sql in about if f'FROM "{Consent._meta.db_table}"' in sql]) == 1
    assert not any('"document"' in sql for sql in about)


def test_of_an_imported_person_it_is_told_who_says_why_we_may_write(visit: Visit) -> None:
    olga = factories.make_user(group="Staff", username="olga")
    imports.record(
        campaign_id=factories.make_campaign().pk,
        name="guests.csv",
        basis="They left their cards at the fair",
        user_id=olga.pk,
        rows=[Row("anna@example.org", "Anna", "Petrova", line=1)],
    )
    page = text_of(visit("Staff"), page_of(Registration.objects.get()))
    assert Import.objects.get().new == 1
    assert "Why we may write to them" in page
    assert "They left their cards at the fair" in page
    assert "· list “guests.csv” · olga" in page
    assert "Agreed to" not in page


def test_of_a_form_builders_person_it_is_told_who_set_the_hook_up(visit: Visit) -> None:
    olga = factories.make_user(group="Marketing", username="olga")
    hook = FormHook(campaign=factories.make_campaign(), name="Landing page", basis="A box beside the form", created_by=olga)
    hook.set_new_secret()
    hook.save()
    signup.record(campaign_id=hook.campaign_id, form_token=f"hook:{hook.pk}:abc", entry=ENTRY, basis=hook.basis)
    page = text_of(visit("Staff"), page_of(Registration.objects.get()))
    assert "A box beside the form" in page
    assert "· Landing page · olga" in page


@pytest.mark.parametrize("token", ["hook:", "hook:x:1", "hook:999:1", f"hook:{'9' * 50}:1"])
def test_a_hook_that_is_not_there_is_no_harm(visit: Visit, token: str) -> None:
    signup.record(campaign_id=factories.make_campaign().pk, form_token=token, entry=ENTRY, basis="A box beside the form")
    assert "A box beside the form" in text_of(visit("Staff"), page_of(Registration.objects.get()))


def test_after_an_erasure_the_proof_is_still_there(visit: Visit) -> None:
    text = make_text()
    person = sign_up_agreeing(text)
    privacy.erase(registration_id=person.pk, user_id=None)
    page = text_of(visit("Staff"), page_of(person))
    assert f"/consent/{text.fingerprint}/" in page
    assert "192.0.2.7" not in page


def test_nothing_is_said_where_nothing_was_asked_for(visit: Visit) -> None:
    page = text_of(visit("Staff"), page_of(factories.make_person()))
    assert "Agreed to" not in page
    assert "Why we may write" not in page


@pytest.mark.parametrize(
    ("verdict", "told", "history"),
    [
        (None, "sent again; it changed nothing by itself", "nothing was changed"),
        (Verdict.ADOPTED, "sent again, and used since the person said so", "The person uses the answers of their newer form."),
        (Verdict.LEFT, "the person left everything as it is", "left everything as it is."),
        (Verdict.NOT_MINE, "sent by somebody else, says the person", "The person says that the newer form was not theirs."),
    ],
)
def test_what_became_of_a_second_form_is_told(visit: Visit, verdict: Verdict | None, told: str, history: str) -> None:
    person = factories.make_person()
    entry = signup.Entry(email=person.email, first_name="Somebody")
    signup.record(campaign_id=person.campaign_id, form_token="second", entry=entry)
    if verdict:
        form_id = person.submissions.latest("pk").pk
        form_verdicts.decide(token=person.token, form_id=form_id, verdict=verdict)
    page = text_of(visit("Staff"), page_of(person))
    assert told in page
    assert history in page
