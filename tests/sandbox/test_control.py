from __future__ import annotations

import pytest
import requests

from registrations.sandbox.platform.switches import NUMBERS, SWITCHES
from tests.sandbox.api import Api
from tests.sandbox.process import SandboxProcess


def test_every_switch_has_its_default_and_can_take_every_value(sandbox: SandboxProcess) -> None:
    settings = sandbox.request("GET", "/sandbox/api/switches")
    assert settings == {switch.name: switch.values[0] for switch in SWITCHES} | {"rate": 0.0, "capacity": 0}
    for switch in SWITCHES:
        for value in switch.values:
            assert sandbox.switches(**{switch.name: value})[switch.name] == value
    described = sandbox.request("GET", "/sandbox/api/switches?describe=1")
    assert {item["name"] for item in described} == {switch.name for switch in SWITCHES} | set(NUMBERS)


@pytest.mark.parametrize("wanted", [{"mode": "wild"}, {"colour": "red"}, {"rate": -1}, {"rate": "fast"}, {"capacity": True}])
def test_a_wrong_switch_changes_nothing(sandbox: SandboxProcess, wanted: dict[str, object]) -> None:
    with pytest.raises(RuntimeError, match="400"):
        sandbox.switches(contact_id="absent", **wanted)
    assert sandbox.switches()["contact_id"] == "present"


def test_a_status_may_be_given_as_a_number(sandbox: SandboxProcess) -> None:
    assert sandbox.switches(invite_code=200, send_email_default=False)["invite_code"] == "200"


def test_a_reset_forgets_all_but_never_reuses_an_id(sandbox: SandboxProcess, api: Api) -> None:
    made = sandbox.make_event()
    first = api.register(made.session_id, "a@example.com", sendEmail=True).body
    sandbox.switches(contact_id="absent", rate=9)
    sandbox.fault("*", "status", count=None)
    sandbox.smtp_fault("mail", count=None)
    sandbox.set_key("e" * 32)
    sandbox.reset()
    assert (sandbox.participations(), sandbox.messages(), sandbox.faults(), sandbox.calls()) == ([], [], [], [])
    assert sandbox.request("GET", "/sandbox/api/smtp-faults") == []
    assert sandbox.switches()["rate"] == 0
    assert [key["label"] for key in sandbox.request("GET", "/sandbox/api/keys")] == ["demo"]
    again = sandbox.make_event()
    assert again.event_id > made.event_id
    assert api.register(again.session_id, "a@example.com").body["participationId"] > first["participationId"]


def test_an_event_made_here_leaves_no_trace_in_the_journal(sandbox: SandboxProcess) -> None:
    sandbox.switches(rate=1)
    sandbox.fault("*", "status", count=None)
    made = sandbox.make_event("Course", sessions=3, extra_fields=["City"])
    assert len(made.session_ids) == 3
    assert list(made.fields) == ["City"]
    assert sandbox.calls() == []


def test_bad_parameters_of_an_event_are_reported(sandbox: SandboxProcess) -> None:
    with pytest.raises(RuntimeError, match="fieldErrors"):
        sandbox.request("POST", "/sandbox/api/events", {"event": {}})


def test_people_can_be_found_by_address_or_event(sandbox: SandboxProcess, api: Api) -> None:
    first, second = sandbox.make_event(), sandbox.make_event()
    for made in (first, second):
        api.register(made.session_id, "Ivan@example.com")
    assert len(sandbox.participations("IVAN@example.com")) == 2
    (found,) = sandbox.request("GET", f"/sandbox/api/participations?event={second.event_id}")
    assert found["eventId"] == second.event_id


def test_the_journal_can_be_forgotten(sandbox: SandboxProcess, api: Api) -> None:
    api.get("/timezones")
    assert sandbox.request("DELETE", "/sandbox/api/calls") == {"cleared": True}
    assert (sandbox.calls(), sandbox.counters()) == ([], {})


@pytest.mark.parametrize("body", ["{", "[]", "3"])
def test_what_is_no_json_object_is_refused(sandbox: SandboxProcess, body: str) -> None:
    answer = requests.post(f"{sandbox.url}/sandbox/api/faults", data=body, timeout=10)
    assert answer.status_code == 400
    assert answer.json()["error"]


@pytest.mark.parametrize("wanted", [{"key": "short"}, {"rights": "all"}, {"denied": [1]}, {"colour": "red"}])
def test_a_key_that_makes_no_sense_is_refused(sandbox: SandboxProcess, wanted: dict[str, object]) -> None:
    with pytest.raises(RuntimeError, match="400"):
        sandbox.set_key(**wanted)
    assert len(sandbox.request("GET", "/sandbox/api/keys")) == 1


def test_an_unknown_call_is_said_to_be_unknown(sandbox: SandboxProcess) -> None:
    answer = requests.get(f"{sandbox.url}/sandbox/api/nothing", timeout=10)
    assert (answer.status_code, "no such call" in answer.json()["error"]) == (404, True)
