"""A calendar takes a new version of an entry by its higher SEQUENCE: it rises with whatever the entry shows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from icalendar import Calendar

from registrations.models import Event, Registration, Session
from registrations.services import arrivals, cancelling, catalog, letters, meetings, private_page, wishes
from registrations.webinar.provider import EventInfo, SessionInfo, Status
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def person() -> Registration:
    """Somebody with a link."""
    registration = factories.make_person()
    factories.let_in(registration)
    return registration


def entry(registration: Registration) -> tuple[str, int]:
    """Identity and revision of the person's only entry, as things stand now."""
    (meeting,) = meetings.meetings_of(Registration.objects.get(pk=registration.pk))
    return meeting.uid, meeting.sequence


def mirror(event: Event, **changes: object) -> None:
    """As if the platform now said this of the event's only session."""
    session = Session.objects.get(event=event)
    said = {"title": session.title, "starts_at": session.starts_at, "ends_at": session.ends_at, **changes}
    info = SessionInfo(session_id=session.external_id, event_id=event.external_id, status=Status.PLANNED, **said)
    catalog.mirror_event(
        event.account,
        EventInfo(
            event_id=event.external_id,
            title=event.title,
            status=Status.PLANNED,
            is_series=False,
            starts_at=said["starts_at"],
            ends_at=said["ends_at"],
            time_zone=event.time_zone,
            sessions=(info,),
        ),
    )


@pytest.mark.parametrize(
    "change",
    [
        lambda session: {"starts_at": session.starts_at + timedelta(minutes=30)},
        lambda session: {"ends_at": session.ends_at + timedelta(minutes=30)},
        lambda session: {"title": "Another title"},
    ],
    ids=["beginning", "end", "title"],
)
def test_a_change_of_the_meeting_raises_the_revision(
    person: Registration, change: Callable[[Session], dict[str, object]]
) -> None:
    event = person.campaign.event
    uid, before = entry(person)
    mirror(event, **change(Session.objects.get(event=event)))
    assert entry(person)[0] == uid
    assert entry(person)[1] > before


def test_the_same_answer_again_raises_nothing(person: Registration) -> None:
    before = entry(person)
    mirror(person.campaign.event)
    assert entry(person) == before


def test_another_link_raises_the_revision_though_the_wish_is_the_same(person: Registration) -> None:
    version, (uid, before) = factories.seat_of(person).version, entry(person)
    wishes.ask_again(person)
    seat = factories.let_in(person, link="https://rooms.example.org/another")
    assert seat.version == version
    assert entry(person)[0] == uid
    assert entry(person)[1] > before


def test_the_same_link_again_raises_nothing(person: Registration) -> None:
    before, link = entry(person), factories.seat_of(person).link
    wishes.ask_again(person)
    factories.let_in(person, link=link)
    assert entry(person) == before


def test_a_link_that_comes_after_its_worker_gave_up_counts_too(person: Registration) -> None:
    late = factories.make_person()
    seat = factories.claimed_seat(late)
    before = entry(late)[1]
    type(seat).objects.filter(pk=seat.pk).update(lease_token=None)
    answer = arrivals.Participation(participation_id="p-late", email=seat.address, link="https://rooms.example.org/late")
    arrivals.let_in(seat, answer)
    assert factories.seat_of(late).link_version == 1
    assert entry(late)[1] > before


def test_leaving_and_coming_back_each_raise_the_revision(person: Registration) -> None:
    revisions = [entry(person)]
    cancelling.cancel(token=person.token)
    revisions.append(entry(person))
    cancelling.come_back(token=person.token)
    revisions.append(entry(person))
    assert len({uid for uid, _ in revisions}) == 1
    assert [number for _, number in revisions] == sorted({number for _, number in revisions})


def test_the_private_pages_file_is_the_mails_entry(person: Registration) -> None:
    (event,) = Calendar.from_ical(private_page.calendar(token=person.token)).walk("VEVENT")
    assert (event["UID"], event["SEQUENCE"]) == entry(person)
    assert event["ORGANIZER"] == "mailto:webinars@example.org"
    assert event["STATUS"] == "CONFIRMED"


def test_an_organiser_that_discards_answers_is_named_by_page_and_mail(person: Registration, settings: Any) -> None:
    settings.CALENDAR_ORGANIZER_EMAIL = "nobody@example.org"
    (event,) = Calendar.from_ical(private_page.calendar(token=person.token)).walk("VEVENT")
    mail = person.mails.select_related("sender", "registration").get()
    letter = letters.Desk([mail], sender=mail.sender).write(mail)
    assert letter is not None
    assert event["ORGANIZER"] == f"mailto:{letter.organizer}" == "mailto:nobody@example.org"


def test_whoever_cancelled_gets_a_file_that_says_so(person: Registration) -> None:
    link = factories.seat_of(person).link
    cancelling.cancel(token=person.token)
    content = private_page.calendar(token=person.token)
    (event,) = Calendar.from_ical(content).walk("VEVENT")
    assert event["STATUS"] == "CANCELLED"
    assert link not in content.replace(b"\r\n ", b"").decode()
