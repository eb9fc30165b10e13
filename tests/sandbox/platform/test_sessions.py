from __future__ import annotations

import pytest

from tests.sandbox.api import Api
from tests.sandbox.process import SandboxProcess


def test_a_session_takes_over_what_its_event_says(sandbox: SandboxProcess, api: Api) -> None:
    made = sandbox.make_event("Intro", sessions=0, extra_fields=["City"], moderated=True)
    reply = api.post(f"/events/{made.event_id}/sessions")
    assert reply.status == 201
    session_id = reply.body["eventSessionId"]
    assert reply.body["link"] == f"{sandbox.url}/acme/{made.event_id}/session/{session_id}"
    detail = api.get(f"/eventsessions/{session_id}").body
    assert (detail["name"], detail["access"], detail["eventId"]) == ("Intro", 8, made.event_id)
    assert [item["label"] for item in detail["additionalFields"]] == ["City"]
    assert detail["timezone"] == {"id": 1, "name": "Europe/Moscow", "description": "(GMT+03:00) Moscow", "offset": 10800}
    assert detail["startType"] == "manual"
    assert set(detail["image"]) == {
        "id",
        "createAt",
        "name",
        "thumbnails",
        "typeFile",
        "type",
        "url",
        "downloadUrl",
        "size",
        "mimeType",
        "uri",
    }


def test_a_single_event_has_one_session(sandbox: SandboxProcess, api: Api) -> None:
    made = sandbox.make_event()
    reply = api.post(f"/events/{made.event_id}/sessions")
    assert (reply.status, reply.body) == (409, {"error": {"code": 409, "message": "Conflict"}})


def test_a_series_has_one_session_at_a_time(sandbox: SandboxProcess, api: Api) -> None:
    made = sandbox.make_event(series=True, sessions=0)
    when = {"startsAtTimestamp": "2027-03-01T12:00:00+03:00"}
    assert api.post(f"/events/{made.event_id}/sessions", **when).status == 201
    assert api.post(f"/events/{made.event_id}/sessions", **when).status == 409
    assert api.post(f"/events/{made.event_id}/sessions", startsAtTimestamp="2027-03-02T12:00:00+03:00").status == 201


def test_a_session_of_a_series_lasts_an_hour_and_not_until_the_series_ends(api: Api) -> None:
    series = {
        "name": "Course", "rule": "FREQ=WEEKLY;COUNT=3", "accessSettings[isRegistrationRequired]": "1",
        "startsAtTimestamp": "2026-12-01T12:00:00+03:00", "endsAtTimestamp": "2026-12-15T13:00:00+03:00",
    }  # fmt: skip
    event_id = api.post("/events", **series).body["eventId"]
    made = api.post(f"/events/{event_id}/sessions", startsAtTimestamp="2026-12-08T12:00:00+03:00")
    session = api.get(f"/eventsessions/{made.body['eventSessionId']}").body
    assert session["endsAt"] == "2026-12-08T13:00:00+0300"


def test_a_conflict_may_have_no_body(sandbox: SandboxProcess, api: Api) -> None:
    sandbox.switches(conflict_body="empty")
    reply = api.post(f"/events/{sandbox.make_event().event_id}/sessions")
    assert (reply.status, reply.text) == (409, "")


def test_an_unknown_event_or_session_is_not_found(api: Api) -> None:
    assert api.post("/events/1/sessions").status == 404
    assert api.get("/eventsessions/1").body == {"error": {"code": 404, "message": "Not Found"}}


def test_a_session_can_be_moved_and_people_told(sandbox: SandboxProcess, api: Api) -> None:
    made = sandbox.make_event()
    api.register(made.session_id, "a@example.com")
    stamp = "2027-03-01T12:00:00+03:00"
    assert api.put(f"/eventsessions/{made.session_id}", startsAtTimestamp=stamp).status == 204
    assert sandbox.messages("a@example.com") == []
    assert api.put(f"/eventsessions/{made.session_id}", name="Moved", sendEmail=True).status == 204
    assert api.get(f"/eventsessions/{made.session_id}").body["startsAt"] == "2027-03-01T12:00:00+0300"
    assert [mail["subject"] for mail in sandbox.messages("a@example.com")] == ["Changed: Moved"]


def test_an_edit_can_reach_the_whole_series(sandbox: SandboxProcess, api: Api) -> None:
    made = sandbox.make_event("Course", sessions=2)
    api.put(f"/eventsessions/{made.session_ids[0]}", name="New", updateContext="series")
    assert api.get(f"/eventsessions/{made.session_ids[1]}").body["name"] == "New"
    assert api.get(f"/organization/events/{made.event_id}").body["name"] == "New"


def test_deleting_a_session_mails_its_people_unless_told_not_to(sandbox: SandboxProcess, api: Api) -> None:
    first, second = sandbox.make_event("One"), sandbox.make_event("Two")
    api.register(first.session_id, "a@example.com")
    api.register(second.session_id, "a@example.com")
    assert api.delete(f"/eventsessions/{first.session_id}").status == 204
    assert api.call("DELETE", f"/eventsessions/{second.session_id}?sendEmail=false").status == 204
    assert [mail["subject"] for mail in sandbox.messages("a@example.com")] == ["Cancelled: One"]
    assert api.get(f"/eventsessions/{first.session_id}").status == 404


@pytest.mark.parametrize(("switch", "status"), [("event_gone", 404), ("event_stays", 200)])
def test_deleting_the_last_session_may_delete_the_event(sandbox: SandboxProcess, api: Api, switch: str, status: int) -> None:
    sandbox.switches(last_session_deleted=switch)
    made = sandbox.make_event()
    api.delete(f"/eventsessions/{made.session_id}", sendEmail=False)
    assert api.get(f"/organization/events/{made.event_id}").status == status


@pytest.mark.parametrize(("switch", "status"), [("404", 404), ("500", 500)])
def test_start_and_stop_are_final(sandbox: SandboxProcess, api: Api, switch: str, status: int) -> None:
    sandbox.switches(start_stop_wrong_state=switch)
    made = sandbox.make_event()
    path = f"/eventsessions/{made.session_id}"
    assert api.put(f"{path}/stop").status == status
    assert api.put(f"{path}/start").status == 204
    assert api.get(f"/organization/events/{made.event_id}").body["status"] == "START"
    assert api.put(f"{path}/start").status == status
    assert api.put(f"{path}", name="On air").status == 204
    assert api.put(f"{path}/stop").status == 204
    assert api.put(f"{path}", name="Over").status == 400
    assert api.get(f"/organization/events/{made.event_id}").body["status"] == "STOP"
    assert api.put(f"{path}/stop").status == status
