"""Who is at work: proof that each kind of worker still takes up what it is asked to, and since when one does not.

A worker beats whenever it runs a task, so a process that lives but has stopped consuming falls silent. Whoever is idle is
asked by the schedule every 15 seconds. `drain --watch` does the work of all of them.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from registrations.models import Heartbeat, db_now

SEATS, MAILS, REST, SCHEDULE, DRAIN = "seats", "mails", "rest", "schedule", "drain"
DONE_BY_DRAIN = (SEATS, MAILS, REST, SCHEDULE)

BEAT_SECONDS = 15.0
SILENT_AFTER = timedelta(seconds=60)
FORGOTTEN_AFTER = timedelta(days=1)

_beaten_at: dict[str, float] = {}


@dataclass(frozen=True, slots=True)
class Silence:
    """A kind of worker that was at work within the last day and has not been heard of `since`."""

    kind: str
    since: datetime


def beat(*, kind: str, host: str) -> None:
    """This process is at work on what `kind` names. Writes at most every 15 seconds; clears away who is long gone."""
    name = f"{kind}@{host}"[:200]
    last = _beaten_at.get(name)
    if last is not None and time.monotonic() - last < BEAT_SECONDS:
        return
    now = db_now()
    if not Heartbeat.objects.filter(name=name).update(beat_at=now):
        Heartbeat.objects.bulk_create([Heartbeat(name=name, beat_at=now)], ignore_conflicts=True)
    Heartbeat.objects.filter(beat_at__lt=now - FORGOTTEN_AFTER).delete()
    _beaten_at[name] = time.monotonic()


def kinds() -> dict[str, datetime]:
    """The kinds of workers that were heard of within the last day, and when each was last."""
    last: dict[str, datetime] = {}
    for row in Heartbeat.objects.filter(beat_at__gt=db_now() - FORGOTTEN_AFTER):
        kind = row.name.partition("@")[0]
        for done in DONE_BY_DRAIN if kind == DRAIN else (kind,):
            last[done] = max(last.get(done, row.beat_at), row.beat_at)
    return last


def silences() -> list[Silence]:
    """The kinds of workers that are silent. Once the schedule is, whoever was at work until then is not counted as silent:
    nobody has asked them since."""
    last = kinds()
    now = db_now()
    asked_until = min(last.get(SCHEDULE, now), now)
    return [
        Silence(kind, since)
        for kind, since in sorted(last.items())
        if (now if kind == SCHEDULE else asked_until) - since > SILENT_AFTER
    ]
