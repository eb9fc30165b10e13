"""A database as a company has it after years: nearly everybody registered and mailed, and one campaign under way.

The measured campaign has the same number of people whatever the size: every other one of the newest. All the others, who
came before, are what makes the difference.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.db.backends.utils import CursorWrapper

from registrations.models import (
    Account,
    Campaign,
    Enrollment,
    EnrollmentWish,
    Event,
    Fact,
    OutgoingEmail,
    Question,
    Registration,
    Seat,
    Session,
    StepState,
    Submission,
    TimelineEntry,
    Wish,
    db_now,
)
from registrations.services.senders import default_sender
from tests.bench.names import Named, People
from tests.bench.sheets import Sheet, moment

MEASURED = 5_000
CAMPAIGNS = 200
COMING = 10
CHUNK = 20_000
MINUTES_APART = 0.7
LETTER = "A mail of the usual length: who it is for, which meeting, when, where, and what else the organiser says. " * 10

Code = TimelineEntry.Code


def fill(*, people: int) -> None:
    """Write so many people into an empty database, as it is before a rush: nobody of the measured campaign is due yet."""
    campaigns = _make_campaigns()
    with _without_indexes():
        crowd = _Crowd(people, campaigns)
        for number in range(1, people + 1):
            crowd.add(number)
            if number % CHUNK == 0 or number == people:
                crowd.write()
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            for sheet in crowd.sheets:
                cursor.execute(f"SELECT setval(pg_get_serial_sequence('{sheet.table}', 'id'), max(id)) FROM {sheet.table}")
            cursor.execute("VACUUM ANALYZE")


def begin_rush() -> None:
    """Everybody of the measured campaign is due now. What the database knows of the tables is from before."""
    now = db_now()
    Seat.objects.filter(state=StepState.HELD).update(state=StepState.QUEUED, run_at=now)


def _make_campaigns() -> list[Campaign]:
    """Three accounts; a few campaigns are still to come, the measured one the soonest, all others are over."""
    now = db_now()
    accounts = [
        Account.objects.create(name=f"Account {number}", base_url="https://platform.example/v3", api_key="k" * 20)
        for number in range(3)
    ]
    made = []
    for place in range(CAMPAIGNS):
        starts_at = now + timedelta(days=1 + place if place < COMING else COMING - 1 - 3 * place)
        times = {"starts_at": starts_at, "ends_at": starts_at + timedelta(hours=1)}
        event = Event.objects.create(account=accounts[place % 3], external_id=str(place), title=f"Вебинар {place}", **times)
        session = Session.objects.create(event=event, external_id=str(place), title=event.title, **times)
        campaign = Campaign.objects.create(
            event=event, session=session, slug=f"webinar-{place}", title=event.title, places=10**6
        )
        Question.objects.create(campaign=campaign, key="company", label="Компания")
        made.append(campaign)
    return made


@contextmanager
def _without_indexes() -> Iterator[None]:
    """What rows are looked up by is built at the end, and PostgreSQL checks then what refers to what: five times as fast."""
    with connection.cursor() as cursor:
        again = _drop_from_postgres(cursor) if connection.vendor == "postgresql" else _drop_from_sqlite(cursor)
    yield
    with connection.cursor() as cursor:
        for statement in again:
            cursor.execute(statement)


def _drop_from_sqlite(cursor: CursorWrapper) -> list[str]:
    """Returns the statements that bring everything back."""
    cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql LIKE '%registrations_%'")
    indexes = cursor.fetchall()
    for name, _ in indexes:
        cursor.execute(f'DROP INDEX "{name}"')
    return [definition for _, definition in indexes]


def _drop_from_postgres(cursor: CursorWrapper) -> list[str]:
    """Returns the statements that bring everything back."""
    execute, fetchall = cursor.execute, cursor.fetchall
    execute("SET maintenance_work_mem = '512MB'")
    execute("SET statement_timeout = 0")
    execute(
        "SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE conrelid::regclass::text LIKE 'registrations_%' AND contype IN ('f', 'u') ORDER BY contype DESC"
    )
    constraints = fetchall()
    for table, name, _ in reversed(constraints):
        execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    execute(
        "SELECT quote_ident(indexname), indexdef FROM pg_indexes"
        " WHERE tablename LIKE 'registrations_%' AND indexname NOT LIKE '%_pkey'"
    )
    indexes = fetchall()
    for name, _ in indexes:
        execute(f"DROP INDEX {name}")
    added = [f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}" for table, name, definition in constraints]
    return [*(definition for _, definition in indexes), *added]


@dataclass(frozen=True, slots=True)
class _Fate:
    """What became of one registration. A person who waits belongs to the measured campaign."""

    waits: bool
    out: bool
    parked: bool
    bounced: bool
    entered: bool

    @property
    def is_in(self) -> bool:
        return not (self.waits or self.out or self.parked)

    @property
    def is_mailed(self) -> bool:
        return not (self.waits or self.parked)

    @property
    def seat_state(self) -> StepState:
        return StepState.HELD if self.waits else StepState.PARKED if self.parked else StepState.SETTLED


class _Crowd:
    """The rows of all tables, gathered a chunk of people at a time. A registration, its seat and its mail have one number."""

    def __init__(self, people: int, campaigns: Sequence[Campaign]) -> None:
        self._people, self._campaigns, self._names, self._now = people, campaigns, People(), db_now()
        token, link, letter = (_encrypted(text) for text in ("t" * 43, f"https://rooms.example/{'l' * 40}", LETTER))
        self._link = link
        answers = {"company": "Северный завод"}
        typed = "email first_name last_name"
        self.registrations = Sheet(
            Registration, f"id campaign_id {typed} token_hash created_at", language="ru", token=token, answers=answers
        )
        self.submissions = Sheet(
            Submission,
            f"id campaign_id registration_id form_token content_hash progress_hash {typed} received_at mail_id",
            answers=answers,
        )
        self.seats = Sheet(
            Seat,
            "id account_id event_id session_id address state run_at created_at settled_at wish fact participation_id link"
            " link_hash reason visited_at",
        )
        self.enrollments = Sheet(Enrollment, "id registration_id seat_id wish changed_at")
        self.mails = Sheet(
            OutgoingEmail,
            "id registration_id state run_at created_at settled_at message_id possible_second_copy reason",
            sender_id=default_sender().pk,
            kind="link",
            letter=letter,
            server_reply="250 2.0.0 Ok: queued as 4F1C2",
        )
        self.entries = Sheet(TimelineEntry, "id registration_id at code data")
        self.sheets = (self.registrations, self.seats, self.enrollments, self.mails, self.submissions, self.entries)

    def write(self) -> None:
        for sheet in self.sheets:
            sheet.write()

    def add(self, number: int) -> None:
        """One registration with everything that belongs to it."""
        is_measured = number > self._people - 2 * MEASURED and number % 2 == 0
        place = 0 if is_measured else 1 + number % (CAMPAIGNS - 1)
        # Most people come twice, to two campaigns.
        who = self._names.person(number % (self._people // 2 + 1))
        fate = _Fate(
            waits=place == 0,
            out=place > 0 and number % 67 == 0,
            parked=place > 0 and number % 9973 == 0,
            bounced=number % 9967 == 0,
            entered=place >= COMING and number % 5 == 0,
        )
        came = self._now - timedelta(minutes=2 + (0 if fate.waits else (self._people - number) * MINUTES_APART))
        self._add_form(number, self._campaigns[place], who, fate, moment(came))
        self._add_work(number, self._campaigns[place], who, fate, came)

    def _add_form(self, number: int, campaign: Campaign, who: Named, fate: _Fate, came: str) -> None:
        typed = (who.email, who.first_name, who.last_name)
        mail = number if fate.is_mailed else None
        form = (_hash("form", number), _hash("content", number), _hash("progress", number))
        self.registrations.rows.append((number, campaign.pk, *typed, _hash("token", number), came))
        self.submissions.rows.append((number, campaign.pk, number, *form, *typed, came, mail))
        wish = EnrollmentWish.OUT if fate.out else EnrollmentWish.IN
        self.enrollments.rows.append((number, number, number, wish, came))
        self.entries.rows.append((4 * number, number, came, Code.RECEIVED, f'{{"submission": {number}}}'))

    def _add_work(self, number: int, campaign: Campaign, who: Named, fate: _Fate, at: datetime) -> None:
        came, done = moment(at), moment(at + timedelta(seconds=2))
        target = (campaign.event.account_id, campaign.event_id, campaign.session_id)
        fact = Fact.OUT if fate.out else Fact.IN if fate.is_in else Fact.UNKNOWN
        there = (number, self._link, _hash("link", number)) if fate.is_in else (None, "", None)
        self.seats.rows.append(
            (
                *(number, *target, who.email, fate.seat_state, came, came, done if fate.is_mailed else None),
                *(Wish.OUT if fate.out else Wish.IN, fact, *there, "known_without_link" if fate.parked else ""),
                done if fate.entered and fate.is_in else None,
            )
        )
        if fate.is_mailed:
            state = StepState.PARKED if fate.bounced else StepState.SETTLED
            message, twice = f"<{_hash('mail', number)[:32]}@example.org>", int(number % 997 == 0)
            reason = "rcpt_550" if fate.bounced else ""
            self.mails.rows.append((number, number, state, came, came, done, message, twice, reason))
            self.entries.rows.append((4 * number + 1, number, done, Code.REGISTERED, "{}"))
            self.entries.rows.append((4 * number + 2, number, done, Code.MAIL_QUEUED, f'{{"mail": {number}, "kind": "link"}}'))
            self.entries.rows.append((4 * number + 3, number, done, Code.MAIL_HANDED_OVER, f'{{"mail": {number}}}'))


def _hash(kind: str, number: int) -> str:
    return hashlib.sha256(f"{kind}{number}".encode()).hexdigest()


def _encrypted(text: str) -> str:
    stored: str = Registration._meta.get_field("token").get_prep_value(text)
    return stored
