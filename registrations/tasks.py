"""Celery's door: each task is one service call, and what it returns as due is rung."""

from __future__ import annotations

from typing import Any

from celery import Task, shared_task, signals
from django.db import connections

from registrations import pipeline
from registrations.services import catalog, emailing, erasing, heartbeats, lost_links, reconciliation, seating, wakeup, witness


class Beating(Task[Any, Any]):
    """A task whose mere running proves that somebody works off its queue, and whatever else it names in `proves`."""

    abstract = True
    proves: tuple[str, ...] = ()

    def before_start(self, task_id: str, args: Any, kwargs: Any) -> None:
        host = str(self.request.hostname).rpartition("@")[2]
        queue = str((self.request.delivery_info or {}).get("routing_key"))
        for kind in (queue, *self.proves):
            heartbeats.beat(kind=kind, host=host)


@shared_task(name="registrations.beat", base=Beating)
def beat() -> None:
    """Nothing: being run is all that is asked of an idle worker."""


@shared_task(name="registrations.wake", base=Beating, proves=(heartbeats.SCHEDULE,))
def wake() -> None:
    """Ring for whatever is due by the clock."""
    pipeline.ring(wakeup.look())


@shared_task(name="registrations.drain_seats", base=Beating)
def drain_seats(account_id: int) -> None:
    """One slice of an account's seats."""
    pipeline.ring(seating.drain(account_id=account_id))


@shared_task(name="registrations.drain_emails", base=Beating)
def drain_emails(sender_id: int) -> None:
    """One slice of a sender's mails."""
    pipeline.ring(emailing.drain(sender_id=sender_id))


@shared_task(name="registrations.sync_account", base=Beating)
def sync_account(account_id: int) -> None:
    """Read an account's events."""
    pipeline.ring(catalog.sync(account_id=account_id))


@shared_task(name="registrations.sync_due", base=Beating)
def sync_due() -> None:
    """Ring for accounts whose events were read too long ago."""
    pipeline.ring(catalog.due_syncs())


@shared_task(name="registrations.go_on_erasing", base=Beating)
def go_on_erasing(erasure_id: int) -> None:
    """One round of an erasure."""
    pipeline.ring(erasing.go_on_erasing(erasure_id=erasure_id))


@shared_task(name="registrations.answer_lost_link", base=Beating)
def answer_lost_link(request_id: int) -> None:
    """Send somebody the links that they asked for."""
    pipeline.ring(lost_links.answer(request_id=request_id))


@shared_task(name="registrations.compare_due", base=Beating)
def compare_due() -> None:
    """Compare the platform's lists with our seats, where it is night."""
    reconciliation.compare_due()


@signals.worker_init.connect
def look_for_restore(**kwargs: Any) -> None:
    """Before a worker takes anything: whether the database was restored from a backup."""
    witness.stands_still()
    connections.close_all()  # this thread needs none any more
