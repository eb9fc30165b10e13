"""What the clock makes due, asked every two seconds."""

from __future__ import annotations

import pytest

from registrations.models import OutgoingEmail, Registration
from registrations.services import answering, wakeup
from tests.services.conftest import World
from tests.services.timing import ago


def test_one_person_on_whom_our_code_fails_keeps_nobody_else_from_being_followed_up(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = world.campaign()
    poison, person = world.sign_up(campaign, "poison@example.com"), world.sign_up(campaign, "ivan@example.com")
    for late in (poison, person):
        late.submissions.update(received_at=ago(minutes=6))
    queue_mail = answering.queue_mail

    def failing(registration: Registration, **values: str) -> OutgoingEmail:
        if registration == poison:
            raise RuntimeError("a fault of ours")
        return queue_mail(registration, **values)

    monkeypatch.setattr(answering, "queue_mail", failing)
    assert world.account.pk in wakeup.look().seats
    assert person.mails.get().kind == "delayed"
    assert not poison.mails.exists()
