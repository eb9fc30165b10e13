"""Working off everything that is due in this process, with no broker: what `manage.py drain` does."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from django.db import close_old_connections, connections

from registrations.services import catalog, emailing, erasing, heartbeats, lost_links, reconciliation, seating, wakeup
from registrations.services.due import NOTHING, Due

logger = logging.getLogger(__name__)

LOOK_EVERY_SECONDS = 1.0
THREADS = 8

Job = tuple[str, int]
COMPARE: Job = ("compare", 0)
COMPARE_EVERY_SECONDS = 60.0


def once() -> None:
    """Work off all that is due now, and what becomes due by that, then return."""
    due = wakeup.look()
    while due:
        following = Due()
        for job in _jobs(due):
            following |= _work(job)
        due = following


def watch(stop: threading.Event) -> None:
    """Keep working off whatever is due until `stop` is set; accounts and senders side by side, each on one thread.

    A failure of one is logged and tried again with the next look; running work is finished before the return.
    """
    running: set[Job] = set()
    compared_at = -COMPARE_EVERY_SECONDS
    with ThreadPoolExecutor(THREADS, thread_name_prefix="drain") as pool:
        while not stop.is_set():
            try:
                close_old_connections()
                heartbeats.beat(kind=heartbeats.DRAIN, host=socket.gethostname())
                due = wakeup.look() | catalog.due_syncs()
            except Exception:
                logger.exception("looking for due work failed")
            else:
                jobs = _jobs(due)
                if time.monotonic() - compared_at >= COMPARE_EVERY_SECONDS:
                    jobs.append(COMPARE)
                    compared_at = time.monotonic()
                for job in jobs:
                    if job not in running:
                        running.add(job)
                        pool.submit(_guarded, job, partial(running.discard, job), stop)
            stop.wait(LOOK_EVERY_SECONDS)


def _jobs(due: Due) -> list[Job]:
    return [
        *(("seats", account_id) for account_id in sorted(due.seats)),
        *(("emails", sender_id) for sender_id in sorted(due.emails)),
        *(("sync", account_id) for account_id in sorted(due.syncs)),
        *(("erasure", erasure_id) for erasure_id in sorted(due.erasures)),
        *(("lost link", request_id) for request_id in sorted(due.lost_links)),
    ]


def _work(job: Job) -> Due:
    kind, row_id = job
    if kind == "seats":
        return seating.drain(account_id=row_id)
    if kind == "emails":
        return emailing.drain(sender_id=row_id)
    if kind == "compare":
        reconciliation.compare_due()
        return NOTHING
    if kind == "erasure":
        return erasing.go_on_erasing(erasure_id=row_id)
    if kind == "lost link":
        return lost_links.answer(request_id=row_id)
    return catalog.sync(account_id=row_id)


def _guarded(job: Job, done: Callable[[], None], stop: threading.Event) -> None:
    """Work on one account or sender until nothing of it is due, then close this thread's connection."""
    try:
        following = _work(job)
        while job in _jobs(following) and not stop.is_set():
            following = _work(job)
    except Exception:
        logger.exception("draining failed", extra={"job": job})
    finally:
        connections.close_all()
        done()
