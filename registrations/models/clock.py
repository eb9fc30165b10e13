"""The one clock by which durable work is timed."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.utils import timezone


def db_now() -> datetime:
    """The current time in UTC by the database's clock, shifted by `CLOCK_OFFSET_SECONDS`.

    PostgreSQL's own clock keeps workers with wrong clocks from disagreeing; SQLite has none, so there it is this machine's.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            now: datetime = cursor.fetchone()[0]
    else:
        now = timezone.now()
    return now + timedelta(seconds=settings.CLOCK_OFFSET_SECONDS)
