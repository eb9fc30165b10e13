"""The console of `tests.processes` with what a benchmark asks besides: people by the thousand, and what came of them."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

from tests.processes.console import COMMANDS, main  # sets Django up, so it comes first

from django.apps import apps  # isort: skip
from django.db import connection  # isort: skip
from django.db.models import Max  # isort: skip
from registrations import pipeline  # isort: skip
from registrations.models import (  # isort: skip
    OPEN_STATES,
    Account,
    Campaign,
    OutgoingEmail,
    PostCount,
    Registration,
    Seat,
    Sender,
    Submission,
    db_now,
)
from registrations.services import pauses, signup  # isort: skip
from registrations.services.due import Due  # isort: skip
from registrations.services.import_rows import Row  # isort: skip
from registrations.services.signup import Entry  # isort: skip
from tests.bench.load import ANSWERS, PERSON  # isort: skip

LONGEST_DRAIN_SECONDS = 15.0


def set_up_campaign(*, slug: str, bulk: str, questions: list[dict[str, Any]]) -> dict[str, int]:
    """What a campaign asks and how it registers people; returns the ids that a script without look-ups would have."""
    Campaign.objects.filter(slug=slug).update(bulk=bulk)
    campaign = Campaign.objects.get(slug=slug)
    for question in questions:
        campaign.questions.create(**question)
    assert campaign.session_id is not None
    return {
        "campaign": campaign.pk,
        "account": campaign.event.account_id,
        "event": campaign.event_id,
        "session": campaign.session_id,
    }


def set_pace(*, calls_per_second: float) -> None:
    """How fast every account may call. Whoever still works at a former, faster pace is waited for."""
    slower = Account.objects.filter(calls_per_second__gt=calls_per_second).exists()
    Account.objects.update(calls_per_second=calls_per_second)
    end = time.monotonic() + LONGEST_DRAIN_SECONDS
    while slower and time.monotonic() < end and Account.objects.filter(lease_until__gt=db_now()).exists():
        time.sleep(0.05)
    Account.objects.update(next_call_at=db_now())


def hold_everything() -> None:
    """Nothing is worked off until `let_loose`."""
    pauses.pause_everything(user_id=None)


def let_loose() -> float:
    """Everything is worked off from now on, which is returned as Unix time."""
    began = time.time()
    pipeline.resume_everything()
    return began


def record_people(*, campaign_id: int, first: int, count: int) -> None:
    """Write down accepted forms, one by one as the web does, and ring for none."""
    for number in range(first, first + count):
        entry = Entry(email=f"p{number}@example.com", answers=ANSWERS, **PERSON)
        signup.record(campaign_id=campaign_id, form_token=f"form-{number}", entry=entry)


def import_people(*, campaign_id: int, name: str, first: int, count: int) -> float:
    """Bring a list of people in, and ring for it; returns when that began, in Unix time."""
    rows = (Row(f"p{number}@example.com", **PERSON, answers=ANSWERS) for number in range(first, first + count))
    began = time.time()
    receipt = pipeline.import_people(campaign_id=campaign_id, name=name, basis="they asked", user_id=None, rows=rows)
    assert receipt.counts.new == count, receipt.counts
    return began


def waiting_mails() -> int:
    """How many mails are queued."""
    return OutgoingEmail.objects.filter(state="queued").count()


def hold_mails() -> int:
    """Keep every queued mail waiting for a day; how many there are."""
    return OutgoingEmail.objects.filter(state="queued").update(run_at=db_now() + timedelta(days=1))


def let_mails_go(*, count: int) -> float:
    """Make so many of the waiting mails due, and ring; returns when, in Unix time."""
    waiting = OutgoingEmail.objects.filter(state="queued", run_at__gt=db_now()).order_by("pk").values_list("pk", flat=True)
    chosen = list(waiting[:count])
    OutgoingEmail.objects.filter(pk__in=chosen).update(run_at=db_now())
    began = time.time()
    pipeline.ring(Due(emails=frozenset(Sender.objects.values_list("pk", flat=True))))
    return began


def open_work_of_all() -> int:
    """How many steps of anybody are not done."""
    return sum(model.objects.filter(state__in=OPEN_STATES).count() for model in (Seat, OutgoingEmail))


def rows_by_table() -> dict[str, int]:
    """How many rows each table of the product holds, but for the counts that are written once a second for many posts."""
    models = [model for model in apps.get_app_config("registrations").get_models() if model is not PostCount]
    return {model._meta.db_table: model._default_manager.count() for model in models}


def outcome() -> dict[str, int]:
    """What there is of everybody."""
    links = Seat.objects.filter(state="settled", fact="in").exclude(link_hash=None)
    sent = OutgoingEmail.objects.filter(state="settled", silent=False)
    return {
        "registrations": Registration.objects.count(),
        "submissions": Submission.objects.count(),
        "answered": Submission.objects.exclude(mail=None).count(),
        "links": links.values("link_hash").distinct().count(),
        "mails": sent.filter(kind="link").count(),
        "other_mails": sent.exclude(kind="link").count(),
        "parked": Seat.objects.filter(state="parked").count() + OutgoingEmail.objects.filter(state="parked").count(),
    }


def links_of(*, campaign_id: int) -> dict[str, Any]:
    """How many people of a campaign have a link, and when the last one was stored, in Unix time."""
    seats = Seat.objects.filter(enrollments__registration__campaign_id=campaign_id, state="settled").exclude(link_hash=None)
    last = seats.aggregate(last=Max("settled_at"))["last"]
    return {"links": seats.count(), "last_at": last.timestamp() if last else 0.0}


def mailed_at(*, addresses: list[str]) -> dict[str, float]:
    """When the link mail of each address was handed over, in Unix time; those that were not are left out."""
    mails = OutgoingEmail.objects.filter(registration__email__in=addresses, kind="link", state="settled")
    return {address: at.timestamp() for address, at in mails.values_list("registration__email", "settled_at")}


def check_integrity() -> str:
    """ "ok", or what SQLite finds wrong with its file; PostgreSQL has no such question and is "ok"."""
    if connection.vendor != "sqlite":
        return "ok"
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA integrity_check")
        return str(cursor.fetchone()[0])


def versions() -> str:
    """The database and its version, and whether it leaves out what would make a power cut harmless."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sqlite_version(), 'on'" if connection.vendor == "sqlite" else "SELECT version(), current_setting('fsync')"
        )
        version, fsync = cursor.fetchone()
    return (
        f"{connection.display_name} {version.removeprefix('PostgreSQL ').split()[0]}{'' if fsync == 'on' else ' without fsync'}"
    )


COMMANDS.update(
    {
        command.__name__: command
        for command in (
            set_up_campaign,
            set_pace,
            hold_everything,
            let_loose,
            record_people,
            import_people,
            waiting_mails,
            hold_mails,
            let_mails_go,
            open_work_of_all,
            rows_by_table,
            outcome,
            links_of,
            mailed_at,
            check_integrity,
            versions,
        )
    }
)

if __name__ == "__main__":
    main()
