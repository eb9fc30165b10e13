"""Time as tests move it: the clock of durable work put forward, and events brought to their end."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import LazySettings

from registrations.models import Campaign, Event, Session, db_now


def ago(**length: float) -> datetime:
    """The moment that far in the past; lengths as `timedelta` takes them."""
    return db_now() - timedelta(**length)


def put_forward(settings: LazySettings, **length: float) -> None:
    """Let that much time pass for everything that goes by `db_now()`."""
    settings.CLOCK_OFFSET_SECONDS += timedelta(**length).total_seconds()


def end_event(campaign: Campaign, **length: float) -> None:
    """As if the campaign's event, with all its sessions, had ended that long ago."""
    Session.objects.filter(event=campaign.event_id).update(ends_at=ago(**length))
    Event.objects.filter(pk=campaign.event_id).update(ends_at=ago(**length))


def wait_until(happened: Callable[[], object]) -> None:
    """Wait for something that another thread brings about, for ten seconds at most."""
    deadline = time.monotonic() + 10
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.02)
