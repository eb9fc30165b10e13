from __future__ import annotations

import hashlib

import pytest

from tests.sandbox.api import Api
from tests.sandbox.process import SandboxProcess


def create(api: Api, **params: object) -> int:
    reply = api.post("/events", **{"name": "Intro", "access": 4} | params)
    assert reply.status == 201, reply.text
    return reply.body["eventId"]


def test_an_event_is_created_from_the_documented_form(sandbox: SandboxProcess, api: Api) -> None:
    reply = api.call(
        "POST",
        "/events",
        data={
            "name": "Intro",
            "accessSettings[isPasswordRequired]": "0",
            "accessSettings[isRegistrationRequired]": "1",
            "accessSettings[isModerationRequired]": "0",
            "description": "About",
            "lectorIds[0]": "7001",
            "tags[0]": "new",
            "additionalFields[0][label]": "City",
            "additionalFields[0][type]": "text",
            "additionalFields[1][label]": "Size",
            "additionalFields[1][type]": "radio",
            "additionalFields[1][values][0]": "S",
            "additionalFields[1][values][1]": "L",
            "additionalFields[1][isRequired]": "false",
            "startsAt[date][year]": "2027",
            "startsAt[date][month]": "3",
            "startsAt[date][day]": "1",
            "startsAt[time][hour]": "12",
            "startsAt[time][minute]": "0",
            "duration": "PT1H30M0S",
        },
    )
    assert reply.status == 201
    event_id = reply.body["eventId"]
    assert reply.body["link"] == f"{sandbox.url}/acme/{event_id}"
    detail = api.get(f"/organization/events/{event_id}")
    assert detail.status == 200
    assert detail.body == {
        "id": event_id,
        "name": "Intro",
        "description": "About",
        "status": "ACTIVE",
        "access": 4,
        "accessSettings": {"isPasswordRequired": False, "isRegistrationRequired": True, "isModerationRequired": False},
        "lang": "RU",
        "type": "webinar",
        "startsAt": "2027-03-01T12:00:00+0300",
        "utcStartsAt": 1803891600,
        "endsAt": "2027-03-01T13:30:00+0300",
        "createUserId": 7001,
        "createUser": {"id": 7001, "name": "Anna", "secondName": "Li", "email": "anna@example.com"},
        "organizationId": 9001,
        "timezoneId": 1,
        "rule": "FREQ=DAILY;COUNT=1",
        "additionalFields": [
            {"key": hashlib.md5(b"City").hexdigest(), "label": "City", "type": "text", "isRequired": True, "values": []},
            {
                "key": hashlib.md5(b"Size").hexdigest(),
                "label": "Size",
                "type": "radio",
                "isRequired": False,
                "values": ["S", "L"],
            },
        ],
        "lectors": [{"name": "Anna", "secondName": "Li", "position": "Producer", "avatar": None}],
        "tags": ["new"],
        "announceFiles": [],
        "files": [],
        "eventSessions": [],
    }


def test_the_detail_lists_the_sessions(sandbox: SandboxProcess, api: Api) -> None:
    made = sandbox.make_event("Course", sessions=2)
    sessions = api.get(f"/organization/events/{made.event_id}").body["eventSessions"]
    assert [item["id"] for item in sessions] == list(made.session_ids)
    assert set(sessions[0]) == {"id", "name", "status", "startsAt"}


@pytest.mark.parametrize(("access", "flags"), [(1, (0, 0, 0)), (4, (0, 1, 0)), (8, (0, 1, 1)), (10, (1, 1, 1))])
def test_the_archived_access_number_sets_the_access_settings(api: Api, access: int, flags: tuple[int, int, int]) -> None:
    event_id = create(api, access=access, password="secret")
    detail = api.get(f"/organization/events/{event_id}").body
    assert detail["access"] == access
    assert tuple(map(int, detail["accessSettings"].values())) == flags


@pytest.mark.parametrize(
    ("params", "field", "code"),
    [
        ({"name": ""}, "name", "ERROR_EMPTY"),
        ({"lang": "FR"}, "lang", "ERROR_INVALID"),
        ({"access": 5}, "access", "ERROR_INVALID"),
        ({"access": 3}, "password", "ERROR_EMPTY"),
        ({"timezone": 999}, "timezone", "ERROR_INVALID"),
        ({"additionalFields": [{"type": "text"}]}, "additionalFields[0].label", "ERROR_EMPTY"),
        ({"rule": "weekly"}, "rule", "ERROR_INVALID"),
    ],
)
def test_a_bad_field_is_named(api: Api, params: dict[str, object], field: str, code: str) -> None:
    reply = api.post("/events", **{"name": "Intro", "access": 4} | params)
    assert reply.status == 400
    assert reply.body == {"error": {"code": 400, "message": "ERROR_BAD_REQUEST", "fieldErrors": {field: code}}}


def test_access_sent_twice_prefers_the_settings_or_is_refused(sandbox: SandboxProcess, api: Api) -> None:
    params = {"access": 8, "accessSettings": {"isRegistrationRequired": 1}}
    assert api.get(f"/organization/events/{create(api, **params)}").body["access"] == 4
    sandbox.switches(access_both="400")
    assert api.post("/events", name="Intro", **params).status == 400


def test_an_owner_must_have_confirmed_his_address(api: Api) -> None:
    reply = api.post("/events", name="Intro", access=4, ownerId=7003)
    assert (reply.status, reply.body["error"]["message"]) == (403, "Event owner is not submitted")
    assert api.post("/events", name="Intro", access=4, ownerId=12345).status == 404


def test_an_event_can_be_edited(api: Api) -> None:
    event_id = create(api, startsAtTimestamp="2027-03-01T12:00:00+03:00")
    reply = api.put(f"/organization/events/{event_id}", name="Other", startsAtTimestamp="2027-03-02T12:00:00+03:00")
    assert (reply.status, reply.text) == (204, "")
    detail = api.get(f"/organization/events/{event_id}").body
    assert (detail["name"], detail["startsAt"]) == ("Other", "2027-03-02T12:00:00+0300")
    assert detail["endsAt"] == "2027-03-02T13:00:00+0300"
    assert detail["access"] == 4


def test_stop_ends_a_series_for_good(sandbox: SandboxProcess, api: Api) -> None:
    made = sandbox.make_event("Course", sessions=2)
    api.put(f"/eventsessions/{made.session_id}/start")
    assert api.put(f"/organization/events/{made.event_id}", name="Other").status == 400
    assert api.put(f"/organization/events/{made.event_id}", status="STOP").status == 204
    assert api.get(f"/eventsessions/{made.session_ids[1]}").body["status"] == "STOP"
    assert api.put(f"/organization/events/{made.event_id}", name="Other").status == 400


def test_a_deleted_event_is_gone_with_its_unfinished_sessions(sandbox: SandboxProcess, api: Api) -> None:
    made = sandbox.make_event()
    assert api.delete(f"/organization/events/{made.event_id}").status == 204
    assert api.get(f"/organization/events/{made.event_id}").status == 404
    assert api.get(f"/eventsessions/{made.session_id}").status == 404
    assert api.delete(f"/organization/events/{made.event_id}").status == 404


def test_an_event_moves_to_another_employee(sandbox: SandboxProcess, api: Api) -> None:
    made = sandbox.make_event()
    assert api.put(f"/organization/events/{made.event_id}/move", userId=7002).status == 204
    assert api.get(f"/organization/events/{made.event_id}").body["createUserId"] == 7002
    assert api.put(f"/organization/events/{made.event_id}/move").status == 400
    assert api.put(f"/organization/events/{made.event_id}/move", userId=1).status == 404


def test_another_organisations_event_is_not_found(sandbox: SandboxProcess, api: Api) -> None:
    other = Api(sandbox, sandbox.set_key(organization="Other")["key"])
    made = sandbox.make_event()
    assert other.get(f"/organization/events/{made.event_id}").status == 404
    assert other.register(made.session_id, "a@example.com").status == 404
