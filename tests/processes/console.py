"""A way into the site's own database for tests that run it: one JSON command a line in, one JSON answer a line out.

Commands are `{"do": name, …}`; answers are `{"ok": result}` or `{"error": text}`. It does what a marketer or an operator does
on the staff's screens, and tells what the database holds.
"""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Callable
from typing import Any

import django
from django.db import connections

django.setup()

from registrations.models import (  # noqa: E402  (models need the set-up)
    OPEN_STATES,
    Account,
    Campaign,
    Event,
    OutgoingEmail,
    Pause,
    Registration,
    Seat,
    Submission,
    db_now,
)
from registrations.services import catalog, pauses  # noqa: E402
from registrations.services.senders import default_sender  # noqa: E402


def make_account(*, name: str, base_url: str, api_key: str, unique_by_email: bool) -> int:
    account = Account.objects.create(
        name=name, base_url=base_url, api_key=api_key, unique_by_email=unique_by_email, calls_per_second=100
    )
    catalog.check(account_id=account.pk)
    return account.pk


def make_campaign(*, account_id: int, event_id: int, whole_series: bool, slug: str, questions: list[dict[str, Any]]) -> int:
    catalog.sync(account_id=account_id)
    event = Event.objects.get(account_id=account_id, external_id=str(event_id))
    session = None if whole_series else event.sessions.order_by("starts_at").first()
    campaign = Campaign.objects.create(event=event, session=session, slug=slug, title=event.title, language="en")
    for question in questions:
        campaign.questions.create(**question)
    return campaign.pk


def retry_account(*, account_id: int) -> None:
    """What "try now" does."""
    pauses.retry_account(account_id=account_id)


def hurry(*, address: str) -> int:
    """As if the time until the next try of everything about an address had passed; how much there was to hurry."""
    now = db_now()
    mails = OutgoingEmail.objects.filter(registration__email=address, state="queued", run_at__gt=now)
    seats = Seat.objects.filter(address=address, state="queued", run_at__gt=now)
    return seats.update(run_at=now) + mails.update(run_at=now)


def person(*, address: str) -> dict[str, Any]:
    """All that is known of an address."""
    registrations = Registration.objects.filter(email=address).order_by("pk")
    fields = ("state", "fact", "wish", "version", "attempts", "lost_leases", "reason", "reason_detail", "link_inferred")
    mails = OutgoingEmail.objects.filter(registration__email=address).order_by("pk")
    return {
        "registrations": registrations.count(),
        "submissions": Submission.objects.filter(email=address).count(),
        "seats": list(Seat.objects.filter(address=address).order_by("pk").values(*fields)),
        "mails": list(mails.values("kind", "state", "generation", "silent", "attempts", "reason", "message_id")),
        "timeline": [list(item.timeline.values_list("code", flat=True)) for item in registrations],
    }


def open_work(*, address: str) -> int:
    """How many steps of a person are not done."""
    seats = Seat.objects.filter(address=address, state__in=OPEN_STATES)
    mails = OutgoingEmail.objects.filter(registration__email=address, state__in=OPEN_STATES)
    return seats.count() + mails.count()


def open_pauses(*, account_id: int) -> list[dict[str, Any]]:
    standing = Pause.objects.filter(account_id=account_id, ended_at=None)
    return [dict(pause) for pause in standing.values("reason", "verb", "event_id", "probes")]


def plant_unwritable_mail() -> int:
    """A notice of a pause that is gone, as when its event was deleted: nobody can write that mail."""
    return OutgoingEmail.objects.create(
        sender=default_sender(), recipient="a@example.com", kind="staff_pause", occasion="pause:0"
    ).pk


def remove_mail(*, mail_id: int) -> None:
    OutgoingEmail.objects.filter(pk=mail_id).delete()


COMMANDS: dict[str, Callable[..., Any]] = {
    command.__name__: command
    for command in (
        make_account,
        make_campaign,
        retry_account,
        hurry,
        person,
        open_work,
        open_pauses,
        plant_unwritable_mail,
        remove_mail,
    )
}


def main() -> None:
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = {"ok": COMMANDS[request.pop("do")](**request)}
        except Exception:
            answer = {"error": traceback.format_exc()}
        connections.close_all()
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
