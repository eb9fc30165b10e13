"""What it looks like when the database is away or too busy to answer."""

from __future__ import annotations

from django.db import InterfaceError, InternalError, OperationalError

OUTAGES = (InterfaceError, InternalError, OperationalError)

RETRY_AFTER_SECONDS = 60
