"""Setting up campaigns: from an event, on the event's clock, with every question that the platform insists on."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.conf import LazySettings
from django.urls import reverse
from django.utils import timezone

from registrations.models import BlockedTries, Campaign
from registrations.services import imports, pauses
from registrations.services.import_rows import Row
from tests import factories
from tests.admin.campaign_form import ADD, change, save, text_of, values
from tests.admin.conftest import Visit

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("platform")]


def test_without_an_event_the_coming_ones_are_offered(visit: Visit) -> None:
    coming = factories.make_event(title="Coming webinar")
    factories.make_event(title="Gone webinar", starts_at=datetime(2020, 1, 1, tzinfo=UTC))
    text = text_of(visit("Marketing").get(reverse(ADD)))
    assert "Coming webinar" in text
    assert f"?event={coming.pk}" in text
    assert "Gone webinar" not in text


def test_without_any_event_the_page_says_what_to_do(visit: Visit) -> None:
    assert "Make one on the platform" in text_of(visit("Marketing").get(reverse(ADD)))


def test_an_event_leads_to_a_campaign_of_its_own(visit: Visit) -> None:
    event = factories.make_event(title="Coming webinar")
    client = visit("Marketing")
    assert f"{reverse(ADD)}?event={event.pk}" in text_of(
        client.get(reverse("admin:registrations_event_change", args=[event.pk]))
    )
    text = text_of(client.get(f"{reverse(ADD)}?event={event.pk}"))
    assert 'value="Coming webinar"' in text
    assert "On the event's clock: Moscow, UTC+3." in text


def test_a_campaign_of_a_single_event_is_for_its_only_session(visit: Visit) -> None:
    event = factories.make_event()
    save(visit("Marketing"), values(event))
    campaign = Campaign.objects.get()
    assert campaign.session == factories.only_session(event)
    assert campaign.slug == "vebinar-o-vebinarah"


def test_a_campaign_of_a_series_may_be_for_all_of_it_or_for_one_session(visit: Visit) -> None:
    event = factories.make_event(series=True)
    client = visit("Marketing")
    save(client, values(event, slug="all"))
    save(client, values(event, slug="second", session=str(event.sessions.all()[1].pk)))
    assert Campaign.objects.get(slug="all").session is None
    assert Campaign.objects.get(slug="second").session == event.sessions.all()[1]


def test_a_session_of_another_event_is_refused(visit: Visit) -> None:
    event, other = factories.make_event(series=True), factories.make_event(series=True)
    text = save(visit("Marketing"), values(event, session=str(other.sessions.all()[0].pk)))
    assert "Select a valid choice" in text
    assert not Campaign.objects.exists()


def test_a_single_event_with_no_session_yet_cannot_have_a_campaign(visit: Visit) -> None:
    text = save(visit("Marketing"), values(factories.make_event(sessions=0)))
    assert "has not told us this event's session yet" in text
    assert not Campaign.objects.exists()


def test_two_campaigns_of_one_title_get_two_addresses(visit: Visit) -> None:
    event = factories.make_event()
    client = visit("Marketing")
    save(client, values(event))
    save(client, values(event))
    assert set(Campaign.objects.values_list("slug", flat=True)) == {"vebinar-o-vebinarah", "vebinar-o-vebinarah-2"}


# --- times ---


def test_times_are_typed_and_shown_on_the_events_clock(visit: Visit) -> None:
    event = factories.make_event(time_zone="Asia/Vladivostok")
    client = visit("Marketing")
    save(client, values(event, opens_at="2026-03-01T09:00", closes_at="2026-12-01T18:30"))
    campaign = Campaign.objects.get()
    assert campaign.opens_at == datetime(2026, 2, 28, 23, 0, tzinfo=UTC)
    assert campaign.closes_at == datetime(2026, 12, 1, 8, 30, tzinfo=UTC)
    text = text_of(client.get(change(campaign)))
    assert 'value="2026-03-01T09:00"' in text
    assert "Vladivostok, UTC+10" in text


@pytest.mark.parametrize(
    ("clock", "hour"), [("2026-03-28T12:00", 11), ("2026-03-29T12:00", 10), ("2026-10-25T12:00", 11), ("2026-10-24T12:00", 10)]
)
def test_noon_is_noon_on_both_sides_of_a_change_of_the_clocks(visit: Visit, clock: str, hour: int) -> None:
    event = factories.make_event(time_zone="Europe/Berlin")
    save(visit("Marketing"), values(event, opens_at=clock))
    opens_at = Campaign.objects.get().opens_at
    assert opens_at is not None
    assert (opens_at.hour, opens_at.tzinfo) == (hour, UTC)


def test_an_hour_that_the_clocks_skip_is_refused(visit: Visit) -> None:
    event = factories.make_event(time_zone="Europe/Berlin")
    text = save(visit("Marketing"), values(event, opens_at="2026-03-29T02:30"))
    assert "There is no such time in that night" in text
    assert not Campaign.objects.exists()


def test_saving_again_does_not_move_a_time_in_an_hour_that_comes_twice(visit: Visit) -> None:
    event = factories.make_event(time_zone="Europe/Berlin")
    second = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    campaign = factories.make_campaign(event=event, opens_at=second)
    save(visit("Marketing"), values(event, opens_at="2026-10-25T02:30", title="Renamed"), change(campaign))
    campaign.refresh_from_db()
    assert campaign.title == "Renamed"
    assert campaign.opens_at == second


def test_it_cannot_close_before_it_opens(visit: Visit) -> None:
    sent = values(factories.make_event(), opens_at="2026-03-02T09:00", closes_at="2026-03-01T09:00")
    assert "It would close before it opens." in save(visit("Marketing"), sent)


def test_a_time_that_is_none_is_refused(visit: Visit) -> None:
    assert "Enter a date and a time." in save(visit("Marketing"), values(factories.make_event(), opens_at="tomorrow"))


# --- the mail and the look ---


def test_a_placeholder_that_no_mail_fills_is_refused_by_name(visit: Visit) -> None:
    text = save(visit("Marketing"), values(factories.make_event(), mail_intro="Hello {{first_name}}, {{join_url}}"))
    assert "No mail fills {{join_url}}." in text
    assert not Campaign.objects.exists()


@pytest.mark.parametrize("accent", ["red", "#2f5be", "#2f5bea;}"])
def test_an_accent_that_is_no_colour_is_refused(visit: Visit, accent: str) -> None:
    save(visit("Marketing"), values(factories.make_event(), accent=accent))
    assert not Campaign.objects.exists()


# --- once somebody has signed up ---


def test_a_campaign_may_be_kept_off_the_front_page(visit: Visit) -> None:
    sent = values(factories.make_event(), slug="quiet")
    del sent["listed"]
    save(visit("Marketing"), sent)
    campaign = Campaign.objects.get(slug="quiet")
    assert (campaign.published, campaign.listed) == (True, False)


def test_the_event_stays_once_somebody_has_signed_up(visit: Visit) -> None:
    campaign, other = factories.make_campaign(event=factories.make_event(series=True)), factories.make_event()
    factories.make_person(campaign=campaign)
    text = save(visit("Marketing"), values(other, title="Renamed"), change(campaign))
    campaign.refresh_from_db()
    assert campaign.event_id != other.pk
    assert campaign.title == "Renamed"
    assert "The event stays as it was" in text


def test_the_event_may_change_while_nobody_has_signed_up(visit: Visit) -> None:
    campaign, other = factories.make_campaign(), factories.make_event()
    save(visit("Marketing"), values(other), change(campaign))
    campaign.refresh_from_db()
    assert campaign.event == other
    assert campaign.session == factories.only_session(other)


def test_a_campaign_with_people_cannot_be_deleted_and_one_without_can(visit: Visit) -> None:
    campaign, empty = factories.make_campaign(), factories.make_campaign()
    factories.make_person(campaign=campaign)
    client = visit("Marketing")
    delete = "admin:registrations_campaign_delete"
    assert client.post(reverse(delete, args=[campaign.pk]), {"post": "yes"}).status_code == 403
    assert client.post(reverse(delete, args=[empty.pk]), {"post": "yes"}).status_code == 302
    assert list(Campaign.objects.all()) == [campaign]


def test_the_list_counts_people_mails_and_who_needs_attention(visit: Visit) -> None:
    campaign = factories.make_campaign(title="Spring talk")
    people = [factories.make_person(campaign=campaign) for _ in range(4)]
    factories.park_seat(people[0])
    for person in people[1:3]:
        factories.let_in(person)
        factories.hand_over(person)
    answer = visit("Marketing").get(reverse("admin:registrations_campaign_changelist"))
    row = answer.context["cl"].result_list[0]
    assert (row.people_there, row.mails_there, row.attention_there) == (4, 2, 1)
    assert "http://testserver/c/" in answer.content.decode()


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({}, "Open"),
        ({"published": False}, "Not published"),
        ({"opens_at": datetime(2090, 1, 1, tzinfo=UTC)}, "Not open yet"),
        ({"closes_at": datetime(2020, 1, 1, tzinfo=UTC)}, "Closed"),
        ({"places": 0}, "Full"),
    ],
)
def test_the_list_says_whether_a_campaign_is_open(visit: Visit, fields: dict[str, Any], state: str) -> None:
    factories.make_campaign(**fields)
    text = text_of(visit("Marketing").get(reverse("admin:registrations_campaign_changelist")))
    assert f"</span>{state}</span>" in text


def test_staff_may_look_at_a_campaign_but_not_change_it(visit: Visit) -> None:
    campaign = factories.make_campaign()
    client = visit("Staff")
    assert client.get(change(campaign)).status_code == 200
    assert client.post(change(campaign), values(campaign.event)).status_code == 403
    assert client.get(reverse(ADD)).status_code == 403
    assert client.get(f"{reverse(ADD)}?event={campaign.event_id}").status_code == 403


def test_the_marketer_reads_what_was_held_back_and_why(visit: Visit) -> None:
    campaign = factories.make_campaign()
    client = visit("Marketing")
    assert "Held back" not in text_of(client.get(change(campaign)))
    today = datetime.now(UTC).date()
    BlockedTries.objects.create(campaign=campaign, day=today, reason="trap", count=41)
    BlockedTries.objects.create(campaign=campaign, day=today, reason="client", count=1)
    text = text_of(client.get(change(campaign)))
    assert "Held back at the form in the last seven days:" in text
    assert "41 tries: a field that people never see was filled in" in text
    assert "1 try: too many forms from one place on the internet" in text


# --- who waits, and how long ---


def make_crowd(count: int) -> Campaign:
    """A campaign with so many imported people, at two calls a second."""
    event = factories.make_event(account=factories.make_account(calls_per_second=2))
    campaign = factories.make_campaign(event=event)
    rows = (Row(f"listed{number}@example.org", "Anna", "Li", line=number) for number in range(count))
    imports.record(campaign_id=campaign.pk, name="list", basis="They agreed", user_id=None, rows=rows)
    return campaign


def every_screen(visit: Visit, campaign: Campaign) -> list[str]:
    client = visit("Marketing")
    urls = (change(campaign), reverse("admin:registrations_campaign_changelist"), reverse("admin:index"))
    return [text_of(client.get(url)) for url in urls]


def test_the_screens_say_how_many_people_wait_and_how_long(visit: Visit) -> None:
    for text in every_screen(visit, make_crowd(1200)):
        assert "1,200 people are waiting, about 12 s" in text


def test_the_screens_are_honest_while_delivery_is_stopped(visit: Visit) -> None:
    campaign = make_crowd(3)
    pauses.pause_everything(user_id=None)
    for text in every_screen(visit, campaign):
        assert "3 people are waiting: delivery is stopped" in text


def test_the_screens_say_nothing_where_nobody_waits(visit: Visit) -> None:
    campaign = factories.make_campaign()
    person = factories.make_person(campaign=campaign)
    factories.let_in(person)
    factories.hand_over(person)
    for text in every_screen(visit, campaign):
        assert not re.search("(is|are) waiting", text)


def test_a_proof_of_work_is_switched_on_where_browsers_can_do_it(visit: Visit, settings: LazySettings) -> None:
    settings.PUBLIC_URL = "https://webinars.example.org"
    save(visit("Marketing"), values(factories.make_event(), proof_of_work="on"))
    campaign = Campaign.objects.get()
    assert campaign.wants_proof
    BlockedTries.add([(campaign.pk, timezone.now().date(), BlockedTries.Reason.PROOF, 3)])
    assert "3 tries: no proof of work" in text_of(visit("Marketing").get(change(campaign)))


def test_where_browsers_cannot_do_it_the_switch_says_so(visit: Visit, settings: LazySettings) -> None:
    settings.PUBLIC_URL = "http://webinars.example.org"
    client = visit("Marketing")
    save(client, values(factories.make_event(), proof_of_work="on"))
    campaign = Campaign.objects.get()
    assert not campaign.proof_of_work
    page = text_of(client.get(change(campaign)))
    assert "encrypted pages only, and this site is at http://webinars.example.org" in page
