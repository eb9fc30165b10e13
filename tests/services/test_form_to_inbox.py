"""The whole way of one person, with a real platform and a real mail server behind it."""

from __future__ import annotations

import pytest
from django.conf import LazySettings

from registrations.models import Fact, OutgoingEmail, StepState, TimelineEntry
from registrations.services import answering
from tests.services.conftest import World

Code = TimelineEntry.Code


def test_a_sign_up_ends_with_one_participation_and_one_mail_with_its_link(world: World) -> None:
    person = world.sign_up(world.campaign(), "ivan@example.com")
    world.drain_seats()
    [mail] = world.mails("ivan@example.com")

    [participation] = world.at_platform("ivan@example.com")
    seat = world.seat(person)
    assert (seat.state, seat.fact) == (StepState.SETTLED, Fact.IN)
    assert seat.link == participation["link"]
    assert participation["link"] in mail["links"]
    codes = list(person.timeline.values_list("code", flat=True))
    assert codes == [Code.RECEIVED, Code.REGISTERED, Code.MAIL_QUEUED, Code.MAIL_HANDED_OVER]


def test_a_series_sign_up_is_one_participation_for_all_sessions(world: World) -> None:
    world.sign_up(world.campaign(series=True), "ivan@example.com")
    world.drain_seats()
    [mail] = world.mails("ivan@example.com")

    [participation] = world.at_platform("ivan@example.com")
    assert participation["eventSessionId"] is None
    assert mail["attachments"][0]["content"].count("BEGIN:VEVENT") == 3


def test_the_platform_sends_no_mail_of_its_own(world: World) -> None:
    world.sign_up(world.campaign(), "ivan@example.com")
    world.drain_seats()
    world.mails("ivan@example.com")
    assert world.sandbox.mails_received() == 1


def test_answers_fill_the_platforms_extra_fields(world: World) -> None:
    campaign = world.campaign(extra_fields=["City"])
    key = world.extra_field(campaign, "City")
    campaign.questions.create(key="city", type="text", label="Your city", required=True, extra_field=key)
    world.sign_up(campaign, "ivan@example.com", answers={"city": "Пермь"})
    world.drain_seats()

    [participation] = world.at_platform("ivan@example.com")
    assert participation["additionalFields"] == {key: "Пермь"}


def test_several_answers_are_sent_to_the_platform_in_one_line(world: World) -> None:
    campaign = world.campaign(extra_fields=["Topics"])
    key = world.extra_field(campaign, "Topics")
    campaign.questions.create(
        key="topics", type="multiple", label="Topics", choices="Mail\nForms", required=True, extra_field=key
    )
    world.sign_up(campaign, "ivan@example.com", answers={"topics": "Mail\nForms"})
    world.drain_seats()

    [participation] = world.at_platform("ivan@example.com")
    assert participation["additionalFields"] == {key: "Mail, Forms"}


def test_a_moderated_event_lets_our_people_in(world: World) -> None:
    world.sign_up(world.campaign(moderated=True), "ivan@example.com")
    world.settle()
    [participation] = world.at_platform("ivan@example.com")
    assert participation["state"] == "accepted"
    assert len(world.mails("ivan@example.com")) == 1


def test_a_platform_that_ignores_the_approval_flag_is_asked_to_let_in_as_well(world: World) -> None:
    world.sandbox.switches(is_accepted_flag="ignored")
    campaign = world.campaign(moderated=True)
    for number in range(3):
        world.sign_up(campaign, f"ivan{number}@example.com")
    world.settle()
    assert [world.at_platform(f"ivan{number}@example.com")[0]["state"] for number in range(3)] == ["accepted"] * 3
    assert world.sandbox.counters()["moderate"] == {"200": 1}


@pytest.mark.parametrize("admit", ["false", None])
def test_somebody_refused_or_put_out_at_the_platform_is_never_let_in_again(world: World, admit: str | None) -> None:
    campaign = world.campaign(moderated=True)
    world.sandbox.platform(
        "POST", f"/eventsessions/{campaign.session.external_id}/register", {"email": "out@example.com", "sendEmail": False}
    )
    [outsider] = world.at_platform("out@example.com")
    if admit is None:
        world.sandbox.platform("PUT", "/participations/kick", {"participationIds": [outsider["id"]]})
    else:
        path = f"/events/{campaign.event.external_id}/moderate"
        world.sandbox.platform("PUT", path, {"participationIds": [outsider["id"]], "isAccepted": admit})
    # What happened at the platform long before our form: its list tells by the date of the registration.
    person = world.sign_up(campaign, "out@example.com")
    seat = world.seat(person)
    type(seat).objects.filter(pk=seat.pk).update(first_call_at="2100-01-01T00:00:00Z")
    world.settle()

    [participation] = world.at_platform("out@example.com")
    assert participation["state"] in ("refused", "kicked")
    seat.refresh_from_db()
    assert (seat.state, seat.reason) == (StepState.PARKED, "not_admitted")
    assert not OutgoingEmail.objects.filter(kind="link").exists()


def test_no_link_in_five_minutes_is_said_by_mail_once(world: World, settings: LazySettings) -> None:
    world.sandbox.fault("register", "status_before_work", status=503, count=None)
    person = world.sign_up(world.campaign(), "ivan@example.com")
    world.drain_seats()
    answering.follow_up()
    assert not person.mails.exists()

    settings.CLOCK_OFFSET_SECONDS = 301
    answering.follow_up()
    answering.follow_up()
    [mail] = world.mails("ivan@example.com")
    assert "your link follows" in mail["text"]
    assert not world.at_platform("ivan@example.com")


def test_the_link_follows_the_word_that_it_will_be_late(world: World, settings: LazySettings) -> None:
    world.sandbox.fault("register", "status_before_work", status=503, count=1)
    world.sign_up(world.campaign(), "ivan@example.com")
    world.drain_seats()
    settings.CLOCK_OFFSET_SECONDS = 301
    answering.follow_up()
    world.drain_mails()
    world.settle()
    late, link = world.mails("ivan@example.com", 2)
    assert world.at_platform("ivan@example.com")[0]["link"] in link["links"]
    assert world.at_platform("ivan@example.com")[0]["link"] not in late["links"]


def test_an_event_that_is_over_before_the_platform_answered_is_said_honestly(world: World, settings: LazySettings) -> None:
    world.sandbox.fault("register", "status_before_work", status=503, count=None)
    person = world.sign_up(world.campaign(starts_in=1), "ivan@example.com")
    world.drain_seats()
    settings.CLOCK_OFFSET_SECONDS = 4 * 3600
    world.settle()
    seat = world.seat(person)
    assert (seat.state, seat.reason) == (StepState.CANCELLED, "event_over")
    [mail] = world.mails("ivan@example.com")
    assert not world.at_platform("ivan@example.com")
    assert person.mails.get().kind == "no_link"
    assert "webinars@example.org" in mail["text"]
