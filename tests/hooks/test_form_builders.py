"""Forms that builders post: taken once, or refused with a reason that the marketer sees."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.db import OperationalError
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from registrations.models import (
    Campaign,
    ConsentBox,
    ConsentText,
    Event,
    FormHook,
    HookRefusal,
    Registration,
    Submission,
    db_now,
)
from registrations.services import campaigns, form_hooks, signup
from tests import factories
from tests.hooks.conftest import Post, make_hook

FORM = "application/x-www-form-urlencoded"


def refusals() -> dict[tuple[str, str], int]:
    return {(row.reason, row.field): row.count for row in HookRefusal.objects.all()}


def test_a_form_of_tilda_signs_a_person_up(post: Post, campaign: Campaign) -> None:
    response = post()
    assert (response.status_code, response.content) == (200, b"ok")
    anna = Registration.objects.get()
    assert (anna.campaign, anna.email, anna.first_name, anna.last_name) == (campaign, "anna@example.org", "Анна", "Петрова")
    assert anna.answers == {"tel": "+79001234567", "consent": ""}
    assert factories.seat_of(anna).state == "queued"
    assert refusals() == {}
    assert FormHook.objects.get().last_used_at is not None


@pytest.mark.parametrize("sent", [{"test": "test"}, {"test": "test", "api_key": "x"}])
def test_the_test_of_a_builder_is_answered_and_is_no_form(post: Post, sent: dict[str, str]) -> None:
    response = post(sent)
    assert (response.status_code, response.content) == (200, b"ok")
    assert not Submission.objects.exists()
    assert refusals() == {}


def test_a_person_whose_form_says_test_is_a_person(post: Post) -> None:
    assert post(test="test").status_code == 200
    assert Registration.objects.count() == 1


def test_a_repeat_of_the_builder_is_the_same_form(post: Post) -> None:
    assert [post().status_code for _ in range(3)] == [200, 200, 200]
    assert Submission.objects.count() == 1
    post(tranid="1234567:890124")
    assert Submission.objects.count() == 2
    assert Registration.objects.count() == 1


def test_without_a_number_the_same_content_is_a_repeat(post: Post) -> None:
    for _ in range(2):
        assert post(without="tranid formid").status_code == 200
    assert Submission.objects.count() == 1


def test_it_can_be_seen_by_which_hook_somebody_came(post: Post) -> None:
    post()
    assert Submission.objects.get().form_token.startswith(f"hook:{FormHook.objects.get().pk}:")


@pytest.mark.parametrize("name", ["Имя", "NAME", "Name*", "ФИО", "Your name"])
@pytest.mark.parametrize("email", ["E-mail", "Почта", "EMAIL"])
def test_usual_names_need_no_map(post: Post, name: str, email: str) -> None:
    assert post(without="Name Email", **{name: "Анна", email: "anna@example.org"}).status_code == 200
    assert Registration.objects.get().full_name == "Анна"


def test_a_map_says_what_is_unusual(client: Client, campaign: Campaign) -> None:
    factories.make_question(campaign, key="role", label="Role")
    _hook, path = make_hook(campaign, field_map={"Input_2": "role", "Vorname": "first_name", "Kontakt": "email", "Note": ""})
    typed = {"Vorname": "Anna", "Kontakt": "anna@example.org", "input_2": "Engineer", "Note": "x"}
    assert client.post(path, "&".join(f"{k}={v}" for k, v in typed.items()), content_type=FORM).status_code == 200
    assert Registration.objects.get().answers["role"] == "Engineer"
    assert refusals() == {}


def test_a_field_that_fills_nothing_is_counted_and_the_rest_is_taken(post: Post) -> None:
    post(Company="North", tranid="1")
    post(Company="South", tranid="2")
    assert refusals() == {("unmapped", "Company"): 2}
    assert Submission.objects.count() == 2


@pytest.mark.parametrize(
    ("fields", "reason", "field"),
    [
        ({"Email": "anna@"}, "faulty", "email"),
        ({"Email": ""}, "missing", "email"),
        ({"Name": ""}, "missing", "first_name"),
        ({"Phone": "12"}, "faulty", "tel"),
        ({"consent": "no"}, "missing", "consent"),
        ({"consent": "perhaps"}, "faulty", "consent"),
    ],
)
def test_what_cannot_be_taken_is_counted_with_its_reason(post: Post, fields: dict[str, str], reason: str, field: str) -> None:
    response = post(**fields)
    assert (response.status_code, response.content) == (422, f"refused: {reason}".encode())
    assert refusals() == {(reason, field): 1}
    assert not Submission.objects.exists()


def test_nothing_that_somebody_typed_is_kept_with_a_refusal(post: Post) -> None:
    post(without="Email", **{"anna@example.org": "x", "79001234567": "y", "Field\x00\n7": "z"})
    assert set(refusals()) == {("unmapped", ""), ("unmapped", "Field7"), ("missing", "email")}


def test_a_builder_gone_wild_does_not_fill_the_table(campaign: Campaign) -> None:
    hook, _path = make_hook(campaign)
    for number in range(form_hooks.MAX_COUNTS + 20):
        form_hooks.count(hook, HookRefusal.Reason.UNMAPPED, f"Field {number}")
    assert len(refusals()) == form_hooks.MAX_COUNTS + 1
    assert refusals()["unmapped", ""] == 20


def test_a_campaign_that_takes_nobody_says_so(post: Post, campaign: Campaign) -> None:
    Campaign.objects.update(closes_at=db_now() - timedelta(minutes=1))
    assert post().status_code == 409
    Event.objects.update(status="cancelled")
    campaigns.forget_recent()
    assert post().status_code == 410
    Campaign.objects.update(published=False)
    campaigns.forget_recent()
    assert post().status_code == 409
    assert refusals() == {("not_open", ""): 3}


def test_while_the_database_is_away_the_builder_is_asked_to_come_again(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(**_: object) -> None:
        raise OperationalError

    monkeypatch.setattr(signup, "record", away)
    response = post()
    assert (response.status_code, response["Retry-After"]) == (503, "60")
    monkeypatch.undo()
    assert post().status_code == 200


def test_an_address_that_opens_nothing_takes_nothing(client: Client, campaign: Campaign) -> None:
    hook, path = make_hook(campaign)
    assert client.post("/hooks/forms/unknown/", {"test": "test"}).status_code == 404
    FormHook.objects.filter(pk=hook.pk).update(active=False)
    assert client.post(path, "test=test", content_type=FORM).status_code == 404


def test_the_address_of_a_hook_is_not_kept(campaign: Campaign) -> None:
    hook, path = make_hook(campaign)
    assert path.split("/")[3] not in str(FormHook.objects.values().get(pk=hook.pk))


def test_what_is_no_form_is_counted(client: Client, campaign: Campaign) -> None:
    _hook, path = make_hook(campaign)
    assert client.post(path, {"Name": "x"}).status_code == 415
    assert client.post(path, b"{}", content_type="application/json").status_code == 415
    assert client.post(path, b"a=" + b"x" * 200_000, content_type=FORM).status_code == 413
    assert client.post(path, b"a=1&" * 1000, content_type=FORM).status_code == 400
    assert client.get(path).status_code == 405
    assert refusals() == {("unreadable", ""): 4}


def test_known_and_unknown_addresses_get_the_same_answer(post: Post) -> None:
    answers = [post(tranid=str(number)) for number in range(2)]
    assert Registration.objects.count() == 1
    assert [(answer.status_code, answer.content, dict(answer.items())) for answer in answers[:1]] == [
        (answer.status_code, answer.content, dict(answer.items())) for answer in answers[1:]
    ]
    assert not any(answer.cookies for answer in answers)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    body=st.one_of(
        st.binary(max_size=300),
        st.dictionaries(
            st.sampled_from(["Name", "Email", "Phone", "consent", "tranid", "formid", "test", "x"]) | st.text(max_size=20),
            st.text(max_size=60) | st.just("anna@example.org"),
            max_size=8,
        ),
    )
)
def test_whatever_is_posted_has_an_answer(post: Post, body: bytes | dict[str, str]) -> None:
    try:
        response = post(body)
    except UnicodeEncodeError:  # half of a surrogate pair, which cannot be posted
        return
    assert response.status_code in {200, 400, 415, 422}


def test_the_basis_stands_for_the_boxes_that_the_campaign_has(post: Post, campaign: Campaign) -> None:
    text = ConsentText.objects.create(purpose="processing", language="ru", statement="Согласен", document="Всё.")
    ConsentBox.objects.create(campaign=campaign, text=text)
    assert post().status_code == 200
    form = Submission.objects.get()
    assert (form.basis, form.consents.count()) == ("A box on the front page", 0)
    assert form.attribution == {"door": "hook", "utm_source": "newsletter"}


def test_a_builder_that_sends_too_much_is_told_to_come_again(post: Post, settings: LazySettings) -> None:
    settings.POST_LIMITS = {**settings.POST_LIMITS, "address": (1, 3600)}
    assert post().status_code == 200
    response = post(tranid="another")
    assert (response.status_code, Submission.objects.count()) == (429, 1)
    assert 0 < int(response["Retry-After"]) <= 3600


def test_whoever_comes_by_a_hook_to_a_series_of_chosen_dates_gets_all_of_them(client: Client, db: None) -> None:
    campaign = factories.make_campaign(event=factories.make_event(series=True), choosing="dates")
    _hook, path = make_hook(campaign)
    answer = client.post(path, "Name=Anna&Email=anna@example.org&sessions=999", content_type=FORM)
    assert (answer.status_code, answer.content) == (200, b"ok")
    anna = Registration.objects.get()
    assert anna.all_dates
    assert anna.enrollments.count() == 3
