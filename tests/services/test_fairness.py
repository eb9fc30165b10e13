"""Nobody waits for somebody else's trouble: accounts are worked off side by side."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from registrations.models import Account, Fact, Registration, Seat
from registrations.services import draining, imports
from registrations.services.import_rows import Row
from registrations.webinar.errors import Uncertain
from registrations.webinar.provider import Participation, Person, Target
from registrations.webinar.providers.webinar_ru import WebinarRu
from tests.services.conftest import World


@pytest.fixture
def hanging(world: World, monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Registering people whose address begins with `stuck` hangs until the event is set, and tells nothing then."""
    register, goes_on = WebinarRu.register, threading.Event()

    def hang(self: WebinarRu, target: Target, person: Person) -> Participation:
        if person.email.startswith("stuck"):
            goes_on.wait(timeout=60)
            raise Uncertain("timeout")
        return register(self, target, person)

    monkeypatch.setattr(WebinarRu, "register", hang)
    return goes_on


def test_an_account_whose_platform_hangs_delays_no_other(world: World, hanging: threading.Event) -> None:
    stuck_campaign = world.campaign()
    other = World(sandbox=world.sandbox, account=Account.objects.get(pk=world.account.pk))
    other.account.pk = None
    other.account.name = "Other"
    other.account.save()
    campaign = other.campaign()
    stuck = [world.sign_up(stuck_campaign, f"stuck{number}@example.com") for number in range(2)]
    people = [other.sign_up(campaign, f"person{number}@example.com") for number in range(2)]
    stop = threading.Event()
    watching = threading.Thread(target=draining.watch, args=(stop,))
    watching.start()
    try:
        arrive(people, other)
        assert {world.seat(person).fact for person in stuck} == {Fact.UNKNOWN}
    finally:
        hanging.set()
        stop.set()
        watching.join()


def arrive(people: list[Registration], world: World) -> None:
    """Wait until everybody is in; only a net against hanging."""
    deadline = time.monotonic() + 30
    while {world.seat(person).fact for person in people} != {Fact.IN}:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_whoever_waits_at_a_form_does_not_wait_for_an_imports_look_at_a_long_list(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign, goes_on, looks = world.campaign(), threading.Event(), threading.Event()
    participations = WebinarRu.participations

    def read_slowly(self: WebinarRu, target: Target) -> Iterator[Participation]:
        looks.set()
        goes_on.wait(timeout=60)
        return participations(self, target)

    monkeypatch.setattr(WebinarRu, "participations", read_slowly)
    rows = [Row(email=f"person{number}@example.com", first_name="Ann", last_name="Low", line=number) for number in range(60)]
    imports.record(campaign_id=campaign.pk, name="list", basis="They agreed", user_id=None, rows=rows)
    stop = threading.Event()
    watching = threading.Thread(target=draining.watch, args=(stop,))
    watching.start()
    try:
        assert looks.wait(30)
        arrive([world.sign_up(campaign, "fresh@example.com")], world)
        assert Seat.objects.filter(address__startswith="person").exclude(fact=Fact.IN).count() >= 50
    finally:
        goes_on.set()
        stop.set()
        watching.join()
