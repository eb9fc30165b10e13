"""Forgetting a person: what goes, where it goes from, what stays, and what a new form of the same address means."""

from __future__ import annotations

import secrets
import time
from functools import partial

import pytest
from django.conf import LazySettings

from registrations.models import Campaign, Erasure, Fact, Registration, Seat, StepState, TimelineEntry, Wish
from registrations.services import (
    answering,
    draining,
    erasing,
    privacy,
    private_page,
    progress,
    resending,
    seating,
    signup,
    wakeup,
)
from registrations.services.standing import Standing, standing_of
from registrations.services.tokens import UnknownToken
from registrations.webinar.providers.webinar_ru import WebinarRu
from tests import factories
from tests.services.conftest import World
from tests.services.erased import carry_out, erase, nowhere, places_of, receipt, secrets_of, work_on
from tests.services.racing import at_once
from tests.services.timing import ago, put_forward

ADDRESS = "cornelia@example.com"
SETTLE_SECONDS = WebinarRu.capabilities.settle_seconds


def registered(world: World, address: str = ADDRESS, **options: object) -> Registration:
    """Somebody with a link and a mail, who answered a question."""
    campaign = world.campaign(questions=[{"key": "company", "label": "Company"}])
    person = world.sign_up(campaign, address, first_name="Cornelia", answers={"company": "Gracchus & Sons"}, **options)
    world.settle()
    assert world.mails(address)
    return person


# What goes


def test_a_person_with_link_and_mail_is_forgotten_here_and_at_the_platform(world: World, settings: LazySettings) -> None:
    person = registered(world)
    texts = secrets_of(world, person)
    assert all(places_of(text) for text in texts)
    olga = factories.make_user(username="olga")
    erasure = erase(person, olga.pk)
    work_on(erasure)

    assert erasure.state == StepState.SETTLED
    assert nowhere(texts)
    assert not erasure.registrations.exists()
    assert not world.at_platform(ADDRESS)
    assert receipt(erasure, "registrations", "submissions", "places", "deleted", "mails_handed_over") == (1, 1, 1, 1, 1)
    assert erasure.receipt["stays"] == ["mailbox", "mail_logs", "platform", "backups", "web_logs", "history"]
    line = person.timeline.get(code=TimelineEntry.Code.ERASED)
    assert line.actor == olga
    assert standing_of(person) is Standing.ERASED


def test_everything_of_an_address_goes_in_all_campaigns_and_nothing_of_anybody_else(
    world: World, settings: LazySettings
) -> None:
    person = registered(world)
    again = world.sign_up(world.campaign(series=True), ADDRESS)
    twin = world.campaign_for(person.campaign.event, session=person.campaign.session)
    sharing = world.sign_up(twin, ADDRESS)
    other = world.sign_up(twin, "other@example.com")
    world.settle()
    texts = [text for one in (person, again, sharing) for text in secrets_of(world, one)]
    texts = [text for text in texts if text not in (other.first_name, other.last_name)]
    erasure = erase(person)
    work_on(erasure)

    assert receipt(erasure, "registrations", "places", "deleted") == (3, 2, 2)
    assert nowhere(texts)
    assert not world.at_platform(ADDRESS)
    assert len(world.at_platform("other@example.com")) == 1
    other.refresh_from_db()
    assert other.email == "other@example.com"
    assert world.seat(other).link


def test_the_persons_links_die_at_once(world: World) -> None:
    person = registered(world)
    signup_token = signup.record(
        campaign_id=person.campaign_id,
        form_token="another",
        entry=signup.Entry(email=ADDRESS, first_name="Cornelia"),
    ).progress_token
    erase(person)
    with pytest.raises(UnknownToken):
        private_page.read(token=person.token)
    with pytest.raises(UnknownToken):
        progress.read(token=signup_token)
    assert nowhere(["Cornelia", "Petrov", "Gracchus & Sons", person.token, *[world.at_platform(ADDRESS)[0]["link"]]])


def test_whoever_is_erased_is_written_to_no_more(world: World, settings: LazySettings) -> None:
    person = world.sign_up(world.campaign(), ADDRESS)
    person.submissions.update(received_at=ago(minutes=6))
    erasure = erase(person)
    answering.follow_up()
    seating.give_up_over()
    carry_out(erasure, settings, world=world)
    answering.follow_up()
    with pytest.raises(resending.NothingToSend):
        resending.resend_link(registration_id=person.pk, user_id=factories.make_user().pk)
    resending.try_again(registration_id=person.pk, user_id=factories.make_user().pk)
    world.settle()
    assert not world.sandbox.messages(ADDRESS)
    assert [mail.state for mail in person.mails.all()] == [StepState.CANCELLED]


def test_an_import_is_among_what_stays_elsewhere() -> None:
    assert "import_lists" in erasing.receipt_of({"imported": 1}, places=0)["stays"]
    assert "import_lists" not in erasing.receipt_of({"imported": 0}, places=0)["stays"]


def test_a_receipt_claims_no_copies_where_there_were_none() -> None:
    stays = erasing.receipt_of({"registrations": 1, "mails_maybe_out": 0, "mails_handed_over": 0}, places=0)["stays"]
    assert stays == ["backups", "web_logs", "history"]


def test_an_erasure_that_nobody_rang_for_is_found_by_the_clock_and_needs_no_broker(world: World) -> None:
    erasure = erase(registered(world))
    assert wakeup.look().erasures == {erasure.pk}
    draining.once()
    erasure.refresh_from_db()
    assert erasure.state == StepState.SETTLED
    assert not wakeup.look().erasures


# Who can be erased


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["nobody@example.com", "no address", ""])
def test_an_address_about_which_nothing_is_held_is_an_error(address: str) -> None:
    for ask in (privacy.plan, privacy.erase):
        with pytest.raises(privacy.UnknownPerson):
            ask(address=address, **({} if ask is privacy.plan else {"user_id": None}))  # type: ignore[operator]
    assert not Erasure.objects.exists()


@pytest.mark.django_db
def test_an_address_is_found_however_it_is_spelt() -> None:
    person = factories.make_person(email=ADDRESS)
    assert [found.pk for found in privacy.plan(address=" Cornelia@EXAMPLE.com ").registrations] == [person.pk]


def test_asking_twice_is_asking_once_while_it_lasts_and_unknown_afterwards(world: World, settings: LazySettings) -> None:
    person = registered(world)
    first, second = erase(person), erase(person)
    [third] = privacy.erase(address=ADDRESS, user_id=None).erasures
    assert first.pk == second.pk == third
    carry_out(first, settings)
    assert receipt(first, "registrations", "deleted", "mails_handed_over") == (1, 1, 1)
    for ask in ({"registration_id": person.pk}, {"address": ADDRESS}):
        with pytest.raises(privacy.UnknownPerson):
            privacy.erase(**ask, user_id=None)  # type: ignore[arg-type]


def test_two_who_ask_at_the_same_moment_make_one_erasure(world: World, settings: LazySettings) -> None:
    registered(world)
    raised = at_once(*[lambda: privacy.erase(address=ADDRESS, user_id=None)] * 4)
    assert raised == []
    erasure = Erasure.objects.get()
    carry_out(erasure, settings)
    assert (erasure.state, erasure.receipt["registrations"]) == (StepState.SETTLED, 1)


def test_a_tombstone_tells_the_address_to_nobody_without_our_key(world: World, settings: LazySettings) -> None:
    person = registered(world)
    work_on(erase(person))
    assert Erasure.of_address(ADDRESS).exists()
    assert not Erasure.of_address("other@example.com").exists()
    old, settings.FIELD_ENCRYPTION_KEYS = settings.FIELD_ENCRYPTION_KEYS, ["MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="]
    assert not Erasure.of_address(ADDRESS).exists()
    settings.FIELD_ENCRYPTION_KEYS = [*settings.FIELD_ENCRYPTION_KEYS, *old]
    assert Erasure.of_address(ADDRESS).exists()


# A new form of the same address


def test_a_form_after_the_erasure_is_an_ordinary_sign_up(world: World, settings: LazySettings) -> None:
    person = registered(world)
    work_on(erase(person))
    newcomer = world.sign_up(person.campaign, ADDRESS, first_name="Nova")
    world.settle()
    assert newcomer.pk != person.pk
    [participation] = world.at_platform(ADDRESS)
    assert (participation["name"], participation["link"]) == ("Nova", world.seat(newcomer).link)


@pytest.mark.parametrize("worked_before", [True, False], ids=["after_the_registration", "before_the_registration"])
def test_a_form_during_the_erasure_waits_for_it_and_brings_nothing_of_it_back(
    world: World, settings: LazySettings, worked_before: bool
) -> None:
    person = registered(world) if worked_before else world.sign_up(world.campaign(), ADDRESS, first_name="Cornelia")
    texts = [text for text in secrets_of(world, person) if text not in (ADDRESS, person.last_name)]
    erasure = erase(person)
    newcomer = world.sign_up(person.campaign, ADDRESS, first_name="Nova")
    world.drain_seats(2)
    world.drain_mails()
    assert len(world.sandbox.messages(ADDRESS)) == int(worked_before)
    assert not newcomer.mails.exists()

    carry_out(erasure, settings, world=world)
    assert erasure.state == StepState.SETTLED
    assert nowhere(texts)
    [participation] = world.at_platform(ADDRESS)
    assert (participation["name"], participation["link"]) == ("Nova", world.seat(newcomer).link)
    latest = world.sandbox.messages(ADDRESS)[-1]
    assert participation["link"] in latest["text"]
    assert not Seat.objects.filter(enrollments__registration=person, enrollments__seat=world.seat(newcomer)).exists()


def test_a_newcomer_who_leaves_again_during_the_erasure_is_not_registered(world: World, settings: LazySettings) -> None:
    person = registered(world)
    erasure = erase(person)
    newcomer = world.sign_up(person.campaign, ADDRESS)
    world.cancel(newcomer)
    carry_out(erasure, settings, world=world)
    seat = world.seat(newcomer)
    assert (erasure.state, seat.wish, seat.fact, seat.state) == (StepState.SETTLED, Wish.OUT, Fact.OUT, StepState.SETTLED)
    assert not world.at_platform(ADDRESS)
    world.come_back(newcomer)
    world.settle()
    assert len(world.at_platform(ADDRESS)) == 1


def test_a_newcomer_who_is_erased_too_joins_the_erasure(world: World, settings: LazySettings) -> None:
    person = registered(world)
    erasure = erase(person)
    newcomer = world.sign_up(person.campaign, ADDRESS, first_name="Nova")
    assert erase(newcomer).pk == erasure.pk
    put_forward(settings, seconds=5)
    carry_out(erasure, settings, world=world)
    assert receipt(erasure, "registrations", "places", "deleted") == (2, 1, 1)
    assert nowhere([ADDRESS, "Nova", "Cornelia"])
    assert not world.at_platform(ADDRESS)


# Everything at the same moment


def test_forms_and_erasures_of_one_address_at_once_lose_nobody_and_bring_nobody_back(
    world: World, settings: LazySettings
) -> None:
    first, series = world.campaign(), world.campaign(series=True)
    twin = world.campaign_for(first.event, session=first.session)
    campaigns = [first, series, twin]
    for campaign in campaigns:
        world.sign_up(campaign, ADDRESS, first_name="Cornelia")
    world.settle()

    def sign_up(campaign: Campaign) -> None:
        for _ in range(4):
            entry = signup.Entry(email=ADDRESS, first_name="Nova", last_name="Aurelia")
            signup.record(campaign_id=campaign.pk, form_token=secrets.token_hex(8), entry=entry)
            time.sleep(0.05)

    def erase_twice() -> None:
        for _ in range(2):
            privacy.erase(address=ADDRESS, user_id=None)
            time.sleep(0.1)

    def carry_on() -> None:
        for _ in range(8):
            for erasure_id in privacy.go_on().erasures:
                erasing.go_on_erasing(erasure_id=erasure_id)
            world.drain_seats()

    jobs = [erase_twice, carry_on, *(partial(sign_up, campaign) for campaign in campaigns)]
    assert at_once(*jobs) == []
    while (erasure := Erasure.objects.exclude(state=StepState.SETTLED).first()) is not None:
        put_forward(settings, seconds=settings.STEP_LEASE_SECONDS + SETTLE_SECONDS)
        work_on(erasure)
    world.settle()

    wanting = Registration.objects.filter(email=ADDRESS)
    links = {world.seat(person).link for person in wanting}
    there = world.at_platform(ADDRESS)
    assert {item["link"] for item in there} == links
    assert {item["name"] for item in there} <= {"Nova"}
    assert len(there) == Seat.objects.filter(address=ADDRESS).count() == len(links)
    assert not Seat.objects.exclude(state=StepState.SETTLED).exists()
    assert nowhere(["Cornelia", "Petrov"])
