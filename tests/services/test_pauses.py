"""What a refusal of the platform stops, how long, and how often staff hear of it."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import LazySettings

from registrations.models import Account, Bulk, Campaign, Event, Fact, OutgoingEmail, Pause, Seat, StepState, db_now
from registrations.services import campaigns, catalog
from registrations.webinar.providers.webinar_ru.provider import WebinarRu
from tests.services.conftest import World
from tests.services.timing import ago, put_forward

STAFF = "staff@example.com"
NO_ROUTE = {"error": {"code": 404, "message": "No route found for POST"}}


def make_probes_due() -> None:
    """As if the time until every pause's next probe had passed."""
    Pause.objects.update(next_probe_at=ago(seconds=1))


def scopes() -> list[tuple[str, Event | None]]:
    """What every pause there ever was had stopped: a kind of call, an event."""
    return [(pause.verb, pause.event) for pause in Pause.objects.order_by("pk")]


def calls(world: World, route: str) -> int:
    """How many calls the platform got at a route, whatever it answered."""
    return sum(world.sandbox.counters().get(route, {}).values())


def notices() -> int:
    """How many mails about pauses were written to staff."""
    return OutgoingEmail.objects.filter(kind="staff_pause", recipient=STAFF).count()


def require_field(world: World, campaign: Campaign, label: str) -> None:
    """The platform asks everybody for one more thing from now on; our copy of the target does not know yet."""
    field = {"label": label, "type": "text", "isRequired": True}
    world.sandbox.platform("PUT", f"/eventsessions/{campaign.session.external_id}", {"additionalFields": [field]})


@pytest.fixture(autouse=True)
def staff_told_at(world: World) -> None:
    Account.objects.update(notify_email=STAFF)


# The kind of call that was refused


def test_a_missing_right_to_delete_noticed_by_a_look_stops_only_deleting(world: World) -> None:
    campaign = world.campaign()
    leaver = world.sign_up(campaign, "leaver@example.com")
    world.settle()
    world.sandbox.fault("register", "drop_before_work")
    in_doubt = world.sign_up(campaign, "ivan@example.com")
    world.drain_seats()
    world.cancel(leaver)
    world.sandbox.fault("delete", "drop_before_work")
    world.drain_seats()
    world.sandbox.set_key(world.sandbox.api_key, denied=["delete"])
    # The one in doubt about registering comes first, so that the look is made in the name of registering.
    Seat.objects.filter(pk=world.seat(in_doubt).pk).update(run_at=ago(minutes=2))
    Seat.objects.filter(pk=world.seat(leaver).pk).update(run_at=ago(minutes=1))
    newcomer = world.sign_up(campaign, "newcomer@example.com")
    world.drain_seats(2)

    assert scopes() == [("delete", None)]
    assert [world.seat(person).fact for person in (in_doubt, newcomer)] == [Fact.IN, Fact.IN]
    assert world.seat(leaver).state == StepState.QUEUED


def test_a_missing_right_to_delete_noticed_by_registering_anew_stops_only_deleting(world: World) -> None:
    world.sandbox.switches(register_duplicate="conflict")
    campaign = world.campaign()
    world.sandbox.fault("register", "drop_after_work")
    person = world.sign_up(campaign, "ivan@example.com")
    world.drain_seats()
    world.sandbox.set_key(world.sandbox.api_key, denied=["delete"])
    world.make_all_due()
    world.drain_seats()
    newcomer = world.sign_up(campaign, "newcomer@example.com")
    world.drain_seats(2)

    assert scopes() == [("delete", None)]
    assert world.seat(newcomer).fact == Fact.IN
    seat = world.seat(person)
    assert (seat.state, seat.reason) == (StepState.QUEUED, "forbidden")
    assert seat.run_at > db_now()


# The target that was refused


def test_a_pause_of_one_session_spares_the_other_sessions_of_its_series(world: World) -> None:
    made = world.sandbox.make_event("Course", series=True, sessions=2)
    catalog.sync(account_id=world.account.pk)
    event = Event.objects.get(external_id=str(made.event_id))
    first, second = (world.campaign_for(event, session=session) for session in event.sessions.order_by("starts_at"))
    world.sandbox.fault("register", "status", status=403, match_email="refused@example.com", count=None)
    refused = world.sign_up(first, "refused@example.com")
    world.drain_seats()
    assert [(pause.event, pause.session) for pause in Pause.objects.all()] == [(event, first.session)]

    person = world.sign_up(second, "ivan@example.com")
    world.drain_seats()
    assert world.seat(person).fact == Fact.IN
    assert (world.seat(refused).state, Pause.objects.get().ended_at) == (StepState.QUEUED, None)


# When the next probe comes


def test_the_first_probe_comes_after_a_minute_however_many_were_refused_at_first(world: World) -> None:
    campaign = world.campaign(bulk=Bulk.NEVER)
    catalog.read_details(event_id=campaign.event_id, session_id=campaign.session_id)
    require_field(world, campaign, "City")
    people = [world.sign_up(campaign) for _ in range(8)]
    world.drain_seats()
    pause = Pause.objects.get()
    assert pause.probes == 0
    assert 50 < (pause.next_probe_at - db_now()).total_seconds() <= 60
    assert {world.seat(person).attempts for person in people} == {0}


def test_a_probe_that_fails_in_another_way_is_put_off(world: World) -> None:
    campaign = world.campaign(bulk=Bulk.NEVER)
    world.sandbox.fault("register", "status", status=403)
    for _ in range(3):
        world.sign_up(campaign)
    world.drain_seats()
    world.sandbox.fault("register", "status", status=503, count=None)
    make_probes_due()
    world.drain_seats()
    pause = Pause.objects.get()
    assert pause.ended_at is None
    assert pause.next_probe_at > db_now()


def test_a_probe_on_which_our_own_code_fails_is_put_off_and_made_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    person = world.sign_up(world.campaign())
    world.sandbox.fault("register", "status", status=401)
    world.drain_seats()
    make_probes_due()
    with monkeypatch.context() as broken:
        broken.setattr(WebinarRu, "owner", lambda _: 1 // 0)
        world.drain_seats()
    assert Pause.objects.get().next_probe_at > db_now()
    make_probes_due()
    world.settle()
    assert world.seat(person).fact == Fact.IN


# Whom a probe asks for


def test_people_of_a_campaign_that_fills_the_field_go_on_while_another_campaigns_wait(world: World) -> None:
    lacking = world.campaign()
    filling = world.campaign_for(lacking.event, session=lacking.session)
    require_field(world, lacking, "City")
    key = world.extra_field(filling, "City")
    filling.questions.create(key="city", type="text", label="City", required=True, extra_field=key)
    waiting = world.sign_up(lacking, "waiting@example.com")
    world.drain_seats()
    person = world.sign_up(filling, "ivan@example.com", answers={"city": "Omsk"})
    world.drain_seats()
    assert world.seat(person).fact == Fact.IN
    assert (world.seat(waiting).state, world.seat(waiting).reason) == (StepState.QUEUED, "extra_field")
    assert not Pause.objects.filter(ended_at=None).exists()

    lacking.questions.create(key="city", type="text", label="City", required=True, extra_field=key, fallback="—")
    campaigns.questions_changed(event=lacking.event)
    world.drain_seats()
    assert world.seat(waiting).fact == Fact.IN


def test_a_question_for_the_field_in_one_campaign_frees_its_people_behind_those_who_still_wait(world: World) -> None:
    lacking = world.campaign()
    filling = world.campaign_for(lacking.event, session=lacking.session)
    require_field(world, lacking, "City")
    type(lacking.session).objects.update(detailed_at=None)
    for _ in range(3):
        world.sign_up(lacking)
    person = world.sign_up(filling, "ivan@example.com", answers={"city": "Omsk"})
    world.drain_seats()
    assert scopes() == [("register", lacking.event)]

    key = world.extra_field(filling, "City")
    filling.questions.create(key="city", type="text", label="City", required=True, extra_field=key)
    campaigns.questions_changed(event=lacking.event)
    world.drain_seats(2)
    assert world.seat(person).fact == Fact.IN


def test_each_probe_asks_for_somebody_else(world: World) -> None:
    campaign = world.campaign()
    world.sandbox.fault("register", "status", status=403, match_email="refused@example.com", count=None)
    world.sign_up(campaign, "refused@example.com")
    world.drain_seats()
    person = world.sign_up(campaign, "ivan@example.com")
    for _ in range(2):
        make_probes_due()
        world.drain_seats()
    assert world.seat(person).fact == Fact.IN


# Probes that prove nothing


def test_a_known_persons_form_proves_nothing_about_registering(world: World) -> None:
    campaign = world.campaign()
    world.sign_up(campaign, "known@example.com")
    world.settle()
    world.sandbox.fault("register", "status", status=403, count=None)
    world.sign_up(campaign, "ivan@example.com")
    world.drain_seats()
    for number in range(3):
        refused = calls(world, "register")
        world.sign_up(campaign, "known@example.com", first_name=f"Name {number}")
        Seat.objects.filter(address="known@example.com").update(run_at=ago(hours=1))
        make_probes_due()
        world.drain_seats()
        assert calls(world, "register") <= refused + 1
    pause = Pause.objects.get()
    assert pause.ended_at is None
    assert notices() == 1


def test_a_look_at_the_list_proves_nothing_about_registering(world: World) -> None:
    campaign = world.campaign()
    world.sandbox.fault("register", "drop_before_work", match_email="doubtful@example.com")
    world.sign_up(campaign, "doubtful@example.com")
    world.drain_seats()
    world.sandbox.fault("register", "status", status=403, count=None)
    world.sign_up(campaign, "ivan@example.com")
    world.drain_seats()
    Seat.objects.filter(address="doubtful@example.com").update(run_at=ago(hours=1))
    make_probes_due()
    refused = calls(world, "register")
    world.drain_seats()
    assert calls(world, "register") == refused + 1
    pause = Pause.objects.get()
    assert (pause.ended_at, pause.probes) == (None, 1)


def test_somebody_who_leaves_without_ever_having_been_in_proves_nothing_about_deleting(world: World) -> None:
    campaign = world.campaign()
    leaver = world.sign_up(campaign, "leaver@example.com")
    world.settle()
    world.sandbox.set_key(world.sandbox.api_key, denied=["delete"])
    world.cancel(leaver)
    world.drain_seats()
    world.cancel(world.sign_up(campaign, "ivan@example.com"))
    Seat.objects.filter(address="ivan@example.com").update(run_at=ago(hours=1))
    make_probes_due()
    refused = calls(world, "delete")
    world.drain_seats()
    assert calls(world, "delete") <= refused + 1
    assert Pause.objects.get().ended_at is None


# Pauses that come and go


@pytest.fixture
def flapping(world: World) -> dict[str, Any]:
    """The key works, but the platform has no address for registering: each probe ends the pause, each call brings it back."""
    return world.sandbox.fault("register", "status", status=404, body=NO_ROUTE, count=None)


def test_a_pause_that_comes_back_soon_is_the_same_and_told_once(world: World, flapping: dict[str, Any]) -> None:
    world.sign_up(world.campaign(), "ivan@example.com")
    waits = []
    for _ in range(5):
        world.drain_seats()
        pause = Pause.objects.get()
        assert pause.ended_at is None
        waits.append(round((pause.next_probe_at - db_now()).total_seconds(), -1))
        make_probes_due()
    assert waits == [60, 120, 300, 600, 600]
    world.drain_mails()
    assert notices() == 1
    assert len(world.mails(STAFF)) == 1


def test_a_pause_that_comes_back_much_later_is_a_new_one_and_told_again(
    world: World, settings: LazySettings, flapping: dict[str, Any]
) -> None:
    campaign = world.campaign()
    world.sign_up(campaign, "ivan@example.com")
    world.drain_seats()
    world.sandbox.clear_faults()
    put_forward(settings, minutes=2)
    world.drain_seats()
    assert Pause.objects.get().ended_at is not None

    put_forward(settings, minutes=16)
    world.sandbox.fault("register", "status", status=404, body=NO_ROUTE, count=None)
    world.sign_up(campaign, "olga@example.com")
    world.drain_seats()
    assert Pause.objects.count() == 2
    assert Pause.objects.filter(ended_at=None).count() == 1
    assert notices() == 2
