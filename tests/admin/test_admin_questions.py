"""The questions of a campaign: every field that the platform insists on is filled, and answers keep their keys."""

from __future__ import annotations

import json
import re
from typing import Any

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
    assert "Only buttons, lists and boxes" in save(client, values(event, {"label": "Role", "choices": "A\nB"}))
    save(client, values(event, {"label": "Role", "type": "choice", "choices": "A\nB"}))
    assert Question.objects.get().choice_list() == ("A", "B")


@pytest.mark.parametrize(
    ("question", "options"),
    [
        ({"type": "text", "placeholder": "Acme", "min_length": "2", "max_length": "60"},
         {"placeholder": "Acme", "min_length": 2, "max_length": 60}),
        ({"type": "number", "minimum": "0", "maximum": "9,5", "decimals": "on"},
         {"minimum": "0", "maximum": "9,5", "decimals": True}),
        ({"type": "date", "minimum": "2026-01-01"}, {"minimum": "2026-01-01"}),
        ({"type": "multiple", "choices": "A\nB", "offers_other": "on", "default": "A\r\nB"},
         {"offers_other": True, "default": "A\nB"}),
        ({"type": "hidden", "url_parameter": "utm_source"}, {"url_parameter": "utm_source"}),
        ({"type": "heading"}, {}),
    ],
)  # fmt: skip
def test_what_a_type_takes_is_kept_and_shown_again(visit: Visit, question: dict[str, str], options: dict[str, Any]) -> None:
    client = visit("Marketing")
    save(client, values(factories.make_event(), {"label": "Ask"} | question))
    made = Question.objects.get()
    assert (made.type, made.options) == (question["type"], options)
    page = text_of(client.get(change(made.campaign)))
    for name, value in question.items():
        if name in ("placeholder", "min_length", "minimum", "maximum", "url_parameter"):
            assert re.search(rf'name="questions-0-{name}" value="{value}"', page)
        if value == "on":
            assert re.search(rf'name="questions-0-{name}"[^>]* checked', page)


def test_a_change_of_an_option_alone_is_saved(visit: Visit) -> None:
    campaign = factories.make_campaign()
    question = factories.make_question(campaign, label="Work", options={"placeholder": "Acme"})
    sent = {"id": str(question.pk), "label": "Work", "placeholder": "Romashka"}
    save(visit("Marketing"), values(campaign.event, sent), change(campaign))
    question.refresh_from_db()
    assert question.options == {"placeholder": "Romashka"}


@pytest.mark.parametrize(
    ("question", "why"),
    [
        ({"type": "hidden"}, "Name the parameter of the page's address"),
        ({"type": "hidden", "url_parameter": "x", "required": "on"}, "so it cannot be required."),
        ({"type": "radio", "choices": "A\nA"}, "These choices are there twice: A."),
        ({"type": "radio", "choices": "A\nB", "default": "C"}, "This is no answer to the question: Choose one of the listed"),
        ({"type": "number", "minimum": "5", "maximum": "4"}, "The most must not be less than the least."),
        ({"type": "number", "minimum": "few"}, "Enter a number, like 12 or 12.5."),
        ({"type": "text", "min_length": "x"}, "Enter a whole number."),
        ({"type": "text", "max_length": "9999999"}, "Between 1 and 200 characters."),
        ({"type": "checkbox", "default": "yes"}, "A question of this type has no use for this."),
        ({"type": "nothing"}, "is not one of the available choices"),
    ],
)
def test_a_question_that_cannot_be_answered_is_refused_in_a_sentence(visit: Visit, question: dict[str, str], why: str) -> None:
    assert why in save(visit("Marketing"), values(factories.make_event(), {"label": "Ask"} | question))
    assert not Question.objects.exists()


def test_a_heading_fills_no_field_of_the_platform(visit: Visit, platform: type[Platform]) -> None:
    platform.fields = (COMPANY,)
    question = {"label": "Work", "type": "heading", "extra_field": "c1"}
    assert "A heading has no answer" in save(visit("Marketing"), values(factories.make_event(), question))


@pytest.mark.parametrize("question", [{"type": "radio", "offers_other": "on"}, {"type": "multiple"}])
def test_a_field_with_choices_of_its_own_takes_no_other_answer(
    visit: Visit, platform: type[Platform], question: dict[str, str]
) -> None:
    platform.fields = (ROLE,)
    filling = {"label": "Role", "choices": "Sales\nMarketing", "extra_field": "r1", "required": "on"} | question
    assert "takes one of its own choices only" in save(visit("Marketing"), values(factories.make_event(), filling))


def test_the_form_tells_the_script_what_each_type_takes(visit: Visit) -> None:
    campaign = factories.make_campaign()
    factories.make_question(campaign)
    page = text_of(visit("Marketing").get(change(campaign)))
    [told] = re.findall(r"name=\"questions-0-type\".*?data-takes=\"(\{.*?\})\"", page)
    assert json.loads(told)["hidden"] == ["default", "url_parameter"]
    assert json.loads(told)["checkbox"] == ["help_text", "required"]
