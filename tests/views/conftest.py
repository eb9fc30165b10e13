"""Campaigns and people for the pages, with no platform and no mail server behind them."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from registrations.models import (
    Account,
    Campaign,
    Event,
    Fact,
    OutgoingEmail,
    Registration,
    Seat,
    Sender,
    Session,
    StepState,
    Submission,
)

LINK = "https://events.webinar.ru/acme/51001/9f86d081884c7d659a2feaa0c55ad015"

_numbers = itertools.count(1)


def next_evening() -> datetime:
    """Tomorrow at 16:00 UTC, 19:00 in Moscow."""
    return (datetime.now(UTC) + timedelta(days=1)).replace(hour=16, minute=0, second=0, microsecond=0)


@pytest.fixture
def make_campaign(db: None) -> Callable[..., Campaign]:
    """Make a campaign for a new event of so many weekly sessions; `questions` are the fields of Question."""

    def make(*, sessions: int = 1, status: str = "planned", over: bool = False, **fields: Any) -> Campaign:
        number = next(_numbers)
        questions = fields.pop("questions", ())
        account, _ = Account.objects.get_or_create(
            name="Pages", defaults={"base_url": "http://127.0.0.1:9", "api_key": "k" * 32, "time_zone": "Europe/Moscow"}
        )
        starts_at = next_evening() - timedelta(days=30 * over)
        times = [(starts_at + timedelta(weeks=week), starts_at + timedelta(weeks=week, minutes=90)) for week in range(sessions)]
        event = Event.objects.create(
            account=account,
            external_id=str(number),
            title=f"Event {number}",
            is_series=sessions > 1,
            status=status,
            starts_at=times[0][0],
            ends_at=times[-1][1],
        )
        made = [
            Session.objects.create(
                event=event, external_id=f"{number}{at}", title=f"Part {at}", status=status, starts_at=begin, ends_at=end
            )
            for at, (begin, end) in enumerate(times, start=1)
        ]
        defaults = {
            "event": event,
            "session": None if sessions > 1 else made[0],
            "slug": f"event-{number}",
            "title": f"Dependable systems {number}",
            "organizer": "North School",
            "language": "en",
            "contact_email": "hello@north.example",
        }
        campaign = Campaign.objects.create(**{**defaults, **fields})
        for position, question in enumerate(questions):
            campaign.questions.create(position=position, **question)
        return campaign

    return make


@pytest.fixture
def campaign(make_campaign: Callable[..., Campaign]) -> Campaign:
    """An open campaign of one session, in English."""
    return make_campaign()


def give_link(registration: Registration, link: str = LINK) -> None:
    """As if the platform had registered this person."""
    Seat.objects.filter(enrollments__registration=registration).update(fact=Fact.IN, state=StepState.SETTLED)
    for seat in Seat.objects.filter(enrollments__registration=registration):
        seat.link = link
        seat.link_hash = Seat.link_fingerprint(f"{link}#{seat.pk}")
        seat.save()


def hand_over(submission: Submission) -> None:
    """As if the mail that answers this submission had been taken by the mail server."""
    sender, _ = Sender.objects.get_or_create(name="Pages", defaults={"address": "webinars@example.org"})
    submission.mail = OutgoingEmail.objects.create(
        sender=sender,
        registration=submission.registration,
        kind="link",
        occasion=f"submission:{submission.pk}",
        state=StepState.SETTLED,
    )
    submission.save()
