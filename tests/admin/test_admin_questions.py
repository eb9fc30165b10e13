"""The questions of a campaign: every field that the platform insists on is filled, and answers keep their keys."""

from __future__ import annotations

import pytest
from django.urls import reverse

from registrations.models import Campaign, Question, db_now
from registrations.webinar.errors import Unavailable
from registrations.webinar.provider import ExtraField
from tests import factories
from tests.admin.campaign_form import ADD, change, save, text_of, values
from tests.admin.conftest import Platform, Visit

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("platform")]

COMPANY = ExtraField("c1", "Company")
ROLE = ExtraField("r1", "Role", True, ("Sales", "Marketing"))


def test_a_campaign_that_leaves_an_extra_field_empty_is_refused_by_name(visit: Visit, platform: type[Platform]) -> None:
    platform.fields = (COMPANY,)
    text = save(visit("Marketing"), values(factories.make_event(), {"label": "Phone"}))
    assert "The platform asks everyone for “Company”, and no question fills it." in text
    assert not Campaign.objects.exists()


def test_a_question_that_fills_the_extra_field_makes_it_pass(visit: Visit, platform: type[Platform]) -> None:
    platform.fields = (COMPANY,)
    question = {"label": "Где вы работаете", "extra_field": "c1", "required": "on"}
    save(visit("Marketing"), values(factories.make_event(), question))
    made = Question.objects.get()
    assert (made.extra_field, made.key, made.required) == ("c1", "gde-vy-rabotaete", True)


def test_an_extra_field_filled_by_an_optional_question_without_fallback_is_refused(
    visit: Visit, platform: type[Platform]
) -> None:
    platform.fields = (COMPANY,)
    text = save(visit("Marketing"), values(factories.make_event(), {"label": "Work", "extra_field": "c1"}))
    assert "must be required or have a fallback" in text


def test_a_new_campaign_begins_with_a_question_for_every_extra_field(visit: Visit, platform: type[Platform]) -> None:
    platform.fields = (COMPANY, ROLE)
    event = factories.make_event()
    text = text_of(visit("Marketing").get(f"{reverse(ADD)}?event={event.pk}"))
    assert 'name="questions-0-label" value="Company"' in text
    assert "Sales Marketing</textarea>" in text


def test_taking_away_the_question_that_fills_a_field_is_refused(visit: Visit, platform: type[Platform]) -> None:
    platform.fields = (COMPANY,)
    campaign = factories.make_campaign()
    question = factories.make_question(campaign, extra_field="c1", required=True)
    gone = {"id": str(question.pk), "label": "Work", "extra_field": "c1", "required": "on", "DELETE": "on"}
    text = save(visit("Marketing"), values(campaign.event, gone), change(campaign))
    assert "no question fills it" in text
    assert Question.objects.filter(pk=question.pk).exists()


def test_a_platform_that_does_not_answer_is_a_warning_and_no_obstacle(visit: Visit, platform: type[Platform]) -> None:
    platform.error = Unavailable("timeout")
    event = factories.make_event()
    client = visit("Marketing")
    assert "could not be asked" in text_of(client.get(f"{reverse(ADD)}?event={event.pk}"))
    assert "could not be asked" in save(client, values(event))
    assert Campaign.objects.exists()


def test_what_was_read_before_counts_while_the_platform_does_not_answer(visit: Visit, platform: type[Platform]) -> None:
    platform.error = Unavailable("timeout")
    event = factories.make_event(extra_fields=[COMPANY])
    assert "“Company”" in save(visit("Marketing"), values(event))
    assert not Campaign.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_no_transaction_is_open_while_the_platform_is_asked(visit: Visit, platform: type[Platform]) -> None:
    save(visit("Marketing"), values(factories.make_event()))
    assert platform.asked_inside_a_transaction == [False]


def test_saving_questions_ends_the_pause_that_lacked_one_and_has_others_tried_at_once(visit: Visit) -> None:
    campaign = factories.make_campaign()
    account = campaign.event.account
    lacking = factories.make_pause(account, event=campaign.event, verb="register", reason="extra_field")
    refused = factories.make_pause(account, event=campaign.event, verb="delete", reason="forbidden")
    save(visit("Marketing"), values(campaign.event), change(campaign))
    lacking.refresh_from_db()
    refused.refresh_from_db()
    assert lacking.ended_at is not None
    assert (refused.ended_at, refused.next_probe_at <= db_now()) == (None, True)


def test_the_key_of_a_question_stays_whatever_is_sent(visit: Visit) -> None:
    campaign = factories.make_campaign()
    question = factories.make_question(campaign, key="company", label="Work")
    sent = {"id": str(question.pk), "label": "Where do you work?", "key": "hacked"}
    save(visit("Marketing"), values(campaign.event, sent), change(campaign))
    question.refresh_from_db()
    assert (question.key, question.label) == ("company", "Where do you work?")


def test_questions_of_one_label_get_two_keys(visit: Visit) -> None:
    save(visit("Marketing"), values(factories.make_event(), {"label": "Имя"}, {"label": "Имя"}))
    assert list(Question.objects.values_list("key", flat=True)) == ["imya", "imya-2"]


def test_new_questions_come_after_the_others_in_the_order_in_which_they_were_added(visit: Visit) -> None:
    campaign = factories.make_campaign()
    old = factories.make_question(campaign, key="old", label="Old", position=5)
    sent = {"id": str(old.pk), "label": "Old", "position": "5"}
    new = [{"label": "First", "position": "0"}, {"label": "Second", "position": "0"}]
    save(visit("Marketing"), values(campaign.event, sent, *new), change(campaign))
    assert [question.label for question in campaign.questions.all()] == ["Old", "First", "Second"]


def test_choices_belong_to_a_choice_and_a_choice_needs_some(visit: Visit) -> None:
    event = factories.make_event()
    client = visit("Marketing")
    assert "Offer at least one choice." in save(client, values(event, {"label": "Role", "type": "choice"}))
    assert "Only a question of the type" in save(client, values(event, {"label": "Role", "choices": "A\nB"}))
    save(client, values(event, {"label": "Role", "type": "choice", "choices": "A\nB"}))
    assert Question.objects.get().choice_list() == ("A", "B")
