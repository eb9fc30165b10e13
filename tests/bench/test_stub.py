"""The stub answers as the sandbox does, or what is measured against it would mean nothing."""

from __future__ import annotations

import json
import smtplib
import time
from collections.abc import Iterator
from email.message import EmailMessage
from typing import Any
from urllib.parse import urlencode
from urllib.request import ProxyHandler, Request, build_opener

import pytest

from tests.bench.worlds import StubProcess
from tests.sandbox.process import MadeEvent, SandboxProcess


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxProcess]:
    with SandboxProcess() as process:
        yield process


@pytest.fixture(scope="module")
def stub_process() -> Iterator[StubProcess]:
    with StubProcess() as process:
        yield process


@pytest.fixture
def stub(stub_process: StubProcess) -> StubProcess:
    stub_process.reset()
    return stub_process


def call(world: StubProcess | SandboxProcess, path: str, form: dict[str, str] | None = None) -> tuple[int, Any]:
    data = urlencode(form).encode() if form else None
    request = Request(world.api_url + path, data=data, headers={"x-auth-token": world.api_key})
    with build_opener(ProxyHandler({})).open(request, timeout=10) as answer:
        return answer.status, json.loads(answer.read())


def shape(value: Any) -> Any:
    """The names and kinds of everything in an answer."""
    if isinstance(value, dict):
        return {name: shape(item) for name, item in value.items()}
    if isinstance(value, list):
        return [shape(item) for item in value]
    return type(value).__name__


def answers(world: StubProcess | SandboxProcess, event: MadeEvent) -> dict[str, Any]:
    place = f"/eventsessions/{event.session_id}"
    people = {"users[0][email]": "Bea@example.com", "users[1][email]": "anna@example.com", "sendEmail": "false"}
    return {
        "register": call(world, f"{place}/register", {"email": "anna@example.com", "sendEmail": "false"}),
        "again": call(world, f"{place}/register", {"email": "Anna@example.com", "sendEmail": "false"}),
        "invite": call(world, f"{place}/invite", people),
        "participations": call(world, f"{place}/participations?page=1&perPage=50"),
        "session": call(world, place),
        "event": call(world, f"/organization/events/{event.event_id}"),
        "members": call(world, "/organization/members?role=admin&page=1&perPage=10"),
    }


def test_every_answer_has_the_sandboxs_shape(stub: StubProcess, sandbox: SandboxProcess) -> None:
    ours, theirs = answers(stub, stub.event), answers(sandbox, sandbox.make_event("Webinar"))

    assert {name: (status, shape(body)) for name, (status, body) in ours.items()} == {
        name: (status, shape(body)) for name, (status, body) in theirs.items()
    }
    assert ours["register"] == ours["again"]
    for known in (ours, theirs):
        assert [row["email"] for row in known["invite"][1]] == ["bea@example.com" if known is ours else "Bea@example.com"]
        assert {row["email"].lower() for row in known["participations"][1]} == {"anna@example.com", "bea@example.com"}
        token = known["register"][1]["link"].rpartition("/")[2]
        assert token in {row["url"] for row in known["participations"][1]}


def test_it_counts_each_person_of_a_call_and_each_mail(stub: StubProcess) -> None:
    answers(stub, stub.event)
    message = EmailMessage()
    message["To"], message["From"], message["Subject"] = "anna@example.com", "us@example.com", "Link"
    message.set_content(".\nA dot begins this mail.\n")
    with smtplib.SMTP(stub.smtp_host, stub.smtp_port) as server:
        server.send_message(message)
        server.send_message(message, to_addrs=["nobody@example.com"])

    state = stub.state()
    assert (state["people"], state["named"], state["named_twice"]) == (2, 4, 1)
    assert (state["mails"], state["recipients"], state["strangers"]) == (2, 2, 1)
    assert stub.mails()["mails"] == 2
    newest = stub.newest()
    assert [mail.to for mail in newest] == ["anna@example.com", "nobody@example.com"]
    assert newest[0].link
    assert not newest[0].has_own_link


def test_it_takes_its_time_when_told_to(stub: StubProcess) -> None:
    stub.reset(latency=0.2)
    began = time.monotonic()
    call(stub, f"/eventsessions/{stub.event.session_id}")

    assert time.monotonic() - began >= 0.2
