"""Celery's door: each task is one service call, and what it returns as due is rung."""

from __future__ import annotations

from celery import shared_task

from registrations import pipeline
from registrations.services import catalog, emailing, seating, wakeup


@shared_task(name="registrations.wake")
def wake() -> None:
    """Ring for whatever is due by the clock."""
    pipeline.ring(wakeup.look())


@shared_task(name="registrations.drain_seats")
def drain_seats(account_id: int) -> None:
    """One slice of an account's seats."""
    pipeline.ring(seating.drain(account_id=account_id))


@shared_task(name="registrations.drain_emails")
def drain_emails(sender_id: int) -> None:
    """One slice of a sender's mails."""
    pipeline.ring(emailing.drain(sender_id=sender_id))


@shared_task(name="registrations.sync_account")
def sync_account(account_id: int) -> None:
    """Read an account's events."""
    pipeline.ring(catalog.sync(account_id=account_id))


@shared_task(name="registrations.sync_due")
def sync_due() -> None:
    """Ring for accounts whose events were read too long ago."""
    pipeline.ring(catalog.due_syncs())
