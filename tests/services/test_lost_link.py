"""Links asked for again: what is sent to whom, how often, and that nobody learns who is registered."""

from __future__ import annotations

from typing import Any

import pytest

from registrations import tasks
from registrations.mailing.letter import Letter
from registrations.models import (
    Campaign,
    LostLinkRequest,
    OutgoingEmail,
    Registration,
    Seat,
    Sender,
    StepState,
    TimelineEntry,
)
from registrations.services import cancelling, draining, lost_links, privacy, wakeup
from registrations.services.due import NOTHING
from registrations.services.letters import Desk
from registrations.services.lost_links import UnknownToken
from tests import factories
from tests.services.conftest import World
from tests.services.racing import at_once
from tests.services.timing import ago, end_event

ANNA = "anna@example.org"
HERE = "203.0.113.9"

pytestmark = pytest.mark.django_db


def ask(address: str = ANNA, client: str = HERE) -> None:
    """Ask for the links of an address, and let a worker answer."""
    lost_links.ask(address=address, client=client)
    answer_all()


def answer_all() -> None:
    for request_id in sorted(lost_links.waiting().lost_links):
        lost_links.answer(request_id=request_id)


def person(campaign: Campaign | None = None, *, link: str = "", **values: Any) -> Registration:
    """Somebody with a link, whose own mail has been handed over."""
    made = factories.make_person(campaign=campaign, **{"email": ANNA, **values})
    if link:
        factories.let_in(made, link=link)
        factories.hand_over(made)
    return made


def letters() -> list[Letter]:
    """What each mail of lost links would say now."""
    mails = OutgoingEmail.objects.filter(kind="lost_link").select_related("registration", "sender").order_by("pk")
    written = [Desk([mail], sender=mail.sender).write(mail) for mail in mails]
    return [letter for letter in written if letter is not None]


def the_letter() -> Letter:
    [letter] = letters()
    return letter


ROOM, ROOM_2 = "https://rooms.example.org/one", "https://rooms.example.org/two"


def test_one_mail_lists_everything_that_is_still_to_come() -> None:
    first, second, over = person(link=ROOM), person(link=ROOM_2), person(link="https://rooms.example.org/over")
    end_event(over.campaign, minutes=1)
    ask()
    letter = the_letter()
    assert letter.recipient == ANNA
    assert [page.title for page in letter.pages] == [first.campaign.title, second.campaign.title]
    assert [[meeting.link for meeting in page.meetings] for page in letter.pages] == [[ROOM], [ROOM_2]]
    assert [page.private_url for page in letter.pages] == [
        f"http://testserver/r/{registration.token}/" for registration in (first, second)
    ]
    assert not LostLinkRequest.objects.exists()
    told = TimelineEntry.objects.filter(code=TimelineEntry.Code.ASKED_AGAIN).values_list("registration_id", flat=True)
    assert sorted(told) == [first.pk, second.pk]


def test_a_cancelled_registration_sends_only_its_page() -> None:
    gone = person(link=ROOM)
    cancelling.cancel(token=gone.token)
    ask()
    [page] = the_letter().pages
    assert page.cancelled
    assert page.meetings == ()
    assert gone.token in page.private_url


def test_of_an_erased_person_nothing_is_sent() -> None:
    erased = person(link=ROOM)
    lost_links.ask(address=ANNA, client=HERE)
    privacy.erase(registration_id=erased.pk, user_id=None)
    answer_all()
    assert not OutgoingEmail.objects.filter(kind="lost_link").exists()
    assert not LostLinkRequest.objects.exists()


def test_who_is_erased_before_the_mail_leaves_gets_none() -> None:
    erased = person(link=ROOM)
    ask()
    privacy.erase(registration_id=erased.pk, user_id=None)
    assert OutgoingEmail.objects.get(kind="lost_link").state == StepState.CANCELLED
    assert letters() == []


def test_a_link_that_is_not_there_yet_is_promised() -> None:
    person()
    ask()
    [page] = the_letter().pages
    assert [meeting.link for meeting in page.meetings] == [""]


def test_of_a_series_only_the_sessions_to_come_are_listed() -> None:
    event = factories.make_event(series=True)
    person(factories.make_campaign(event=event), link=ROOM)
    past = event.sessions.order_by("starts_at").first()
    assert past is not None
    event.sessions.filter(pk=past.pk).update(starts_at=ago(hours=2), ends_at=ago(hours=1))
    ask()
    [page] = the_letter().pages
    assert len(page.meetings) == 2


def test_each_sender_sends_its_own() -> None:
    person(link=ROOM)
    other = Sender.objects.create(name="South School", address="south@example.org")
    person(factories.make_campaign(sender=other), link=ROOM_2)
    ask()
    assert [[page.meetings[0].link for page in letter.pages] for letter in letters()] == [[ROOM], [ROOM_2]]
    assert letters()[1].from_address == "south@example.org"


def test_nobody_elses_registration_is_listed() -> None:
    person(link=ROOM)
    person(email="boris@example.org", link=ROOM_2)
    ask()
    assert ROOM_2 not in the_letter().to_json()


def test_an_address_that_is_not_registered_leaves_nothing_behind() -> None:
    ask("nobody@example.org")
    assert not OutgoingEmail.objects.filter(kind="lost_link").exists()
    assert not LostLinkRequest.objects.exists()


def test_the_mail_tells_what_holds_when_it_leaves() -> None:
    here, gone = person(link=ROOM), person(link=ROOM_2)
    ask()
    cancelling.cancel(token=gone.token)
    assert [page.cancelled for page in the_letter().pages] == [False, True]
    end_event(here.campaign, minutes=1)
    end_event(gone.campaign, minutes=1)
    assert letters() == []


def test_a_change_of_any_listed_registration_makes_the_letter_untrue() -> None:
    """The mail belongs to the newest; its letter must not leave either once another one has changed."""
    other, _ = person(link=ROOM), person(link=ROOM_2)
    ask()
    mail = OutgoingEmail.objects.select_related("registration", "sender").get(kind="lost_link")
    before = Desk([mail], sender=mail.sender).standing(mail)
    cancelling.cancel(token=other.token)
    assert Desk([mail], sender=mail.sender).standing(mail) != before


def test_a_letter_with_pages_survives_being_kept() -> None:
    person(link=ROOM)
    ask()
    letter = the_letter()
    assert Letter.from_json(letter.to_json()) == letter


def test_only_three_mails_an_hour_go_to_one_address() -> None:
    person(link=ROOM)
    for number in range(5):
        ask(client=f"203.0.113.{number}")
    assert OutgoingEmail.objects.filter(kind="lost_link").count() == 3


def test_only_twenty_addresses_an_hour_are_asked_for_from_one_place() -> None:
    for number in range(25):
        lost_links.ask(address=f"p{number}@example.org", client=HERE)
    assert LostLinkRequest.objects.count() == 20
    lost_links.ask(address="p24@example.org", client="203.0.113.10")
    assert LostLinkRequest.objects.count() == 21


@pytest.mark.django_db(transaction=True)
def test_asking_at_the_same_moment_is_no_way_around_the_limit() -> None:
    person(link=ROOM)
    assert at_once(*[lambda: lost_links.ask(address=ANNA, client=HERE) for _ in range(8)]) == []
    assert LostLinkRequest.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_a_request_that_two_workers_take_is_answered_once() -> None:
    person(link=ROOM)
    lost_links.ask(address=ANNA, client=HERE)
    [request] = LostLinkRequest.objects.all()
    assert at_once(*[lambda: lost_links.answer(request_id=request.pk) for _ in range(4)]) == []
    assert OutgoingEmail.objects.filter(kind="lost_link").count() == 1


def test_a_lost_ring_is_found_by_the_schedule() -> None:
    person(link=ROOM)
    due = lost_links.ask(address=ANNA, client=HERE)
    assert due.lost_links
    assert wakeup.look().lost_links == due.lost_links
    tasks.answer_lost_link.apply(args=[min(due.lost_links)], routing_key="rest")
    assert OutgoingEmail.objects.filter(kind="lost_link").count() == 1


def test_without_a_broker_the_drain_answers_too(monkeypatch: pytest.MonkeyPatch) -> None:
    person(link=ROOM)
    due = lost_links.ask(address=ANNA, client=HERE)
    [job] = draining._jobs(due)
    assert draining._work(job).emails


def test_a_request_that_could_not_be_answered_for_a_day_is_forgotten() -> None:
    LostLinkRequest.objects.create(address=ANNA, requested_at=ago(hours=25))
    assert lost_links.waiting() == NOTHING
    assert not LostLinkRequest.objects.exists()


def test_the_address_of_a_request_is_unreadable_without_the_key() -> None:
    lost_links.ask(address=ANNA, client=HERE)
    [stored] = LostLinkRequest.objects.extra(select={"raw": "address || ''"}).values_list("raw", flat=True)
    assert ANNA not in stored


# --- on the private page ---


def again(registration: Registration, client: str = HERE) -> None:
    lost_links.mail_again(token=registration.token, client=client)


def link_mails(registration: Registration) -> list[int]:
    return list(registration.mails.filter(kind="link").order_by("generation").values_list("generation", flat=True))


def test_the_link_is_sent_once_more_as_a_new_generation() -> None:
    anna = person(link=ROOM)
    again(anna)
    assert link_mails(anna) == [1, 2]
    assert anna.timeline.filter(code=TimelineEntry.Code.ASKED_AGAIN).count() == 1


def test_a_link_that_is_on_its_way_is_not_sent_twice() -> None:
    anna = person(link=ROOM)
    again(anna)
    again(anna)
    assert link_mails(anna) == [1, 2]


def test_three_times_an_hour_by_whatever_way_it_is_asked_for() -> None:
    anna = person(link=ROOM)
    ask()
    for _ in range(4):
        again(anna)
        OutgoingEmail.objects.update(state=StepState.SETTLED)
    assert link_mails(anna) == [1, 2, 3]


@pytest.mark.parametrize("what", ["no link", "cancelled"])
def test_without_a_link_of_their_own_nothing_is_sent(what: str) -> None:
    anna = person(link=ROOM if what == "cancelled" else "")
    if what == "cancelled":
        cancelling.cancel(token=anna.token)
    before = link_mails(anna)
    again(anna)
    assert link_mails(anna) == before


def test_a_token_that_opens_nothing_sends_nothing() -> None:
    erased = person(link=ROOM)
    privacy.erase(registration_id=erased.pk, user_id=None)
    for token in (erased.token, "x" * 43, ""):
        with pytest.raises(UnknownToken):
            lost_links.mail_again(token=token, client=HERE)


# --- all the way ---


def test_the_mail_arrives_with_the_link_and_the_page(world: World) -> None:
    campaign = world.campaign()
    registration = world.sign_up(campaign, ANNA)
    world.settle()
    assert len(world.mails(ANNA)) == 1
    ask()
    _, second = world.mails(ANNA, 2)
    link = Seat.objects.get().link
    assert second["subject"] == "The links you asked for"
    assert link in second["links"]
    assert f"http://testserver/r/{registration.token}/" in second["links"]
