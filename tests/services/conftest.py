"""A world for services: the sandbox as a real platform and mail server, an account, an event, a campaign, people."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings

from registrations.models import Account, Bulk, Campaign, Choosing, Event, OutgoingEmail, Registration, Seat, Session, db_now
from registrations.services import cancelling, catalog, emailing, seating, signup
from registrations.services.due import Due
from registrations.services.senders import default_sender
from registrations.services.signup import Entry
from tests.sandbox.process import SandboxProcess

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def sandbox_process() -> Iterator[SandboxProcess]:
    with SandboxProcess() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(sandbox_process: SandboxProcess) -> SandboxProcess:
    sandbox_process.reset()
    sandbox_process.switches(rate=0)
    return sandbox_process


@dataclass
class World:
    """One account at the sandbox, and short ways to do what people and workers do."""

    sandbox: SandboxProcess
    account: Account
    address: Any = field(default_factory=lambda: (f"person{number}@example.com" for number in itertools.count(1)))

    def campaign(self, *, series: bool = False, choosing: Choosing = Choosing.WHOLE, **options: Any) -> Campaign:
        """A campaign for a new event: of its only session, of the whole series, or of the sessions of a series."""
        series = series or choosing != Choosing.WHOLE
        questions = options.pop("questions", ())
        bulk = options.pop("bulk", Bulk.QUEUE)
        details = {"sessions": 3, "whole_series": choosing == Choosing.WHOLE} if series else {}
        made = self.sandbox.make_event(f"Webinar {next(_numbers)}", **details, **options)
        catalog.sync(account_id=self.account.pk)
        event = Event.objects.get(external_id=str(made.event_id))
        campaign = self.campaign_for(event, session=None if series else event.sessions.get(), bulk=bulk, choosing=choosing)
        for question in questions:
            campaign.questions.create(**question)
        return campaign

    def campaign_for(self, event: Event, *, session: Session | None, **fields: Any) -> Campaign:
        named = {"slug": f"campaign-{next(_numbers)}", "title": event.title, "language": "en"}
        return Campaign.objects.create(event=event, session=session, **named, **fields)

    def sign_up(self, campaign: Campaign, email: str = "", *, first_name: str = "Ivan", **entry: Any) -> Registration:
        email = email or next(self.address)
        signup.record(
            campaign_id=campaign.pk,
            form_token=f"form-{next(_numbers)}",
            entry=Entry(email=email, first_name=first_name, last_name="Petrov", **entry),
        )
        return Registration.objects.get(campaign=campaign, email=email.strip().lower())

    def cancel(self, registration: Registration) -> None:
        cancelling.cancel(token=registration.token)

    def come_back(self, registration: Registration) -> None:
        cancelling.come_back(token=registration.token)

    def drain_seats(self, turns: int = 1) -> Due:
        due = Due()
        for _ in range(turns):
            due |= seating.drain(account_id=self.account.pk)
        return due

    def drain_mails(self) -> Due:
        return emailing.drain(sender_id=default_sender().pk)

    def make_all_due(self) -> None:
        """As if the time until every next try had passed."""
        longago = "2000-01-01T00:00:00Z"
        Seat.objects.filter(state="queued").update(run_at=longago)
        OutgoingEmail.objects.filter(state="queued").update(run_at=longago)

    def extra_field(self, campaign: Campaign, label: str) -> str:
        """The key of a target's extra field at the platform."""
        place = campaign.session or campaign.event
        catalog.read_details(event_id=campaign.event_id, session_id=campaign.session_id)
        place.refresh_from_db()
        return next(item.key for item in place.wanted_fields() if item.label == label)

    def mails(self, address: str, count: int = 1) -> list[dict[str, Any]]:
        """Work off the mails and return all that an address got: at least `count`."""
        self.drain_mails()
        return self.sandbox.wait_for_messages(address, count, seconds=3)

    def settle(self, turns: int = 4) -> None:
        """Let everything run as if all waiting times had passed."""
        for _ in range(turns):
            seating.give_up_over()
            self.drain_seats()
            self.make_all_due()
        self.drain_mails()

    def add_session(self, campaign: Campaign, *, days: int = 10) -> Session:
        """One more session of a campaign's series, so many days from now, that the next sync has read."""
        starts_at = (db_now() + timedelta(days=days)).isoformat(timespec="seconds")
        path = f"/events/{campaign.event.external_id}/sessions"
        made = self.sandbox.platform("POST", path, {"startsAtTimestamp": starts_at, "name": "One more"})
        catalog.sync(account_id=self.account.pk)
        return Session.objects.get(external_id=str(made["eventSessionId"]))

    def seat(self, registration: Registration) -> Seat:
        return Seat.objects.get(enrollments__registration=registration)

    def at_platform(self, email: str) -> list[dict[str, Any]]:
        """The participations of an address that were not deleted."""
        return [item for item in self.sandbox.participations(email) if item["state"] != "deleted"]


@pytest.fixture
def world(transactional_db: None, sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(settings, "EMAIL_BACKEND", "registrations.mailing.smtp.MarkingBackend")  # pytest-django swaps it
    monkeypatch.setattr(settings, "EMAIL_HOST", sandbox.smtp_host)
    monkeypatch.setattr(settings, "EMAIL_PORT", sandbox.smtp_port)
    monkeypatch.setattr("registrations.services.seating.LINGER_SECONDS", 0.0)
    monkeypatch.setattr("registrations.services.emailing.LINGER_SECONDS", 0.0)
    account = Account.objects.create(name="Demo", base_url=sandbox.api_url, api_key=sandbox.api_key, calls_per_second=1000)
    return World(sandbox=sandbox, account=account)
