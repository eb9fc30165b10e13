from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.sandbox.api import Api
from tests.sandbox.process import SandboxProcess

LONG_AGO = "2020-01-01 00:00:00"
FAR_AWAY = "2999-01-01 00:00:00"


def names(api: Api, path: str = "/organization/events/schedule", **params: object) -> list[str]:
    reply = api.get(path, **params)
    assert reply.status == 200, reply.text
    return [row["name"] for row in reply.body]


def test_ids_and_numbers_are_strings_in_a_schedule(sandbox: SandboxProcess, api: Api) -> None:
    made = sandbox.make_event("Intro")
    api.register(made.session_id, "a@example.com")
    (row,) = api.get("/organization/events/schedule").body
    (session,) = row["eventSessions"]
    assert set(row) == {
        "id",
        "name",
        "status",
        "access",
        "type",
        "rule",
        "exceptionDates",
        "description",
        "startsAt",
        "endsAt",
        "isArchive",
        "createUserId",
        "estimatedAt",
        "isAuto",
        "timezoneName",
        "image",
        "tags",
        "files",
        "lectors",
        "eventSessions",
    }
    assert (row["id"], row["access"], row["createUserId"], row["isArchive"]) == (str(made.event_id), "4", "7001", "0")
    assert set(session) == {
        "id",
        "eventId",
        "name",
        "status",
        "access",
        "type",
        "startsAt",
        "endsAt",
        "isArchive",
        "createUserId",
        "estimatedAt",
        "timezoneName",
        "image",
        "participationsCount",
        "tags",
        "files",
        "lectors",
        "recordUrl",
    }
    assert (session["id"], session["eventId"]) == (str(made.session_id), str(made.event_id))
    assert session["participationsCount"] == "1"


def test_only_planned_events_are_listed_unless_asked(sandbox: SandboxProcess, api: Api) -> None:
    sandbox.make_event("Planned")
    live = sandbox.make_event("Live")
    api.put(f"/eventsessions/{live.session_id}/start")
    assert names(api) == ["Planned"]
    assert names(api, status=["START"]) == ["Live"]
    assert sorted(names(api, status=["ACTIVE", "START", "STOP"])) == ["Live", "Planned"]
    assert api.get("/organization/events/schedule", status=["GONE"]).status == 400


def test_the_period_starts_now_and_is_a_year_long(sandbox: SandboxProcess, api: Api) -> None:
    sandbox.make_event("Past", starts_in=-48)
    sandbox.make_event("Soon", starts_in=48)
    sandbox.make_event("Late", starts_in=24 * 400)
    assert names(api) == ["Soon"]
    assert names(api, **{"from": LONG_AGO, "to": FAR_AWAY}) == ["Past", "Soon", "Late"]
    yesterday = datetime.now(UTC) - timedelta(days=3)
    assert names(api, **{"from": f"{yesterday:%Y-%m-%d}"}) == ["Past", "Soon"]


def test_a_series_counts_by_its_sessions(sandbox: SandboxProcess, api: Api) -> None:
    sandbox.make_event("Course", sessions=3, starts_in=-24)
    assert names(api) == ["Course"]


def test_a_missing_from_may_be_refused(sandbox: SandboxProcess, api: Api) -> None:
    sandbox.switches(from_missing="400")
    assert api.get("/organization/events/schedule").body["error"]["fieldErrors"] == {"from": "ERROR_EMPTY"}
    sandbox.switches(date_spellings="strict")
    assert api.get("/organization/events/schedule", **{"from": "2026-01-01"}).status == 400


def test_name_and_access_filter(sandbox: SandboxProcess, api: Api) -> None:
    sandbox.make_event("Intro")
    sandbox.make_event("Deep dive", moderated=True)
    assert names(api, name="dive") == ["Deep dive"]
    assert names(api, access=8) == ["Deep dive"]
    assert names(api, accessSettings={"isModerationRequired": 0}) == ["Intro"]


def test_pages_end_with_an_empty_list(sandbox: SandboxProcess, api: Api) -> None:
    for number in range(12):
        sandbox.make_event(f"Event {number:02}", starts_in=24 + number)
    assert len(names(api)) == 10
    assert names(api, page=2) == ["Event 10", "Event 11"]
    assert names(api, page=3) == []
    assert len(names(api, perPage=50)) == 12


@pytest.mark.parametrize(("switch", "status", "length"), [("default", 200, 10), ("nearest", 200, 12), ("400", 400, 1)])
def test_a_page_size_outside_the_set(sandbox: SandboxProcess, api: Api, switch: str, status: int, length: int) -> None:
    for number in range(12):
        sandbox.make_event(f"Event {number}")
    sandbox.switches(per_page_outside=switch)
    reply = api.get("/organization/events/schedule", perPage=49)
    assert (reply.status, len(reply.body)) == (status, length)


def test_one_employees_events(sandbox: SandboxProcess, api: Api) -> None:
    sandbox.make_event("Anna's")
    sandbox.make_event("Boris's", ownerId=7002)
    assert names(api, "/users/7002/events/schedule") == ["Boris's"]
    assert api.get("/users/80001/events/schedule").status == 404
