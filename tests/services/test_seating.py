"""What the platform may do to us, and what each person ends with all the same."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from registrations.models import Account, Bulk, Delivery, Fact, OutgoingEmail, Pause, StepState, db_now
from registrations.services import pauses, seating, turns
from registrations.services.due import NOTHING
from tests.services.conftest import World


@pytest.mark.parametrize(
    ("kind", "details"),
    [
        ("status_after_work", {"status": 500}),
        ("status_before_work", {"status": 500}),
        ("drop_after_work", {}),
        ("drop_before_work", {}),
        ("late_work", {"seconds": 0.2}),
        ("html", {}),
        ("empty", {}),
        ("no_link", {}),
        ("foreign_link", {}),
        ("bad_link", {}),
        ("huge", {}),
    ],
)
@pytest.mark.parametrize("duplicate", ["existing", "existing_200", "conflict"])
def test_an_answer_that_tells_nothing_ends_in_one_participation_and_one_mail(
    world: World, kind: str, details: dict[str, Any], duplicate: str
) -> None:
    world.sandbox.switches(register_duplicate=duplicate)
    world.sandbox.fault("register", kind, **details)
    person = world.sign_up(world.campaign(), "ivan@example.com")
    world.settle(6)

    [participation] = world.at_platform("ivan@example.com")
    [mail] = world.mails("ivan@example.com")
    assert participation["link"] in mail["links"]
    assert world.seat(person).state == StepState.SETTLED


@pytest.mark.parametrize("kind", ["status_after_work", "drop_after_work", "status_before_work", "late_work"])
def test_on_a_platform_that_would_register_twice_nobody_is_registered_twice(world: World, kind: str) -> None:
    world.sandbox.switches(register_duplicate="second")
    Account.objects.update(unique_by_email=False)
    world.sandbox.fault("register", kind)
    person = world.sign_up(world.campaign(), "ivan@example.com")
    for _ in range(6):
        world.drain_seats()
        world.make_all_due()
        type(world.seat(person)).objects.exclude(missed_at=None).update(missed_at=db_now() - timedelta(seconds=31))
    assert len(world.at_platform("ivan@example.com")) == 1
    assert len(world.mails("ivan@example.com")) == 1


def test_one_miss_is_not_enough_where_the_platform_would_register_twice(world: World) -> None:
    world.sandbox.switches(register_duplicate="second")
    Account.objects.update(unique_by_email=False)
    world.sandbox.fault("register", "drop_before_work")
    person = world.sign_up(world.campaign(), "ivan@example.com")
    world.settle()
    assert world.seat(person).reason == "looking_twice"
    assert not world.at_platform("ivan@example.com")


def test_somebody_the_platform_knows_from_elsewhere_gets_the_link_they_have_there(world: World) -> None:
    campaign = world.campaign()
    path = f"/eventsessions/{campaign.session.external_id}/register"
    world.sandbox.platform("POST", path, {"email": "known@example.com", "sendEmail": False})
    world.sign_up(campaign, "known@example.com")
    world.drain_seats()
    [participation] = world.at_platform("known@example.com")
    assert participation["link"] in world.mails("known@example.com")[0]["links"]


def test_a_conflict_takes_the_link_from_the_list_and_marks_it_as_inferred(world: World) -> None:
    campaign = world.campaign()
    path = f"/eventsessions/{campaign.session.external_id}/register"
    world.sandbox.platform("POST", path, {"email": "known@example.com", "sendEmail": False})
    world.sign_up(campaign, "first@example.com")
    world.drain_seats()
    world.sandbox.switches(register_duplicate="conflict")
    person = world.sign_up(campaign, "known@example.com")
    world.drain_seats()

    [participation] = world.at_platform("known@example.com")
    assert world.seat(person).link == participation["link"]
    assert world.seat(person).link_inferred


def test_a_conflict_with_nothing_to_go_by_needs_a_person(world: World) -> None:
    campaign = world.campaign()
    path = f"/eventsessions/{campaign.session.external_id}/register"
    world.sandbox.platform("POST", path, {"email": "known@example.com", "sendEmail": False})
    world.sandbox.switches(register_duplicate="conflict")
    person = world.sign_up(campaign, "known@example.com")
    seat = world.seat(person)
    type(seat).objects.update(first_call_at="2100-01-01T00:00:00Z")
    world.settle()
    seat.refresh_from_db()
    assert (seat.state, seat.reason) == (StepState.PARKED, "known_without_link")
    assert len(world.at_platform("known@example.com")) == 1


def test_429_costs_no_try_and_holds_every_call_of_the_account_off(world: World) -> None:
    world.sandbox.fault("register", "status", status=429, retry_after=7)
    person = world.sign_up(world.campaign(), "ivan@example.com")
    world.drain_seats()
    seat = world.seat(person)
    assert (seat.state, seat.attempts) == (StepState.QUEUED, 0)
    wait = Account.objects.get().next_call_at - db_now()
    assert timedelta(seconds=5) < wait <= timedelta(seconds=7)

    Account.objects.update(next_call_at=db_now())
    world.settle()
    assert len(world.at_platform("ivan@example.com")) == 1
    assert len(world.mails("ivan@example.com")) == 1


def test_bad_data_of_one_person_needs_a_person_at_once_and_holds_nobody_up(world: World) -> None:
    campaign = world.campaign()
    bad = {"error": {"code": 400, "message": "ERROR_BAD_REQUEST", "fieldErrors": {"email": "ERROR_INVALID"}}}
    world.sandbox.fault("register", "status", status=400, body=bad, match_email="bad@example.com", count=None)
    person = world.sign_up(campaign, "bad@example.com")
    world.sign_up(campaign, "good@example.com")
    world.drain_seats()
    seat = world.seat(person)
    assert (seat.state, seat.attempts) == (StepState.PARKED, 1)
    assert "ERROR_INVALID" in seat.reason_detail or "ERROR_BAD_REQUEST" in seat.reason_detail
    assert len(world.mails("good@example.com")) == 1


def test_a_revoked_key_pauses_the_account_tells_staff_once_and_resumes_by_itself(world: World) -> None:
    Account.objects.update(notify_email="staff@example.com")
    campaign = world.campaign()
    people = [world.sign_up(campaign, f"ivan{number}@example.com") for number in range(5)]
    world.sandbox.set_key(world.sandbox.api_key, active=False)
    world.settle()
    pause = Pause.objects.get()
    assert pauses.is_account_wide(pause)
    assert pause.ended_at is None
    assert len(world.mails("staff@example.com")) == 1
    assert {world.seat(person).attempts for person in people} == {0}
    calls = sum(world.sandbox.counters().get("register", {}).values())

    world.sandbox.set_key(world.sandbox.api_key, active=True)
    assert seating.drain(account_id=world.account.pk) == NOTHING
    assert sum(world.sandbox.counters().get("register", {}).values()) == calls
    pauses.retry_account(account_id=world.account.pk)
    world.settle()
    pause.refresh_from_db()
    assert pause.ended_at is not None
    assert [len(world.at_platform(person.email)) for person in people] == [1] * 5
    assert len(world.sandbox.messages("staff@example.com")) == 1


def test_a_probe_that_fails_waits_longer_each_time(world: World) -> None:
    world.sign_up(world.campaign(), "ivan@example.com")
    world.sandbox.set_key(world.sandbox.api_key, active=False)
    waits = []
    for _ in range(5):
        world.drain_seats()
        waits.append(round((Pause.objects.get().next_probe_at - db_now()).total_seconds(), -1))
        Pause.objects.update(next_probe_at=db_now())
    assert waits == [60, 120, 300, 600, 600]


def test_a_key_without_the_right_to_delete_stops_only_deleting(world: World) -> None:
    campaign = world.campaign()
    leaver = world.sign_up(campaign, "leaver@example.com")
    world.drain_seats()
    world.sandbox.set_key(world.sandbox.api_key, denied=["delete"])
    world.cancel(leaver)
    for number in range(12):
        world.sign_up(campaign, f"ivan{number}@example.com")
    world.settle()
    pause = Pause.objects.get()
    assert (pause.verb, pause.event) == ("delete", None)
    assert all(len(world.at_platform(f"ivan{number}@example.com")) == 1 for number in range(12))
    assert len(world.at_platform("leaver@example.com")) == 1

    world.sandbox.set_key(world.sandbox.api_key, denied=[])
    pauses.retry_account(account_id=world.account.pk)
    world.settle()
    assert not world.at_platform("leaver@example.com")
    assert not Pause.objects.filter(ended_at=None).exists()


def test_a_new_extra_field_pauses_that_event_only_with_one_notice(world: World) -> None:
    Account.objects.update(notify_email="staff@example.com")
    changed, other = world.campaign(), world.campaign()
    session = changed.session.external_id
    world.sandbox.platform(
        "PUT", f"/eventsessions/{session}", {"additionalFields": [{"label": "City", "type": "text", "isRequired": True}]}
    )
    people = [world.sign_up(changed, f"ivan{number}@example.com") for number in range(3)]
    world.sign_up(other, "olga@example.com")
    changed.session.__class__.objects.update(detailed_at=None)
    world.settle()
    pause = Pause.objects.get()
    assert (pause.event, pause.reason) == (changed.event, "extra_field")
    assert len(world.at_platform("olga@example.com")) == 1
    assert len(world.mails("staff@example.com")) == 1

    key = world.extra_field(changed, "City")
    changed.questions.create(key="city", type="text", label="City", required=True, extra_field=key, fallback="—")
    pauses.retry_soon(event=changed.event)
    world.settle()
    assert [len(world.at_platform(person.email)) for person in people] == [1] * 3


def test_the_field_is_noticed_by_the_refusal_even_while_the_details_are_fresh(world: World) -> None:
    campaign = world.campaign()
    world.sign_up(campaign, "first@example.com")
    world.drain_seats()
    world.sandbox.platform(
        "PUT",
        f"/eventsessions/{campaign.session.external_id}",
        {"additionalFields": [{"label": "City", "type": "text", "isRequired": True}]},
    )
    person = world.sign_up(campaign, "second@example.com")
    world.drain_seats()
    assert Pause.objects.get().reason == "extra_field"
    assert world.seat(person).state == StepState.QUEUED


def test_a_missing_target_is_paused_and_not_taken_for_cancelled(world: World) -> None:
    campaign = world.campaign()
    world.sandbox.fault("register", "status", status=404, count=1)
    person = world.sign_up(campaign, "ivan@example.com")
    world.drain_seats()
    campaign.session.refresh_from_db()
    assert campaign.session.status == "planned"
    pauses.retry_soon(event=campaign.event)
    world.settle()
    assert world.seat(person).fact == Fact.IN


def test_a_link_that_another_person_has_is_never_stored_or_mailed(world: World) -> None:
    campaign = world.campaign()
    world.sign_up(campaign, "first@example.com")
    world.drain_seats()
    world.sandbox.fault("register", "neighbour", match_email="second@example.com")
    person = world.sign_up(campaign, "second@example.com")
    world.settle()
    first, second = world.at_platform("first@example.com")[0], world.at_platform("second@example.com")[0]
    assert world.seat(person).link == second["link"]
    [mail] = world.mails("second@example.com")
    assert first["link"] not in mail["links"]
    assert person.timeline.filter(code="wrong_link").exists()


def test_while_everything_is_paused_no_call_and_no_mail_leaves(world: World) -> None:
    campaign = world.campaign()
    world.sign_up(campaign, "ivan@example.com")
    before = world.sandbox.counters()
    pauses.pause_everything(user_id=None)
    world.settle()
    assert world.sandbox.counters() == before
    due = pauses.resume_everything()
    assert world.account.pk in due.seats
    assert not Delivery.is_paused()
    world.settle()
    assert len(world.mails("ivan@example.com")) == 1


def test_a_seat_whose_owner_died_in_the_call_is_looked_up_before_it_is_repeated(world: World) -> None:
    person = world.sign_up(world.campaign(), "ivan@example.com")
    world.drain_seats()
    seat = world.seat(person)
    OutgoingEmail.objects.all().delete()
    type(seat).objects.update(
        state="leased", lease_until=db_now() - timedelta(seconds=1), begun_at=db_now(), fact="unknown", link="",
        link_hash=None, participation_id=None, lease_token="00000000-0000-0000-0000-000000000001",
    )  # fmt: skip
    person.submissions.update(mail=None)
    world.drain_seats()
    assert world.sandbox.counters()["participations"] == {"200": 1}
    assert len(world.at_platform("ivan@example.com")) == 1
    assert len(world.mails("ivan@example.com")) == 1


def test_a_seat_that_costs_five_leases_is_parked(world: World) -> None:
    person = world.sign_up(world.campaign(), "ivan@example.com")
    seat = world.seat(person)
    type(seat).objects.update(
        state="leased", lease_until=db_now() - timedelta(seconds=1), begun_at=db_now(), lost_leases=4,
        lease_token="00000000-0000-0000-0000-000000000001",
    )  # fmt: skip
    world.drain_seats()
    seat.refresh_from_db()
    assert (seat.state, seat.reason) == (StepState.PARKED, "lost_leases")


def test_more_people_than_a_slice_takes_ring_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    campaign = world.campaign(bulk=Bulk.NEVER)
    for number in range(4):
        world.sign_up(campaign, f"ivan{number}@example.com")
    Account.objects.update(calls_per_second=4)
    with monkeypatch.context() as patch:
        patch.setattr(turns, "SLICE_SECONDS", 0.3)
        assert world.account.pk in seating.drain(account_id=world.account.pk).seats
    assert world.account.pk not in seating.drain(account_id=world.account.pk).seats


def test_calls_keep_the_accounts_pace(world: World) -> None:
    Account.objects.update(calls_per_second=4)
    campaign = world.campaign(bulk=Bulk.NEVER)
    world.sandbox.switches(rate=4)
    for number in range(6):
        world.sign_up(campaign, f"ivan{number}@example.com")
    world.drain_seats(2)
    assert world.sandbox.counters()["register"] == {"201": 6}
