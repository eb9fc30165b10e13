"""Accounts, events, campaigns and people for tests, made through the services where there is one.

Everything has sensible values of its own; a test names only what it is about. Nothing here calls a platform or a mail server.
"""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractUser, Group

from registrations.models import (
    Account,
    Campaign,
    Event,
    OutgoingEmail,
    Pause,
    Question,
    Registration,
    Seat,
    Session,
    db_now,
)
from registrations.services import arrivals, catalog, outcomes, roles, signup, steps
from registrations.services.senders import default_sender
from registrations.services.signup import Entry
from registrations.webinar.provider import EventInfo, ExtraField, Participation, SessionInfo, Status

_numbers = itertools.count(1)


def make_account(**values: Any) -> Account:
    """An account whose key nothing has checked yet. `values` are fields of Account."""
    number = next(_numbers)
    defaults = {
        "name": f"Account {number}",
        "provider": "webinar_ru",
        "base_url": "http://127.0.0.1:1/v3",
        "api_key": f"key-of-account-{number:04}",
        "link_hosts": "rooms.example.org",
        "time_zone": "Europe/Moscow",
    }
    return Account.objects.create(**defaults | values)


def make_event(
    *,
    account: Account | None = None,
    title: str = "",
    series: bool = False,
    sessions: int | None = None,
    starts_at: datetime | None = None,
    time_zone: str = "Europe/Moscow",
    moderated: bool = False,
    extra_fields: Sequence[ExtraField] = (),
) -> Event:
    """An event as sync mirrors it: single with one session, or a series of weekly ones, beginning in a week."""
    number = next(_numbers)
    title = title or f"Webinar {number}"
    starts_at = starts_at or (db_now() + timedelta(days=7)).replace(minute=0, second=0, microsecond=0)
    count = sessions if sessions is not None else 3 if series else 1
    meetings = tuple(
        SessionInfo(
            session_id=f"{number}{place:02}",
            event_id=str(number),
            title=f"{title}, part {place}" if series else title,
            status=Status.PLANNED,
            starts_at=starts_at + timedelta(weeks=place - 1),
            ends_at=starts_at + timedelta(weeks=place - 1, hours=1),
            moderated=moderated,
            extra_fields=tuple(extra_fields),
        )
        for place in range(1, count + 1)
    )
    info = EventInfo(
        event_id=str(number),
        title=title,
        status=Status.PLANNED,
        is_series=series,
        starts_at=starts_at,
        ends_at=max((meeting.ends_at for meeting in meetings if meeting.ends_at), default=starts_at + timedelta(hours=1)),
        time_zone=time_zone,
        moderated=moderated,
        extra_fields=tuple(extra_fields),
        sessions=meetings,
    )
    return Event.objects.get(pk=catalog.mirror_event(account or make_account(), info))


def only_session(event: Event) -> Session:
    """The one session of a single event."""
    return event.sessions.get()


def make_campaign(*, event: Event | None = None, **values: Any) -> Campaign:
    """An open campaign: of the whole series, or of a single event's session. `values` are fields of Campaign."""
    event = event or make_event()
    defaults = {
        "session": None if event.is_series else event.sessions.first(),
        "slug": f"campaign-{next(_numbers)}",
        "title": event.title,
        "organizer": "Example Ltd",
        "language": "en",
    }
    return Campaign.objects.create(event=event, **defaults | values)


def make_question(campaign: Campaign, **values: Any) -> Question:
    """A question of a campaign. `values` are fields of Question."""
    number = next(_numbers)
    return Question.objects.create(campaign=campaign, **{"key": f"q{number}", "label": f"Question {number}"} | values)


def make_entry(**values: Any) -> Entry:
    """What a person typed. `values` are fields of Entry."""
    number = next(_numbers)
    defaults = {"email": f"person{number}@example.org", "first_name": "Мария", "last_name": f"Соколова-{number}"}
    return Entry(**defaults | values)


def make_person(*, campaign: Campaign | None = None, **values: Any) -> Registration:
    """Somebody whose form was just accepted; their seat is queued. `values` are fields of Entry."""
    campaign = campaign or make_campaign()
    entry = make_entry(**values)
    signup.record(campaign_id=campaign.pk, form_token=secrets.token_hex(16), entry=entry)
    return Registration.objects.get(campaign=campaign, email=entry.email.lower())


def seat_of(registration: Registration) -> Seat:
    """The person's only seat."""
    return Seat.objects.get(enrollments__registration=registration)


def claimed_seat(registration: Registration, *, session_id: int | None = None) -> Seat:
    """The person's only seat, or that of one session, claimed as a worker claims it and begun."""
    rows = Seat.objects.filter(enrollments__registration=registration).select_related("account", "event__account", "session")
    rows = rows if session_id is None else rows.filter(session=session_id)
    (seat,) = steps.claim(rows=rows, limit=1)
    assert steps.begin(seat, first_call_at=db_now())
    return seat


def let_in(registration: Registration, *, link: str = "", session_id: int | None = None) -> Seat:
    """The platform registered the person and gave a link, so that their mail is queued."""
    seat = claimed_seat(registration, session_id=session_id)
    number = next(_numbers)
    answer = Participation(
        participation_id=f"p{number}",
        email=seat.address,
        link=link or f"https://rooms.example.org/{secrets.token_hex(8)}",
        admitted=True,
        registered_at=db_now(),
    )
    arrivals.let_in(seat, answer)
    return Seat.objects.get(pk=seat.pk)


def park_seat(registration: Registration, *, reason: str = "known_without_link", detail: str = "") -> Seat:
    """The person's seat needs attention."""
    outcomes.parked(claimed_seat(registration), reason=reason, detail=detail)
    return seat_of(registration)


def _claimed_mail(registration: Registration) -> OutgoingEmail:
    (mail,) = steps.claim(rows=OutgoingEmail.objects.filter(registration=registration), limit=1)
    assert steps.begin(mail)
    return mail


def hand_over(registration: Registration) -> OutgoingEmail:
    """The mail server took the person's queued mail."""
    mail = _claimed_mail(registration)
    steps.settle(mail, server_reply="250 2.0.0 Ok: queued as 4F1C2")
    return mail


def park_mail(registration: Registration, *, reason: str = "rcpt_550", detail: str = "") -> OutgoingEmail:
    """The mail server refused the person's queued mail."""
    mail = _claimed_mail(registration)
    steps.park(mail, reason=reason, detail=detail)
    return mail


def make_pause(account: Account, *, event: Event | None = None, verb: str = "", **values: Any) -> Pause:
    """An open pause; of the whole account unless `event` or `verb` says otherwise. `values` are fields of Pause."""
    defaults = {"reason": "unauthorized", "next_probe_at": db_now() + timedelta(minutes=2)}
    return Pause.objects.create(account=account, event=event, verb=verb, **defaults | values)


def make_staff_mail(*, occasion: str, recipient: str = "ops@example.org", **values: Any) -> OutgoingEmail:
    """A mail to staff, as pauses send them. `values` are fields of OutgoingEmail."""
    return OutgoingEmail.objects.create(
        sender=default_sender(), recipient=recipient, kind="staff_pause", occasion=occasion, **values
    )


def make_user(*, group: str = "", superuser: bool = False, **values: Any) -> AbstractUser:
    """Somebody who may log in to the staff screens: of a group of `services.roles`, a superuser, or nobody in particular."""
    roles.ensure_groups()
    defaults = {"username": f"user{next(_numbers)}", "is_staff": True, "is_superuser": superuser}
    user = get_user_model().objects.create_user(**defaults | values)
    if group:
        user.groups.add(Group.objects.get(name=group))
    return user
