"""What people may have to wait for before the platform is asked, and which mail says so."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import LazySettings
from django.db import transaction

from registrations.models import (
    Campaign,
    Enrollment,
    EnrollmentWish,
    Fact,
    HeldFor,
    Registration,
    Seat,
    StepState,
    Submission,
    TimelineEntry,
)
from registrations.services import (
    approving,
    campaigns,
    confirming,
    holding,
    imports,
    lost_links,
    own_data,
    private_page,
    progress,
    restating,
    signup,
    wakeup,
)
from registrations.services.campaigns import Availability
from registrations.services.import_rows import Row
from registrations.services.signup import Entry, NotOpen
from tests import factories
from tests.services.conftest import World
from tests.services.erased import carry_out, erase
from tests.services.timing import end_event, put_forward

ADDRESS = "ivan@example.com"


def campaign_that(world: World, **options: Any) -> Campaign:
    campaign = world.campaign()
    Campaign.objects.filter(pk=campaign.pk).update(**options)
    campaign.refresh_from_db()
    return campaign


def held_for(person: Registration) -> str:
    return Enrollment.objects.get(registration=person).held_for


def kinds(person: Registration) -> list[str]:
    """The kinds of mail that a person was sent, or is about to be."""
    return list(person.mails.filter(silent=False).order_by("pk").values_list("kind", flat=True))


def codes(person: Registration) -> list[str]:
    return list(person.timeline.order_by("pk").values_list("code", flat=True))


def user_id() -> int:
    return factories.make_user(group="Staff").pk


# Confirming the address


def test_nobody_is_registered_before_they_press_the_button_in_the_mail(world: World) -> None:
    person = world.sign_up(campaign_that(world, confirm_address=True), ADDRESS)
    world.settle()
    [mail] = world.mails(ADDRESS)
    assert f"/r/{person.token}/confirm/" in mail["text"]
    assert any(link.endswith(f"/r/{person.token}/confirm/") for link in mail["links"])
    assert "register" not in world.sandbox.counters()

    confirming.confirm(token=person.token)
    world.settle()
    assert len(world.mails(ADDRESS, 2)) == 2
    assert kinds(person) == ["confirm", "link"]
    assert world.at_platform(ADDRESS)


def test_nothing_at_all_is_asked_of_the_platform_for_whoever_waits(world: World) -> None:
    world.sign_up(campaign_that(world, confirm_address=True))
    world.sign_up(campaign_that(world, approval=True))
    world.sign_up(campaign_that(world, places=0, waiting_list=True))
    world.sign_up(campaign_that(world, places=0))
    before = world.sandbox.counters()
    world.settle()
    assert world.sandbox.counters() == before
    assert set(Seat.objects.values_list("wish", "fact", "state")) == {("out", "out", "settled")}


def test_confirming_twice_is_confirming_once(world: World) -> None:
    person = world.sign_up(campaign_that(world, confirm_address=True))
    confirming.confirm(token=person.token)
    assert not confirming.confirm(token=person.token)
    world.settle()
    assert kinds(person) == ["confirm", "link"]
    assert codes(person).count("confirmed") == 1


def test_whoever_has_cancelled_stays_so_when_they_confirm(world: World) -> None:
    person = world.sign_up(campaign_that(world, confirm_address=True))
    world.cancel(person)
    assert not confirming.confirm(token=person.token)
    assert private_page.read(token=person.token).cancelled


def test_an_event_that_is_over_needs_no_confirmation(world: World) -> None:
    campaign = campaign_that(world, confirm_address=True)
    person = world.sign_up(campaign)
    end_event(campaign, minutes=1)
    with pytest.raises(NotOpen) as refusal:
        confirming.confirm(token=person.token)
    assert refusal.value.availability is Availability.OVER


def test_a_form_that_came_in_time_is_confirmed_after_the_closing_time(world: World) -> None:
    person = world.sign_up(campaign_that(world, confirm_address=True, places=1))
    Campaign.objects.update(closes_at=Submission.objects.get().received_at)
    confirming.confirm(token=person.token)
    assert held_for(person) == ""


def test_whoever_confirms_when_the_place_is_gone_goes_on_to_the_waiting_list(world: World, settings: LazySettings) -> None:
    campaign = campaign_that(world, confirm_address=True, places=1, waiting_list=True)
    slow, quick = world.sign_up(campaign), world.sign_up(campaign)
    put_forward(settings, hours=3)
    confirming.confirm(token=quick.token)
    confirming.confirm(token=slow.token)
    assert (held_for(quick), held_for(slow)) == ("", HeldFor.PLACE)
    assert kinds(slow) == ["confirm", "waiting"]


def test_whoever_came_first_has_the_place_while_they_may_still_confirm(world: World) -> None:
    campaign = campaign_that(world, confirm_address=True, places=1, waiting_list=True)
    first, second = world.sign_up(campaign), world.sign_up(campaign)
    confirming.confirm(token=second.token)
    assert held_for(second) == HeldFor.PLACE
    wakeup.look()
    assert held_for(second) == HeldFor.PLACE
    confirming.confirm(token=first.token)
    assert held_for(first) == ""


def test_the_place_of_somebody_who_never_confirmed_goes_to_whoever_waits(world: World, settings: LazySettings) -> None:
    campaign = campaign_that(world, confirm_address=True, places=1, waiting_list=True)
    _, second = world.sign_up(campaign), world.sign_up(campaign)
    confirming.confirm(token=second.token)
    put_forward(settings, hours=2, minutes=1)
    wakeup.look()
    assert held_for(second) == ""


def test_a_form_after_two_hours_without_confirmation_counts_anew(world: World, settings: LazySettings) -> None:
    campaign = campaign_that(world, confirm_address=True)
    person = world.sign_up(campaign, ADDRESS)
    put_forward(settings, hours=2, minutes=1)
    world.sign_up(campaign, ADDRESS, first_name="Ioann")
    person.refresh_from_db()
    assert person.first_name == "Ioann"
    assert kinds(person) == ["confirm", "confirm"]


# Approval


def test_nobody_is_registered_before_they_are_approved(world: World) -> None:
    person, staff = world.sign_up(campaign_that(world, approval=True), ADDRESS), user_id()
    world.settle()
    assert kinds(person) == ["pending"]
    assert "register" not in world.sandbox.counters()

    assert approving.approve(registration_ids=[person.pk], user_id=staff).done == 1
    world.settle()
    assert kinds(person) == ["pending", "link"]
    assert world.at_platform(ADDRESS)
    assert person.timeline.get(code=TimelineEntry.Code.APPROVED).actor_id == staff


def test_approving_twice_is_approving_once(world: World) -> None:
    person, staff = world.sign_up(campaign_that(world, approval=True)), user_id()
    for done in (1, 0):
        decided = approving.approve(registration_ids=[person.pk], user_id=staff)
        assert (decided.done, decided.others) == (done, 1 - done)
    world.settle()
    assert kinds(person) == ["pending", "link"]


def test_nobody_is_declined_after_they_were_approved(world: World) -> None:
    person, staff = world.sign_up(campaign_that(world, approval=True)), user_id()
    approving.approve(registration_ids=[person.pk], user_id=staff)
    assert approving.decline(registration_ids=[person.pk], user_id=staff).done == 0
    assert held_for(person) == ""


def test_whoever_is_declined_is_told_and_gives_up_their_place(world: World) -> None:
    campaign, staff = campaign_that(world, approval=True, places=1), user_id()
    person = world.sign_up(campaign, ADDRESS)
    world.drain_mails()
    approving.decline(registration_ids=[person.pk], user_id=staff)
    world.settle()
    assert kinds(person) == ["pending", "declined"]
    assert "has decided not to register you" in world.mails(ADDRESS, 2)[-1]["text"]
    assert held_for(world.sign_up(campaign)) == HeldFor.APPROVAL


def test_whoever_was_declined_by_mistake_is_approved_if_there_is_a_place(world: World) -> None:
    campaign, staff = campaign_that(world, approval=True, places=1), user_id()
    person = world.sign_up(campaign)
    approving.decline(registration_ids=[person.pk], user_id=staff)
    assert approving.approve(registration_ids=[person.pk], user_id=staff).done == 1
    assert held_for(person) == ""


def test_approving_whoever_was_declined_gives_them_no_place_that_is_not_there(world: World) -> None:
    campaign, staff = campaign_that(world, approval=True, places=1), user_id()
    person = world.sign_up(campaign)
    approving.decline(registration_ids=[person.pk], user_id=staff)
    world.sign_up(campaign)
    approving.approve(registration_ids=[person.pk], user_id=staff)
    assert held_for(person) == HeldFor.NO_PLACE


def test_nobody_is_approved_for_an_event_that_is_over(world: World) -> None:
    campaign, staff = campaign_that(world, approval=True), user_id()
    person = world.sign_up(campaign)
    end_event(campaign, minutes=1)
    assert approving.approve(registration_ids=[person.pk], user_id=staff).done == 0


def test_first_the_address_then_the_place_then_approval(world: World) -> None:
    campaign = campaign_that(world, confirm_address=True, approval=True, places=1, waiting_list=True)
    person, other = world.sign_up(campaign), world.sign_up(campaign)
    assert held_for(person) == HeldFor.CONFIRMATION
    confirming.confirm(token=person.token)
    assert held_for(person) == HeldFor.APPROVAL
    confirming.confirm(token=other.token)
    assert held_for(other) == HeldFor.PLACE
    approving.decline(registration_ids=[person.pk], user_id=user_id())
    wakeup.look()
    assert held_for(other) == HeldFor.APPROVAL
    assert kinds(other) == ["confirm", "waiting", "pending"]


def test_a_death_in_the_middle_of_letting_somebody_in_leaves_them_as_they_were(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    person, staff = world.sign_up(campaign_that(world, approval=True)), user_id()

    def killed(registrations: list[Registration], **_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(restating, "restate", killed)
        with pytest.raises(KeyboardInterrupt):
            approving.approve(registration_ids=[person.pk], user_id=staff)
    assert held_for(person) == HeldFor.APPROVAL
    assert world.seat(person).wish == "out"
    approving.approve(registration_ids=[person.pk], user_id=staff)
    world.settle()
    assert kinds(person) == ["pending", "link"]


# Another form of the same address


WAITS: list[tuple[dict[str, Any], str]] = [
    ({"confirm_address": True}, "confirm"),
    ({"approval": True}, "pending"),
    ({"places": 0, "waiting_list": True}, "waiting"),
    ({"places": 0}, "full"),
]


@pytest.mark.parametrize(("options", "kind"), WAITS, ids=lambda value: value if isinstance(value, str) else "")
def test_a_mail_about_waiting_is_sent_to_an_address_as_seldom_as_one_to_a_known_person(
    world: World, settings: LazySettings, options: dict[str, Any], kind: str
) -> None:
    campaign = campaign_that(world, **options)
    sent = []
    for minutes in (0, 1, 5, 12, 13, 24, 36, 48):
        settings.CLOCK_OFFSET_SECONDS = minutes * 60
        person = world.sign_up(campaign, ADDRESS, first_name=f"Name {minutes}")
        sent.append(len(kinds(person)))
    assert sent == [1, 1, 1, 2, 2, 3, 3, 3]
    assert set(kinds(person)) == {kind}
    assert not Submission.objects.filter(mail=None).exists()


@pytest.mark.parametrize(("options", "kind"), WAITS, ids=lambda value: value if isinstance(value, str) else "")
def test_where_newcomers_wait_a_known_address_is_answered_as_they_are(world: World, options: dict[str, Any], kind: str) -> None:
    campaign = world.campaign()
    world.sign_up(campaign, "known@example.com")
    world.settle()
    Campaign.objects.filter(pk=campaign.pk).update(**options)
    campaigns.forget_recent()
    world.sandbox.fault("*", "status", status=503, count=None)
    tokens = [
        signup.record(campaign_id=campaign.pk, form_token=email, entry=Entry(email=email, first_name="Eve")).progress_token
        for email in ("known@example.com", "unknown@example.com")
    ]
    assert [progress.read(token=token).handed_over for token in tokens] == [False, False]
    world.drain_mails()
    assert [progress.read(token=token).handed_over for token in tokens] == [True, True]


def test_a_known_persons_form_changes_nothing_of_what_they_wait_for(world: World) -> None:
    campaign = campaign_that(world, places=0, waiting_list=True)
    person = world.sign_up(campaign, ADDRESS)
    before = Enrollment.objects.values().get()
    world.sign_up(campaign, ADDRESS, first_name="Somebody")
    person.refresh_from_db()
    assert person.first_name == "Ivan"
    assert Enrollment.objects.values().get() == before


def test_a_form_of_somebody_who_found_no_place_brings_one_once_there_is_one(world: World) -> None:
    campaign = campaign_that(world, places=0)
    person = world.sign_up(campaign, ADDRESS)
    Campaign.objects.update(places=1)
    world.sign_up(campaign, ADDRESS, first_name="Ioann")
    person.refresh_from_db()
    assert (held_for(person), person.first_name) == ("", "Ioann")
    world.settle()
    assert kinds(person) == ["full", "link"]


def test_whoever_was_declined_is_not_let_in_by_another_form(world: World) -> None:
    campaign = campaign_that(world, approval=True)
    person = world.sign_up(campaign, ADDRESS)
    approving.decline(registration_ids=[person.pk], user_id=user_id())
    Campaign.objects.update(approval=False)
    world.sign_up(campaign, ADDRESS, first_name="Other")
    world.settle()
    assert held_for(person) == HeldFor.DECLINED
    assert not Submission.objects.filter(mail=None).exists()
    assert not world.at_platform(ADDRESS)


# Leaving


@pytest.mark.parametrize(("options", "kind"), WAITS, ids=lambda value: value if isinstance(value, str) else "")
def test_whoever_waits_can_leave_and_the_platform_is_not_asked(world: World, options: dict[str, Any], kind: str) -> None:
    person = world.sign_up(campaign_that(world, **options), ADDRESS)
    before = world.sandbox.counters()
    world.cancel(person)
    world.settle()
    assert private_page.read(token=person.token).cancelled
    assert kinds(person) == [kind, "cancelled"]
    assert world.sandbox.counters() == before
    mail = world.mails(ADDRESS)[-1]
    assert "links we sent you" not in mail["text"]
    assert not mail["attachments"]


def test_a_mail_about_waiting_that_is_not_true_any_more_does_not_leave(world: World) -> None:
    person = world.sign_up(campaign_that(world, confirm_address=True))
    confirming.confirm(token=person.token)
    world.drain_mails()
    assert list(person.mails.values_list("kind", "state")) == [("confirm", StepState.CANCELLED)]


# Where else they are seen


def test_a_seat_shared_with_another_campaign_stays_and_shows_its_link_to_nobody_who_waits(world: World) -> None:
    campaign = world.campaign()
    other = world.campaign_for(campaign.event, session=campaign.session)
    Campaign.objects.filter(pk=other.pk).update(approval=True)
    one, waiting = world.sign_up(campaign, ADDRESS), world.sign_up(other, ADDRESS)
    world.settle()
    assert (world.seat(one).fact, world.seat(one).wish) == (Fact.IN, "in")
    assert private_page.read(token=one.token).meetings[0].link
    assert not private_page.read(token=waiting.token).meetings[0].link
    [place] = own_data.export(token=waiting.token)["places"]
    assert (place["link"], place["waits_for"]) == ("", "approval")

    approving.approve(registration_ids=[waiting.pk], user_id=user_id())
    world.settle()
    assert len(world.at_platform(ADDRESS)) == 1
    assert private_page.read(token=waiting.token).meetings[0].link


def test_lost_links_name_those_who_wait_with_their_state_and_no_link(world: World) -> None:
    person = world.sign_up(campaign_that(world, places=0, waiting_list=True), ADDRESS)
    world.drain_mails()
    [request] = lost_links.ask(address=ADDRESS, client="192.0.2.1").lost_links
    lost_links.answer(request_id=request)
    mail = world.mails(ADDRESS, 2)[-1]
    assert "All places are taken, and you are on the waiting list." in mail["text"]
    assert "we send it as soon as" not in mail["text"]
    assert f"/r/{person.token}/" in mail["text"]


def test_whoever_waits_is_forgotten_like_anybody(world: World, settings: LazySettings) -> None:
    campaign = campaign_that(world, places=1, waiting_list=True)
    first, second = world.sign_up(campaign), world.sign_up(campaign, ADDRESS)
    carry_out(erase(second), settings, world=world)
    world.cancel(first)
    world.settle()
    wakeup.look()
    assert Enrollment.objects.get(registration=second).wish == EnrollmentWish.OUT
    assert not world.at_platform(ADDRESS)


def listed(*emails: str) -> list[Row]:
    return [Row(line=line, email=email, first_name="Olga", last_name="Petrova") for line, email in enumerate(emails, start=2)]


def bring(campaign: Campaign, *emails: str) -> imports.Receipt:
    return imports.record(campaign_id=campaign.pk, name="list.csv", basis="agreed", user_id=None, rows=listed(*emails))


def test_an_imported_list_is_confirmed_and_approved_already(world: World) -> None:
    campaign = campaign_that(world, approval=True, confirm_address=True)
    bring(campaign, "olga@example.com")
    world.settle()
    assert world.at_platform("olga@example.com")


def test_an_imported_list_does_not_go_before_those_who_wait(world: World) -> None:
    campaign = campaign_that(world, places=0, waiting_list=True)
    world.sign_up(campaign)
    Campaign.objects.update(places=1)
    with pytest.raises(imports.DoesNotFit):
        bring(campaign, "olga@example.com")


def test_a_list_brings_in_whoever_only_waits_in_another_campaign_of_the_event(world: World) -> None:
    campaign = campaign_that(world, approval=True)
    other = world.campaign_for(campaign.event, session=campaign.session)
    world.sign_up(campaign, ADDRESS)
    assert bring(other, ADDRESS).counts.new == 1
    world.settle()
    assert world.at_platform(ADDRESS)


def test_several_enrollments_of_one_person_wait_together(world: World) -> None:
    campaign = campaign_that(world, approval=True, places=1)
    person = world.sign_up(campaign, ADDRESS)
    event = factories.make_event(account=world.account)
    for session in factories.make_event(series=True, account=world.account).sessions.all():
        seat = Seat.objects.create(account=world.account, event=event, session=session, address=ADDRESS)
        Enrollment.objects.create(registration=person, seat=seat)
    with transaction.atomic():
        holding.hold(person, HeldFor.PLACE, now=factories.db_now())
    assert set(Enrollment.objects.values_list("wish", "held_for")) == {("held", "place")}
    assert set(Seat.objects.values_list("wish", "fact", "state")) == {("out", "out", "settled")}
    with transaction.atomic():
        holding.let_in(person, now=factories.db_now())
    assert set(Enrollment.objects.values_list("wish", "held_for")) == {("in", "")}
    assert set(Seat.objects.values_list("wish", "state")) == {("in", "queued")}
