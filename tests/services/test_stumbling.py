"""Our own faults: one row that makes the code fail harms no other, and is not forgotten."""

from __future__ import annotations

import pytest

from registrations.models import MAX_LOST_LEASES, Bulk, Pause, StepState, db_now
from registrations.services.senders import default_sender
from registrations.webinar.provider import Participation, Person, Target
from registrations.webinar.providers.webinar_ru import WebinarRu
from tests.services.conftest import World


@pytest.fixture
def poison(monkeypatch: pytest.MonkeyPatch) -> None:
    """A platform library that fails on one address, after the call was made."""
    register = WebinarRu.register

    def failing(self: WebinarRu, target: Target, person: Person) -> Participation:
        done = register(self, target, person)
        if person.email.startswith("poison"):
            raise RuntimeError("a fault of ours")
        return done

    monkeypatch.setattr(WebinarRu, "register", failing)


def test_a_person_on_whom_our_code_fails_holds_nobody_up_and_ends_with_staff(world: World, poison: None) -> None:
    campaign = world.campaign(bulk=Bulk.NEVER)
    bad = world.sign_up(campaign, "poison@example.com")
    good = [world.sign_up(campaign, f"ivan{number}@example.com") for number in range(3)]
    world.drain_seats()
    assert [world.seat(person).state for person in good] == [StepState.SETTLED] * 3
    seat = world.seat(bad)
    assert (seat.state, seat.reason, seat.in_doubt_since is not None) == (StepState.QUEUED, "inner_fault", True)
    world.settle(MAX_LOST_LEASES * 3)
    assert (world.seat(bad).state, world.seat(bad).reason) == (StepState.PARKED, "inner_fault")
    assert len(world.at_platform("poison@example.com")) == 1


def test_a_mail_that_cannot_be_written_holds_no_other_up(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    campaign = world.campaign()
    bad, good = world.sign_up(campaign, "poison@example.com"), world.sign_up(campaign, "ivan@example.com")
    world.drain_seats()
    bad.mails.update(kind="unheard_of")
    assert len(world.mails("ivan@example.com")) == 1
    for _ in range(MAX_LOST_LEASES):
        world.make_all_due()
        world.drain_mails()
    mail = bad.mails.get()
    assert (mail.state, mail.reason) == (StepState.PARKED, "inner_fault")
    assert good.mails.get().state == StepState.SETTLED


def test_a_notice_whose_pause_is_gone_is_dropped(world: World) -> None:
    pause = Pause.objects.create(account=world.account, reason="forbidden", next_probe_at=db_now())
    mail = default_sender().mails.create(recipient="staff@example.com", kind="staff_pause", occasion=f"pause:{pause.pk}")
    pause.delete()
    world.drain_mails()
    mail.refresh_from_db()
    assert mail.state == StepState.CANCELLED
