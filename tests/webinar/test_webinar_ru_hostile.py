"""Webinar.ru: whatever comes back, a call returns values of the contract or raises one of its errors, and leaks nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import responses
from hypothesis import given, settings
from hypothesis import strategies as st

from registrations.webinar.errors import PlatformError
from registrations.webinar.provider import Credentials
from registrations.webinar.providers.webinar_ru import WebinarRu
from tests.webinar.samples import BASE, IVAN, LINK, OLGA, SESSION, TOKEN

NAMES = [
    *("id", "participationId", "eventSessionId", "eventId", "email", "link", "url", "count", "name", "rule", "status"),
    *("startsAt", "utcStartsAt", "timezone", "timezoneId", "timezoneName", "access", "accessSettings", "values", "key"),
    *("additionalFields", "eventSessions", "isModerationRequired", "isAccepted", "error", "message", "fieldErrors"),
    *("errors", "additionalFields.57d0", "registerStatus", "registerDate", "visited", "role", "secondName"),
]
PLAIN = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["1", "51001", "62001", 51001, 62001, IVAN.email, LINK, TOKEN, "ERROR_BLANK", "\ud800", "\x00"])
)
JSON = st.recursive(
    PLAIN, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=6), max_leaves=25
)
BODIES = JSON.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=40)
STATUSES = st.sampled_from([200, 200, 200, 201, 204, 400, 401, 403, 404, 409, 422, 302, 500])
ANYWHERE = re.compile(re.escape(BASE) + ".*")
CALLS: dict[str, Callable[[WebinarRu], Any]] = {
    "owner": lambda webinar: webinar.owner(),
    "events": lambda webinar: list(webinar.events(since=datetime(2026, 3, 1, tzinfo=UTC))),
    "event": lambda webinar: webinar.event("51001"),
    "session": lambda webinar: webinar.session("62001"),
    "register": lambda webinar: webinar.register(SESSION, IVAN),
    "invite": lambda webinar: webinar.invite(SESSION, [IVAN, OLGA]),
    "participations": lambda webinar: list(webinar.participations(SESSION)),
    "moderate": lambda webinar: webinar.moderate(SESSION, ["1"], admit=True),
    "delete": lambda webinar: webinar.delete(["1"]),
    "time_zones": lambda webinar: webinar.time_zones(),
}


@pytest.mark.parametrize("call", CALLS)
@settings(max_examples=60, deadline=None, derandomize=True)
@given(status=STATUSES, body=BODIES)
def test_any_answer_gives_a_value_or_one_of_our_errors(call: str, status: int, body: bytes) -> None:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as http:
        for method in ("GET", "POST", "PUT"):
            http.add(responses.Response(method, url=ANYWHERE, status=status, body=body))
        try:
            got = CALLS[call](WebinarRu(Credentials(BASE, "key")))
        except PlatformError as error:
            words = f"{error} {getattr(error, 'fields', {})}"
            assert IVAN.email not in words
            assert TOKEN not in words
        else:
            str(got).encode()
            if call == "register":
                assert got.link == LINK or got.link_token == TOKEN or (got.link == "" and status == 409)
