from __future__ import annotations

import time

import pytest

from tests.sandbox.api import Api
from tests.sandbox.process import DEMO_KEY, SandboxProcess


@pytest.mark.parametrize("key", [None, "", "abc", "z" * 32, DEMO_KEY + "0"])
def test_a_missing_or_malformed_key_is_401(sandbox: SandboxProcess, key: str | None) -> None:
    reply = Api(sandbox, key).get("/organization/members")
    assert (reply.status, reply.body) == (401, {"error": {"message": "A Token was not found in the TokenStorage."}})


def test_an_unknown_or_revoked_key_is_403(sandbox: SandboxProcess, api: Api) -> None:
    refused = (403, {"error": {"code": 403, "message": "Invalid apiToken"}})
    reply = Api(sandbox, "f" * 32).get("/organization/members")
    assert (reply.status, reply.body) == refused
    sandbox.set_key(DEMO_KEY, active=False)
    reply = api.get("/organization/members")
    assert (reply.status, reply.body) == refused
    sandbox.switches(unknown_key="401")
    assert api.get("/organization/members").status == 401


def test_the_header_may_be_in_capitals(sandbox: SandboxProcess) -> None:
    reply = Api(sandbox, None).call("GET", "/timezones", headers={"X-AUTH-TOKEN": DEMO_KEY.upper()})
    assert reply.status == 200


def test_a_key_may_lack_a_right(sandbox: SandboxProcess, api: Api) -> None:
    sandbox.set_key(DEMO_KEY, denied=["delete"])
    made = sandbox.make_event()
    person = api.register(made.session_id, "a@example.com").body["participationId"]
    assert api.post("/participations/delete", participationIds=[person]).status == 403
    assert api.put("/participations/kick", participationIds=[person]).status == 200


def test_a_key_may_only_read(sandbox: SandboxProcess) -> None:
    made = sandbox.make_event()
    reader = Api(sandbox, sandbox.set_key(rights=["userapi_events_read", "userapi_participations_read"])["key"])
    assert reader.get(f"/organization/events/{made.event_id}").status == 200
    assert reader.get(f"/eventsessions/{made.session_id}/participations").status == 200
    assert reader.register(made.session_id, "a@example.com").status == 403
    assert reader.get("/organization/members").status == 403


def test_an_unknown_path_says_so_like_symfony(api: Api) -> None:
    reply = api.get("/stats/everything")
    assert reply.status == 404
    assert reply.body["error"]["message"] == 'No route found for "GET /userapi/stats/everything"'


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/events/{event}"),
        ("PUT", "/events/{event}"),
        ("PUT", "/events/{event}/start"),
        ("GET", "/organization/events/{event}/"),
    ],
)
def test_inferred_spellings_are_served_in_lenient_mode_alone(
    sandbox: SandboxProcess,
    api: Api,
    method: str,
    path: str,
) -> None:
    path = path.format(event=sandbox.make_event().event_id)
    reply = api.call(method, path, {"name": "Other"})
    assert (reply.status, "No route found" in reply.text) == (404, True)
    sandbox.switches(mode="lenient")
    assert api.call(method, path, {"name": "Other"}).status in (200, 204)


def test_two_calls_a_second_and_no_more(sandbox: SandboxProcess, api: Api) -> None:
    sandbox.switches(rate=2)
    replies = [api.get("/timezones") for _ in range(3)]
    assert [reply.status for reply in replies] == [200, 200, 429]
    assert replies[2].body == {"error": {"code": 429, "message": "I only allow 2 requests per second. Try again."}}
    assert replies[2].headers["Retry-After"] == "1"
    other = Api(sandbox, sandbox.set_key()["key"])
    assert other.get("/timezones").status == 200


def test_the_limit_may_be_the_organisations_and_without_a_header(sandbox: SandboxProcess, api: Api) -> None:
    sandbox.switches(rate=1, rate_scope="organization", retry_after="absent", rate_window="sliding")
    other = Api(sandbox, sandbox.set_key()["key"])
    assert api.get("/timezones").status == 200
    reply = other.get("/timezones")
    assert reply.status == 429
    assert "Retry-After" not in reply.headers


def test_a_refused_call_does_no_work(sandbox: SandboxProcess, api: Api) -> None:
    made = sandbox.make_event()
    sandbox.switches(rate=1)
    statuses = [api.register(made.session_id, f"p{number}@example.com").status for number in range(3)]
    assert statuses == [201, 429, 429]
    assert len(sandbox.participations()) == 1


def test_json_and_multipart_and_query_are_read_like_forms(sandbox: SandboxProcess, api: Api) -> None:
    made = sandbox.make_event(extra_fields=["City"])
    key = made.fields["City"]
    path = f"/eventsessions/{made.session_id}/register"
    replies = [
        api.call("POST", path, json={"email": "json@example.com", "additionalFields": {key: "Пермь"}, "isAutoEnter": True}),
        api.call("POST", path, files={"email": (None, "parts@example.com"), f"additionalFields[{key}]": (None, "Пермь")}),
        api.call("POST", f"{path}?email=query@example.com&additionalFields[{key}]=%D0%9F%D0%B5%D1%80%D0%BC%D1%8C"),
    ]
    assert [reply.status for reply in replies] == [201, 201, 201]
    assert {person["additionalFields"][key] for person in sandbox.participations()} == {"Пермь"}
    assert sandbox.participations("json@example.com")[0]["isAutoEnter"] is True


def test_an_empty_body_that_claims_to_be_json_is_refused(api: Api) -> None:
    headers = {"Content-Type": "application/json"}
    reply = api.call("POST", "/events", data="", headers=headers)
    assert (reply.status, reply.body) == (400, {"error": {"message": "json is not valid"}})
    assert api.call("POST", "/events", data="{}", headers=headers).body["error"]["fieldErrors"] == {"name": "ERROR_EMPTY"}
    assert api.call("GET", "/timezones", headers=headers).status == 200


def test_doubled_slashes_do_no_harm(api: Api) -> None:
    assert api.get("//timezones").status == 200


def test_the_journal_takes_down_every_call_without_addresses(sandbox: SandboxProcess, api: Api) -> None:
    made = sandbox.make_event()
    before = time.time()
    api.register(made.session_id, "a@example.com")
    api.post(f"/eventsessions/{made.session_id}/invite", users=[{"email": "b@example.com"}, {"email": "c@example.com"}])
    api.get("/nowhere")
    assert sandbox.counters() == {"register": {"201": 1}, "invite": {"201": 1}, "none": {"404": 1}}
    first, second, third = sandbox.calls()
    assert first["time"] >= before - 1
    assert (first["key"], first["name"], first["emails"]) == ("cdef", "register_session", 1)
    assert first["target"] == f"eventsessions/{made.session_id}/register"
    assert (second["route"], second["emails"], third["status"]) == ("invite", 2, 404)
    assert "@" not in str(sandbox.calls())
    assert [call["name"] for call in sandbox.calls("invite")] == ["invite_session"]
