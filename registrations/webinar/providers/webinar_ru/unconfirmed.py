"""What the vendor's pages do not say, or say in two ways: every assumption about the live service, in one place.

Each line can be corrected here without touching a caller, once an account with a live key has shown the truth.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from zoneinfo import ZoneInfo

from registrations.webinar.provider import Status

SETTLE_SECONDS = 15.0
"""How long after our time-out a call may still take effect: PHP's usual 30 s, less most of the 20 s we waited."""

OPTIONAL_FIELDS_ENFORCED = True
"""Article 19671 calls every additional field mandatory, whatever `isRequired` says: all are treated as required."""

BLANK_CODES = frozenset({"ERROR_BLANK", "ERROR_EMPTY"})
"""Codes of an additional field without a value. The first is documented (19683), the second seen for `email` only."""

UNKNOWN_STATUS = Status.PLANNED
"""What an unknown status counts as: the platform refuses what is really over; "finished" would give up on people."""

DELETED_STATUSES = frozenset({"DELETED"})
"""Values of `registerStatus` that mean that the registration is gone. Statistics know it; lists should not show it."""

MODERATED_ACCESS = frozenset({8, 10})
"""Archived `access` codes with manual moderation (19681); they count only where `accessSettings` does not say."""

ZONE_NAMES: Mapping[int, str] = {1: "Europe/Moscow"}
"""Time zone ids that details give without a name. The other ids have to be asked for."""

ZONELESS = ZoneInfo("Europe/Moscow")
"""The zone of times that come without an offset."""

QUERY_MARGIN = timedelta(hours=14)
"""`from` is a wall clock of an unnamed zone: asking this much earlier covers every zone."""

IDS_PER_CALL = 200
"""Most ids in one call. No limit is documented, but PHP drops form fields beyond its usual 1000 without a word."""

INVALID_KEY_MESSAGE = "invalid apitoken"
"""Start of the 403 message for an inactive or unknown key, in lower case (seen, not documented)."""

NO_ROUTE_MESSAGE = "no route found"
"""Start of the 404 message for an address that the API does not have, in lower case (seen, not documented)."""

LINK_HOSTS = ("events.webinar.ru", "events.mts-link.ru", "my.mts-link.ru")
"""Hosts of personal links seen in samples; their subdomains count too. An account can name others instead."""

CODE_OF_MESSAGE: Mapping[str, str] = {"date do not matches event rule": "date_rule"}
"""Short codes for refusals that the API puts in words (19683), by the words in lower case."""


def row_belongs(*, row_session: str | None, asked_session: str) -> bool:
    """Whether a row of a participants list is of the target asked for; `row_session` is None for a whole series.

    A session's list should not hold people of the whole series, nor the other way round (19665). If it does, they are
    left out: their participation is another one, and ends at other times.
    """
    return (row_session or "") == asked_session
