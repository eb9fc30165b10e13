"""The console of `tests.processes` with what a soak asks besides: everything at once, as the database holds it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from tests.processes.console import COMMANDS, main  # sets Django up, so it comes first

from django.db import connection, transaction  # isort: skip
from django.db.models import Count, Q, QuerySet  # isort: skip
from registrations.models import (  # isort: skip
    OPEN_STATES,
    Account,
    Enrollment,
    Erasure,
    OutgoingEmail,
    Pause,
    Registration,
    Seat,
    Sender,
    StepState,
    Submission,
    TimelineEntry,
    db_now,
    fingerprint,
)
from registrations.services import privacy  # isort: skip
from registrations.services.answering import GOES_WITH_WHAT_THERE_IS  # isort: skip
from registrations.services.sweeping import SECOND_LOOK  # isort: skip

CONSTRAINTS = (
    ("registrations_registration", "one_registration_per_person"),
    ("registrations_seat", "one_seat_per_session"),
    ("registrations_submission", "one_submission_per_content"),
)
WAITING = Q(state=StepState.QUEUED)
FOR_EVER = timedelta(days=1)
"""Only an erasure holds a seat for longer."""


def settle_account(*, account_id: int, link_hosts: str, calls_per_second: float) -> None:
    """Let an account's links lead to another host than its API, and set its pace."""
    Account.objects.filter(pk=account_id).update(link_hosts=link_hosts, calls_per_second=calls_per_second)


def drop_constraints() -> None:
    """Take away what keeps a person from being written down twice."""
    with connection.cursor() as cursor:
        for table, name in CONSTRAINTS:
            cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name}")
            cursor.execute(f"DROP INDEX IF EXISTS {name}")


def all_open_work() -> dict[str, int]:
    """How much is not done: steps, and forms that nothing answers yet."""
    # A newcomer whose seat is parked or given up waits for a person; a known person is answered all the same.
    parked = Q(from_known_person=False, registration__enrollments__seat__state=StepState.PARKED)
    given_up = Q(registration__enrollments__seat__state=StepState.CANCELLED)
    unanswered = Submission.objects.filter(mail=None).exclude(parked | given_up)
    return {
        "seats": Seat.objects.filter(state__in=OPEN_STATES).count(),
        "mails": OutgoingEmail.objects.filter(state__in=OPEN_STATES).count(),
        "forms": unanswered.count(),
        "erasures": Erasure.objects.filter(state__in=OPEN_STATES).count(),
    }


def at_work() -> list[str]:
    """The addresses that a process is at work for."""
    seats = Seat.objects.filter(state=StepState.LEASED).exclude(begun_at=None).values_list("address", flat=True)
    mails = OutgoingEmail.objects.filter(state=StepState.LEASED).exclude(begun_at=None)
    return sorted({*seats, *mails.exclude(registration=None).values_list("registration__email", flat=True)})


def erase(*, address: str) -> bool:
    """Forget a person, as staff do; False if nobody is known by that address."""
    try:
        privacy.erase(address=address, user_id=None)
    except privacy.UnknownPerson:
        return False
    return True


def traces(*, addresses: list[str]) -> list[str]:
    """Which of these addresses still stand anywhere."""
    found: set[str] = set()
    found.update(Registration.objects.filter(email__in=addresses).values_list("email", flat=True))
    found.update(Seat.objects.filter(address__in=addresses).values_list("address", flat=True))
    found.update(Submission.objects.filter(email__in=addresses).values_list("email", flat=True))
    found.update(OutgoingEmail.objects.filter(recipient__in=addresses).values_list("recipient", flat=True))
    found.update(item.address for item in Erasure.objects.all() if item.address in addresses)
    return sorted(found)


def due_work() -> int:
    """How many steps are under way or due now."""
    due = Q(state=StepState.LEASED) | Q(state=StepState.QUEUED, run_at__lte=db_now())
    return Seat.objects.filter(due).count() + OutgoingEmail.objects.filter(due).count()


def hurry_everything() -> None:
    """As if the time until the next try of everything had passed; what somebody is at work on is left alone."""
    now = db_now()
    _unless_locked(Seat.objects.filter(WAITING, run_at__gt=now), run_at=now)
    _unless_locked(Seat.objects.filter(WAITING, missed_at__gt=now - SECOND_LOOK), missed_at=now - SECOND_LOOK)
    _unless_locked(OutgoingEmail.objects.filter(WAITING, run_at__gt=now), run_at=now)
    _unless_locked(Erasure.objects.filter(WAITING, run_at__gt=now), run_at=now)
    _unless_locked(Seat.objects.filter(state=StepState.LEASED, lease_until__gt=now + FOR_EVER, run_at__gt=now), run_at=now)
    _unless_locked(Sender.objects.filter(retry_at__gt=now), retry_at=now)
    _unless_locked(Pause.objects.filter(ended_at=None, next_probe_at__gt=now), next_probe_at=now)
    long_ago = now - GOES_WITH_WHAT_THERE_IS
    _unless_locked(Submission.objects.filter(mail=None, received_at__gt=long_ago), received_at=long_ago)


def hurry_senders() -> None:
    """As if the wait after a mail server's trouble had passed."""
    now = db_now()
    _unless_locked(Sender.objects.filter(retry_at__gt=now), retry_at=now)


def _unless_locked(rows: QuerySet[Any], **values: Any) -> None:
    with transaction.atomic():
        free = [row.pk for row in rows.select_for_update(skip_locked=True)]
        rows.model.objects.filter(pk__in=free).update(**values)


def owners_of(*, tokens: list[str]) -> dict[str, list[str]]:
    """Whose private page each token opens: address and campaign; nothing for a token that opens none."""
    found = Registration.objects.filter(token_hash__in=[fingerprint(token) for token in tokens])
    by_hash = {item.token_hash: [item.email, item.campaign.slug] for item in found.select_related("campaign")}
    return {token: by_hash.get(fingerprint(token), []) for token in tokens}


def everything() -> dict[str, Any]:
    """All rows that a promise could be broken in; what is left of erased people says nothing of anybody."""
    erased = Registration.objects.filter(token="")
    return {
        "registrations": _rows(Registration.objects.exclude(token="").values("pk", "email", "campaign__slug")),
        "submissions": _rows(
            Submission.objects.exclude(registration__in=erased).values("pk", "registration_id", "mail_id", "from_known_person")
        ),
        "enrollments": _rows(Enrollment.objects.exclude(registration__in=erased).values("registration_id", "seat_id", "wish")),
        "seats": _rows(
            Seat.objects.values(
                "pk", "address", "session__external_id", "state", "wish", "fact", "reason", "attempts", "lost_leases",
                "participation_id",
            )
        ),
        "mails": _rows(
            OutgoingEmail.objects.exclude(registration__in=erased).values(
                "pk", "registration_id", "recipient", "kind", "occasion", "generation", "state", "silent", "reason", "attempts",
                "message_id", "possible_second_copy", "settled_at",
            )
        ),
    }  # fmt: skip


def histories(*, registration_ids: list[int]) -> dict[str, list[str]]:
    """What happened to registrations, in the order of time: `12:34:56.789 code {…}`."""
    lines: dict[str, list[str]] = {}
    for entry in TimelineEntry.objects.filter(registration_id__in=registration_ids).order_by("at", "pk"):
        words = f"{entry.at:%H:%M:%S.%f}"[:12] + f" {entry.code} {entry.data or ''}"
        lines.setdefault(str(entry.registration_id), []).append(words)
    return lines


def codes() -> dict[str, int]:
    """How often each thing happened to anybody."""
    return dict(TimelineEntry.objects.order_by().values_list("code").annotate(Count("pk")))


def mails_told_of() -> list[int]:
    """The mails of which somebody's history says that they were handed over."""
    entries = TimelineEntry.objects.filter(code="mail_handed_over")
    return sorted(set(entries.values_list("data__mail", flat=True)))


def troubled() -> list[int]:
    """Registrations that met a failure on their way."""
    failures = ("try_failed", "in_doubt", "second_copy", "mail_delayed", "wrong_link", "parked", "mail_parked")
    entries = TimelineEntry.objects.filter(code__in=failures)
    lost = Seat.objects.filter(attempts__gt=1) | Seat.objects.filter(lost_leases__gt=0)
    ids = {*entries.values_list("registration_id", flat=True)}
    ids.update(Enrollment.objects.filter(seat__in=lost).values_list("registration_id", flat=True))
    ids.update(OutgoingEmail.objects.filter(attempts__gt=1).values_list("registration_id", flat=True))
    return sorted(number for number in ids if number is not None)


def _rows(values: Any) -> list[dict[str, Any]]:
    found = list(values.order_by("pk"))
    for row in found:
        row.update({name: value.timestamp() for name, value in row.items() if isinstance(value, datetime)})
    return found


COMMANDS.update(
    {
        command.__name__: command
        for command in (
            settle_account,
            drop_constraints,
            all_open_work,
            at_work,
            erase,
            traces,
            due_work,
            hurry_everything,
            hurry_senders,
            owners_of,
            everything,
            histories,
            codes,
            mails_told_of,
            troubled,
        )
    }
)

if __name__ == "__main__":
    main()
