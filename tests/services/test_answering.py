"""Which mail answers which form."""

from __future__ import annotations

from datetime import timedelta

from django.conf import LazySettings

from registrations.models import OutgoingEmail, StepState, Submission
from registrations.services import progress, signup
from registrations.services.signup import Entry
from tests.services.conftest import World


def kinds_sent(world: World) -> list[str]:
    world.drain_mails()
    sent = OutgoingEmail.objects.filter(state=StepState.SETTLED, silent=False)
    return list(sent.order_by("pk").values_list("kind", flat=True))


def test_a_known_persons_second_form_brings_the_current_link(world: World) -> None:
    campaign = world.campaign()
    world.sign_up(campaign, "ivan@example.com")
    world.drain_seats()
    world.drain_mails()
    world.sign_up(campaign, "ivan@example.com", first_name="Somebody")
    world.drain_seats()

    assert world.sandbox.counters()["register"] == {"201": 1}
    _, second = world.mails("ivan@example.com", 2)
    assert "already registered as Ivan Petrov" in second["text"]
    assert "Somebody" not in second["text"]
    assert world.at_platform("ivan@example.com")[0]["link"] in second["links"]


def test_a_second_form_while_the_first_mail_is_on_its_way_is_answered_by_that_mail(world: World) -> None:
    campaign = world.campaign()
    world.sign_up(campaign, "ivan@example.com")
    world.sign_up(campaign, "ivan@example.com")
    world.drain_seats()
    assert kinds_sent(world) == ["link"]
    assert not Submission.objects.filter(mail=None).exists()


def test_an_address_gets_one_such_mail_in_ten_minutes_and_three_a_day(world: World, settings: LazySettings) -> None:
    campaign = world.campaign(starts_in=100)
    sent = []
    for minutes in (0, 1, 5, 12, 13, 24, 36, 48):
        settings.CLOCK_OFFSET_SECONDS = minutes * 60
        world.sign_up(campaign, "ivan@example.com", first_name=f"Name {minutes}")
        world.drain_seats()
        sent.append(len(kinds_sent(world)))
    # 0 is the link itself; 1 brings the first such mail, 12 the second, 24 the third, and then the day is full.
    assert sent == [1, 2, 2, 3, 3, 4, 4, 4]
    settings.CLOCK_OFFSET_SECONDS = 25 * 3600
    world.sign_up(campaign, "ivan@example.com", first_name="Next day")
    world.drain_seats()
    assert len(kinds_sent(world)) == 5


def test_the_progress_of_a_form_whose_mail_is_withheld_looks_like_any_other(world: World) -> None:
    campaign = world.campaign()
    for number in range(3):
        world.sign_up(campaign, "ivan@example.com", first_name=f"Name {number}")
        world.drain_seats()
        world.drain_mails()
    entry = Entry(email="ivan@example.com", first_name="Yet another")
    receipt = signup.record(campaign_id=campaign.pk, form_token="last", entry=entry)
    assert not progress.read(token=receipt.progress_token).handed_over
    world.drain_seats()
    assert not progress.read(token=receipt.progress_token).handed_over
    world.drain_mails()
    assert progress.read(token=receipt.progress_token).handed_over
    assert kinds_sent(world) == ["link", "known"]


def test_a_known_address_waits_for_the_same_outage_as_any_other(world: World) -> None:
    campaign = world.campaign()
    world.sign_up(campaign, "ivan@example.com")
    world.drain_seats()
    world.drain_mails()
    world.sandbox.set_key(world.sandbox.api_key, active=False)
    world.sign_up(campaign, "olga@example.com")
    world.drain_seats()
    receipt = signup.record(
        campaign_id=campaign.pk, form_token="second", entry=Entry(email="ivan@example.com", first_name="Ivan")
    )
    world.drain_seats()
    world.drain_mails()
    assert not progress.read(token=receipt.progress_token).handed_over


def test_two_campaigns_of_one_event_share_the_seat_and_each_sends_its_own_mail(world: World) -> None:
    first = world.campaign()
    second = world.campaign_for(first.event, session=first.session)
    one = world.sign_up(first, "ivan@example.com")
    world.drain_seats()
    other = world.sign_up(second, "ivan@example.com")
    world.drain_seats()
    assert world.seat(one) == world.seat(other)
    assert len(world.at_platform("ivan@example.com")) == 1
    assert len(world.mails("ivan@example.com", 2)) == 2


def test_a_late_word_is_not_sent_for_a_known_persons_form(world: World, settings: LazySettings) -> None:
    from registrations.services import answering

    campaign = world.campaign()
    person = world.sign_up(campaign, "ivan@example.com")
    world.drain_seats()
    world.drain_mails()
    world.sandbox.set_key(world.sandbox.api_key, active=False)
    world.sign_up(campaign, "olga@example.com")
    world.drain_seats()
    world.sign_up(campaign, "ivan@example.com", first_name="Other")
    settings.CLOCK_OFFSET_SECONDS = timedelta(minutes=6).total_seconds()
    answering.follow_up()
    assert not person.mails.filter(kind="delayed").exists()
