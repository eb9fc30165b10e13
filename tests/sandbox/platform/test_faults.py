from __future__ import annotations

import time
from collections.abc import Callable

import pytest
import requests

from tests.sandbox.api import Api
from tests.sandbox.process import MadeEvent, SandboxProcess


@pytest.fixture
def made(sandbox: SandboxProcess) -> MadeEvent:
    return sandbox.make_event()


def until(condition: Callable[[], bool], seconds: float = 5) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


@pytest.mark.parametrize(("kind", "people"), [("status", 0), ("status_before_work", 0), ("status_after_work", 1)])
def test_a_status_comes_before_or_after_the_work(
    sandbox: SandboxProcess,
    api: Api,
    made: MadeEvent,
    kind: str,
    people: int,
) -> None:
    sandbox.fault("register", kind, status=503, retry_after=7, body="busy")
    reply = api.register(made.session_id, "a@example.com")
    assert (reply.status, reply.text, reply.headers["Retry-After"]) == (503, "busy", "7")
    assert len(sandbox.participations()) == people
    assert api.register(made.session_id, "b@example.com").status == 201


def test_a_fault_hits_as_often_as_asked(sandbox: SandboxProcess, api: Api, made: MadeEvent) -> None:
    sandbox.fault("*", "status", count=2)
    assert [api.get("/timezones").status for _ in range(3)] == [500, 500, 200]
    sandbox.fault("schedule", "status", count=None)
    assert [api.get("/organization/events/schedule").status for _ in range(3)] == [500, 500, 500]
    assert sandbox.faults()[0]["hits"] == 3
    sandbox.clear_faults()
    assert api.get("/organization/events/schedule").status == 200


def test_a_fault_may_be_meant_for_one_address(sandbox: SandboxProcess, api: Api, made: MadeEvent) -> None:
    sandbox.fault("*", "status", status=400, match_email="Bad@example.com", count=None)
    assert api.register(made.session_id, "good@example.com").status == 201
    assert api.register(made.session_id, "bad@example.com").status == 400
    users = [{"email": "other@example.com"}, {"email": "BAD@example.com"}]
    assert api.post(f"/eventsessions/{made.session_id}/invite", users=users).status == 400


@pytest.mark.parametrize(
    ("route", "path", "method"),
    [
        ("members", "/organization/members", "GET"),
        ("session", "/eventsessions/{session}", "GET"),
        ("event_read", "/organization/events/{event}", "GET"),
        ("participations", "/eventsessions/{session}/participations", "GET"),
        ("moderate", "/events/{event}/moderate", "PUT"),
        ("delete", "/participations/delete", "POST"),
    ],
)
def test_every_group_can_be_named(
    sandbox: SandboxProcess,
    api: Api,
    made: MadeEvent,
    route: str,
    path: str,
    method: str,
) -> None:
    sandbox.fault(route, "status", status=418, count=None)
    assert api.call(method, path.format(session=made.session_id, event=made.event_id)).status == 418
    assert api.get("/timezones").status == 200


def test_latency_holds_up_the_work(sandbox: SandboxProcess, api: Api, made: MadeEvent) -> None:
    sandbox.fault("register", "latency", seconds=0.3)
    started = time.monotonic()
    assert api.register(made.session_id, "a@example.com").status == 201
    assert time.monotonic() - started >= 0.3


def test_the_work_is_done_even_if_the_caller_gives_up(sandbox: SandboxProcess, api: Api, made: MadeEvent) -> None:
    sandbox.fault("register", "latency", seconds=0.3)
    with pytest.raises(requests.exceptions.ReadTimeout):
        requests.post(
            f"{api.base}/eventsessions/{made.session_id}/register",
            headers=api.headers,
            data={"email": "a@example.com"},
            timeout=0.1,
        )
    assert sandbox.participations() == []
    assert until(lambda: len(sandbox.participations()) == 1)


@pytest.mark.parametrize(("kind", "people"), [("drop_before_work", 0), ("drop_after_work", 1)])
def test_the_connection_is_cut_before_or_after_the_work(
    sandbox: SandboxProcess,
    api: Api,
    made: MadeEvent,
    kind: str,
    people: int,
) -> None:
    sandbox.fault("register", kind)
    with pytest.raises(requests.exceptions.ConnectionError):
        api.register(made.session_id, "a@example.com")
    assert len(sandbox.participations()) == people
    assert until(lambda: sandbox.counters() == {"register": {"0": 1}})


def test_late_work_happens_after_the_connection_is_gone(sandbox: SandboxProcess, api: Api, made: MadeEvent) -> None:
    sandbox.fault("register", "late_work", seconds=0.3)
    with pytest.raises(requests.exceptions.ConnectionError):
        api.register(made.session_id, "a@example.com")
    assert sandbox.participations() == []
    assert until(lambda: len(sandbox.participations()) == 1)


def test_late_work_may_answer_a_status_at_once(sandbox: SandboxProcess, api: Api, made: MadeEvent) -> None:
    sandbox.fault("register", "late_work", seconds=0.1, status=504)
    assert api.register(made.session_id, "a@example.com").status == 504
    assert until(lambda: len(sandbox.participations()) == 1)


def test_a_reset_cancels_late_work(sandbox: SandboxProcess, api: Api, made: MadeEvent) -> None:
    sandbox.fault("register", "late_work", seconds=0.1, status=504)
    api.register(made.session_id, "a@example.com")
    sandbox.reset()
    time.sleep(0.3)  # nothing must happen, so there is nothing to wait for
    assert sandbox.participations() == []


def test_an_html_page_and_an_empty_body_are_no_json(sandbox: SandboxProcess, api: Api, made: MadeEvent) -> None:
    sandbox.fault("register", "html")
    reply = api.register(made.session_id, "a@example.com")
    assert (reply.status, reply.headers["Content-Type"].split(";")[0], reply.body) == (502, "text/html", None)
    assert sandbox.participations() == []
    sandbox.fault("register", "empty")
    reply = api.register(made.session_id, "a@example.com")
    assert (reply.status, reply.text) == (201, "")
    assert len(sandbox.participations()) == 1


def test_a_huge_answer_is_huge(sandbox: SandboxProcess, api: Api, made: MadeEvent) -> None:
    sandbox.fault("participations", "huge", size=1_000_000)
    reply = api.get(f"/eventsessions/{made.session_id}/participations")
    assert len(reply.text) >= 1_000_000
    assert reply.body == []


def test_an_answer_may_drip(sandbox: SandboxProcess, api: Api, made: MadeEvent) -> None:
    sandbox.fault("register", "drip", seconds=0.4)
    started = time.monotonic()
    reply = api.register(made.session_id, "a@example.com")
    assert set(reply.body) == {"participationId", "link", "contactId"}
    assert time.monotonic() - started >= 0.4


def test_links_go_wrong_in_three_ways(sandbox: SandboxProcess, api: Api, made: MadeEvent) -> None:
    path = f"/eventsessions/{made.session_id}/invite"
    sandbox.fault("invite", "bad_link")
    assert api.post(path, users=[{"email": "a@example.com"}]).body[0]["link"] == "not a link"
    sandbox.fault("invite", "foreign_link")
    foreign = api.post(path, users=[{"email": "b@example.com"}]).body[0]["link"]
    assert foreign == f"https://links.example.net/acme/{made.event_id}/{sandbox.participations('b@example.com')[0]['token']}"
    sandbox.fault("invite", "no_link")
    assert "link" not in api.post(path, users=[{"email": "c@example.com"}]).body[0]
    sandbox.fault("participations", "no_link")
    assert all("url" not in row for row in api.get(f"/eventsessions/{made.session_id}/participations").body)


def test_a_neighbours_record_is_answered(sandbox: SandboxProcess, api: Api, made: MadeEvent) -> None:
    other = api.register(made.session_id, "other@example.com").body
    sandbox.fault("register", "neighbour")
    assert api.register(made.session_id, "a@example.com").body == other
    assert len(sandbox.participations("a@example.com")) == 1
    sandbox.fault("invite", "neighbour")
    (row,) = api.post(f"/eventsessions/{made.session_id}/invite", users=[{"email": "b@example.com"}]).body
    assert (row["email"], row["link"]) == ("b@example.com", other["link"])


def test_a_neighbour_is_made_up_when_there_is_none(sandbox: SandboxProcess, api: Api, made: MadeEvent) -> None:
    sandbox.fault("register", "neighbour")
    link = api.register(made.session_id, "a@example.com").body["link"]
    assert link != sandbox.participations("a@example.com")[0]["link"]
    assert link in [person["link"] for person in sandbox.participations()]


@pytest.mark.parametrize(
    "wanted",
    [
        {"route": "register", "kind": "explode"},
        {"route": "nowhere", "kind": "status"},
        {"kind": "status", "status": "x"},
        {"kind": "status", "status": 99},
        {"kind": "status", "colour": "red"},
        {"kind": "latency", "seconds": -1},
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(sandbox: SandboxProcess, wanted: dict[str, object]) -> None:
    with pytest.raises(RuntimeError, match="400"):
        sandbox.request("POST", "/sandbox/api/faults", wanted)
    assert sandbox.faults() == []
