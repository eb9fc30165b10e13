"""Taking steps in turn: claim, begin, finish, postpone, park. Every finish is fenced by the lease that the claim gave.

A claim commits before any outside call; `begin` commits just before a row's call. Whatever dies in between leaves a row
whose lease runs out: a row that was begun is then in doubt, one that was not is simply done by the next claim.
"""

from __future__ import annotations

import random
import uuid
from datetime import datetime, timedelta
from enum import Enum
from itertools import groupby
from operator import attrgetter
from typing import Any, TypeVar

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, Q, QuerySet

from registrations.models import Step, StepState, db_now
from registrations.models.writing import write_each

StepT = TypeVar("StepT", bound=Step)

BACKOFF_SECONDS = (5, 15, 45, 120, 300, 600, 1200, 2400)
BACKOFF_LAST_SECONDS = 3600


AT_REST: dict[str, Any] = {"begun_at": None, "in_doubt_since": None, "reason": "", "reason_detail": "", "lost_leases": 0}
"""What is forgotten of a row's way once it is settled."""


class Finish(Enum):
    """How a fenced update ended."""

    DONE = "done"
    WISH_CHANGED = "wish_changed"
    LEASE_LOST = "lease_lost"


def lease_length() -> timedelta:
    return timedelta(seconds=settings.STEP_LEASE_SECONDS)


def due(now: datetime) -> Q:
    """Rows that a claim may take: queued and due, or leased to somebody who let the lease run out."""
    return Q(state=StepState.QUEUED, run_at__lte=now) | Q(state=StepState.LEASED, lease_until__lt=now)


def backoff_seconds(attempts: int) -> float:
    """How long to wait after the given number of failed tries, with ± 50 % jitter."""
    base = BACKOFF_LAST_SECONDS if attempts > len(BACKOFF_SECONDS) else BACKOFF_SECONDS[max(attempts, 1) - 1]
    return base * random.uniform(0.5, 1.5)  # noqa: S311  (spreads load, guards nothing)


def claim(*, rows: QuerySet[StepT], limit: int) -> list[StepT]:
    """Lease up to `limit` due rows of a queryset, most urgent first, and return them.

    Rows whose former owner died after beginning them come back in doubt, with one more lost lease; what has lost too many
    (`Step.lost_too_often`) is for the caller to park. On PostgreSQL rows that others are claiming are skipped; SQLite has
    one writer.
    """
    now = db_now()
    lease = {"state": StepState.LEASED, "lease_token": uuid.uuid4(), "lease_until": now + lease_length(), "begun_at": None}
    with transaction.atomic():
        if connection.features.has_select_for_update_skip_locked:
            rows = rows.select_for_update(skip_locked=True, of=("self",))
        claimed = list(rows.filter(due(now)).order_by("priority", "run_at", "pk")[:limit])
        for row in claimed:
            if row.state == StepState.LEASED and row.begun_at is not None:
                row.lost_leases += 1
                row.in_doubt_since = row.in_doubt_since or row.begun_at
                row.save(update_fields=["lost_leases", "in_doubt_since"])
            for name, value in lease.items():
                setattr(row, name, value)
        if claimed:
            rows.model._default_manager.filter(pk__in=[row.pk for row in claimed]).update(**lease)
        return claimed


def _mine(row: Step) -> QuerySet[Step]:
    return type(row)._default_manager.filter(pk=row.pk, lease_token=row.lease_token, state=StepState.LEASED)


def _update_mine(row: Step, *, same_version: bool, **values: Any) -> Finish:
    """Write values if the lease is still ours (and the version too, where that matters), in memory as well."""
    mine = _mine(row)
    wanted = mine.filter(version=row.version) if same_version else mine
    if not wanted.update(**values):
        return Finish.WISH_CHANGED if same_version and mine.exists() else Finish.LEASE_LOST
    for name, value in values.items():
        setattr(row, name, value)
    return Finish.DONE


def begin(row: Step, **values: Any) -> bool:
    """Commit that the outside call starts now; False if the row is no longer ours or its wish changed: then do not call.

    Renews the lease, so that a row late in its batch has the whole length for its call.
    """
    now = db_now()
    done = _update_mine(
        row,
        same_version=True,
        begun_at=now,
        lease_until=now + lease_length(),
        attempts=row.attempts + 1,
        **values,
    )
    if done is Finish.WISH_CHANGED:
        release(row)
    return done is Finish.DONE


def begin_all(rows: list[StepT], **values: Any) -> list[StepT]:
    """`begin` for rows of one claim whose calls start together; returns those that may be called for.

    `values` are written too; they may be expressions, and the rows in memory do not get them.
    """
    now = db_now()
    lease = {"begun_at": now, "lease_until": now + lease_length()}
    begun: list[StepT] = []
    for version, alike in groupby(sorted(rows, key=attrgetter("version")), key=attrgetter("version")):
        same = list(alike)
        mine = type(same[0])._default_manager.filter(
            pk__in=[row.pk for row in same], lease_token=same[0].lease_token, state=StepState.LEASED, version=version
        )
        if mine.update(attempts=F("attempts") + 1, **lease, **values) == len(same):
            begun.extend(same)
        else:
            still = set(mine.values_list("pk", flat=True))
            begun.extend(row for row in same if row.pk in still)
            for row in same:
                if row.pk not in still:
                    release(row)
    for row in begun:
        row.begun_at, row.lease_until = lease["begun_at"], lease["lease_until"]
        row.attempts += 1
    return begun


def settle(row: Step, **values: Any) -> Finish:
    """The step is done: write the outcome. If only the wish changed meanwhile, keep the outcome and queue the row again."""
    outcome = values | AT_REST
    now = db_now()
    done = _update_mine(
        row, same_version=True, state=StepState.SETTLED, settled_at=now, lease_token=None, lease_until=None, **outcome
    )
    if done is Finish.WISH_CHANGED:
        _update_mine(row, same_version=False, state=StepState.QUEUED, run_at=now, lease_token=None, lease_until=None, **outcome)
    return done


def settle_all(outcomes: list[tuple[StepT, dict[str, Any]]]) -> list[Finish]:
    """`settle` for many rows of one kind, each with its own outcome of the same names; call it in a transaction.

    Rows in memory are changed before anything is written: give copies, if the transaction may fail and be tried otherwise.
    """
    rows = [row for row, _ in outcomes]
    locked = type(rows[0])._default_manager.filter(pk__in=[row.pk for row in rows])
    if connection.features.has_select_for_update:
        locked = locked.select_for_update(of=("self",))
    fences = {pk: fence for pk, *fence in locked.order_by("pk").values_list("pk", "lease_token", "state", "version")}
    finishes, done = [], []
    now = db_now()
    settled = {"state": StepState.SETTLED, "settled_at": now, "lease_token": None, "lease_until": None, **AT_REST}
    for row, values in outcomes:
        token, state, version = fences.get(row.pk, (None, "", 0))
        if token is None or (token, state) != (row.lease_token, StepState.LEASED):
            finishes.append(Finish.LEASE_LOST)
        elif version != row.version:
            finishes.append(settle(row, **values))
        else:
            finishes.append(Finish.DONE)
            done.append(row)
            for name, value in (values | settled).items():
                setattr(row, name, value)
    write_each(done, [*settled, *outcomes[0][1]])
    return finishes


def _back_to_queue(row: Step, *, run_at: datetime, **values: Any) -> Finish:
    return _update_mine(
        row,
        same_version=False,
        state=StepState.QUEUED,
        run_at=run_at,
        lease_token=None,
        lease_until=None,
        begun_at=None,
        **values,
    )


def release(row: Step, **values: Any) -> Finish:
    """Give a claimed row back as it was: no try is counted."""
    return _back_to_queue(row, run_at=row.run_at, **values)


def release_all(rows: list[StepT]) -> None:
    """`release` for many rows of one kind, in one statement for each claim. Rows in memory are not changed."""
    leased = sorted((row for row in rows if row.lease_token is not None), key=attrgetter("lease_token"))
    for token, of_one_claim in groupby(leased, key=attrgetter("lease_token")):
        claimed = list(of_one_claim)
        mine = type(claimed[0])._default_manager.filter(
            pk__in=[row.pk for row in claimed], lease_token=token, state=StepState.LEASED
        )
        mine.update(state=StepState.QUEUED, lease_token=None, lease_until=None, begun_at=None)


def give_back_uncounted(row: Step, *, delay: float = 0.0, **values: Any) -> Finish:
    """The call was begun but certainly had no effect, and not because of this row: no try is counted."""
    run_at = db_now() + timedelta(seconds=delay)
    return _back_to_queue(row, run_at=run_at, attempts=max(row.attempts - 1, 0), **values)


def postpone(row: Step, *, reason: str, detail: str = "", delay: float | None = None, **values: Any) -> Finish:
    """Try again later: after `delay` seconds, or after the backoff that the number of tries asks for."""
    wait = backoff_seconds(row.attempts) if delay is None else delay
    run_at = db_now() + timedelta(seconds=wait)
    return _back_to_queue(row, run_at=run_at, reason=reason, reason_detail=detail[:300], **values)


def doubt(row: Step, *, reason: str, detail: str = "", delay: float | None = None, **values: Any) -> Finish:
    """The call may have worked: look before repeating, after the time that the other side may still need."""
    since = row.in_doubt_since or db_now()
    return postpone(row, reason=reason, detail=detail, delay=delay, in_doubt_since=since, **values)


def stumble(row: Step) -> Finish:
    """Our own code failed on this row, in its call or outside: later again, like a lost lease.

    What has stumbled too often (`Step.lost_too_often`) is for the caller to park.
    """
    stumbles = row.lost_leases + 1
    again = doubt if row.begun_at is not None else postpone
    return again(row, reason="inner_fault", delay=backoff_seconds(stumbles), lost_leases=stumbles)


def park(row: Step, *, reason: str, detail: str = "", **values: Any) -> Finish:
    """A person must look; the row is counted on the staff's screens and never forgotten. A changed wish is tried instead."""
    done = _update_mine(
        row,
        same_version=True,
        state=StepState.PARKED,
        lease_token=None,
        lease_until=None,
        begun_at=None,
        reason=reason,
        reason_detail=detail[:300],
        **values,
    )
    if done is Finish.WISH_CHANGED:
        release(row)
    return done


def cancel(row: Step, *, reason: str) -> Finish:
    """The step has become pointless before anything was done."""
    return _update_mine(row, same_version=False, state=StepState.CANCELLED, lease_token=None, lease_until=None, reason=reason)


def renew(rows: list[StepT]) -> None:
    """Extend the leases of rows that are still ours, for work that takes longer than half a lease."""
    if rows:
        until = db_now() + lease_length()
        rows[0]._meta.default_manager.filter(  # type: ignore[union-attr]
            pk__in=[row.pk for row in rows], lease_token=rows[0].lease_token, state=StepState.LEASED
        ).update(lease_until=until)
