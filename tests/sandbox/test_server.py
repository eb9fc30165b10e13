from __future__ import annotations

import smtplib
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests

from registrations.sandbox.server import PortBusy, _listen
from tests.sandbox.api import Api
from tests.sandbox.process import ROOT, SandboxProcess

pytestmark = pytest.mark.processes


def test_it_stops_at_once_and_cleanly_whatever_hangs() -> None:
    process = SandboxProcess()
    process.fault("*", "latency", seconds=60, count=None)
    process.smtp_fault("helo", "hang", seconds=60)
    with pytest.raises(requests.exceptions.ReadTimeout):
        requests.get(f"{process.api_url}/timezones", headers={"x-auth-token": process.api_key}, timeout=0.1)
    client = smtplib.SMTP(process.smtp_host, process.smtp_port, local_hostname="client", timeout=0.1)
    with pytest.raises((TimeoutError, smtplib.SMTPServerDisconnected)):
        client.ehlo()
    started = time.monotonic()
    assert process.stop() == 0
    assert time.monotonic() - started < 2
    client.close()


@pytest.mark.parametrize("option", ["--port", "--smtp-port"])
def test_a_busy_port_is_a_clear_line_and_code_2(sandbox: SandboxProcess, option: str) -> None:
    busy = sandbox.url.rsplit(":", 1)[1] if option == "--port" else str(sandbox.smtp_port)
    other = "--smtp-port" if option == "--port" else "--port"
    command = [sys.executable, "-m", "registrations.sandbox", option, busy, other, "0"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 2
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert busy in line
    assert option in line


def test_the_state_survives_a_restart(tmp_path: Path) -> None:
    state = ("--state", str(tmp_path / "state.json"))
    with SandboxProcess(arguments=state) as process:
        made = process.make_event("Intro")
        link = Api(process).register(made.session_id, "a@example.com", sendEmail=True).body["link"]
    with SandboxProcess(arguments=state) as process:
        (person,) = process.participations("a@example.com")
        assert person["token"] == link.rsplit("/", 1)[1]
        assert len(process.messages("a@example.com")) == 1
        assert process.make_event().event_id > made.event_id


def test_the_public_address_is_used_in_links_and_the_rate_is_on_by_default() -> None:
    with SandboxProcess(rate=2, arguments=["--public-url", "https://rooms.example/"]) as process:
        made = process.make_event()
        assert made.link == f"https://rooms.example/acme/{made.event_id}"
        assert process.switches()["rate"] == 2


def test_a_port_that_cannot_be_had_names_the_option() -> None:
    with pytest.raises(PortBusy, match="--port"):
        _listen("127.0.0.1", 99999, "--port")
