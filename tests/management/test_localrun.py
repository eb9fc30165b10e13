"""The local run: its ports, its processes, its first person, and that nothing of it stays behind."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from registrations.management.localrun import ports
from registrations.management.localrun.first_signup import NotReady, _FormReader, wait_until
from registrations.management.localrun.parts import parts
from registrations.management.localrun.sole_run import AlreadyRunning, sole_run
from registrations.management.localrun.supervisor import LogFiles

ROOT = Path(__file__).parents[2]
READY_SECONDS = 150


@pytest.fixture
def busy_port() -> Iterator[int]:
    """A port that somebody listens at."""
    with socket.socket() as listener:
        listener.bind((ports.LOOPBACK, 0))
        listener.listen()
        yield listener.getsockname()[1]


def environment(folder: Path, port: int, sandbox_port: int) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "ENV_FILE": os.devnull,
        "DATA_DIR": str(folder),
        "PORT": str(port),
        "SANDBOX_PORT": str(sandbox_port),
    }


def refused(values: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """A run that cannot start: it says why on its way out."""
    run = subprocess.run(
        [sys.executable, "manage.py", "run"], cwd=ROOT, env=values, capture_output=True, text=True, check=False, timeout=60
    )
    assert run.returncode == 2, run.stderr
    assert run.stdout == ""
    return run


def test_a_port_that_is_listened_at_is_not_free(busy_port: int) -> None:
    assert not ports.is_free(busy_port)


def test_free_ports_are_free_and_different() -> None:
    found = ports.free_ports(5)
    assert len(set(found)) == 5
    assert all(ports.is_free(port) for port in found)


def test_a_run_starts_all_that_production_has_and_the_stand_ins() -> None:
    assert set(parts().commands) == {"broker", "sandbox", "web", "seats", "mails", "rest", "schedule"}


def test_mails_of_a_run_reach_its_own_mailbox_only() -> None:
    found = parts()
    smtp_port = re.search(r"--smtp-port (\d+)", found.commands["sandbox"])
    assert smtp_port
    assert found.environment["EMAIL_URL"] == f"smtp://127.0.0.1:{smtp_port.group(1)}"
    assert found.environment["EMAIL_BACKEND"] == ""


def test_the_first_person_sends_what_a_browser_would() -> None:
    page = """
      <form method="get"><input name="language" value="ru"></form>
      <form method="post" action="/c/x/">
        <input type="hidden" name="form_token" value="t&amp;1"><input name="email"><input type="checkbox" name="q_news">
        <input type="radio" name="q_size" value="small"><input type="radio" name="q_size" value="large">
        <select name="q_role"><option value="">…</option><option value="sales">S</option><option value="it">I</option></select>
      </form>
      <form method="post"><input name="other" value="1"></form>
    """
    form = _FormReader(page)
    assert form.action == "/c/x/"
    assert form.values == {"form_token": "t&1", "email": "", "q_size": "small", "q_role": "sales"}


def test_waiting_in_vain_says_for_what() -> None:
    with pytest.raises(NotReady, match="for the moon"):
        wait_until(lambda: False, "the moon", seconds=0.01)


def test_logs_begin_afresh_with_every_run(tmp_path: Path) -> None:
    (tmp_path / "web.log").write_text("yesterday\n")
    assert LogFiles(tmp_path).last_lines("web") == ["yesterday"]
    assert LogFiles(tmp_path).last_lines("nobody") == []


@pytest.mark.parametrize("name", ["PORT", "SANDBOX_PORT"])
def test_a_busy_port_is_told_before_anything_starts(tmp_path: Path, busy_port: int, name: str) -> None:
    free, other = ports.free_ports(2)
    values = environment(tmp_path, free, other) | {name: str(busy_port)}
    run = refused(values)
    assert run.stderr == f"CommandError: Port {busy_port} is in use. Choose another with {name}={busy_port + 1}.\n"
    assert not (tmp_path / "regsite.sqlite3").exists()


@pytest.mark.parametrize("text", ["0", "65536", "-1", "8_000", "８０００", "abc", ""])
def test_what_is_no_port_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="a number from 1 to 65535"):
        ports.number(text)


def test_the_first_and_the_last_port_are_taken() -> None:
    assert (ports.number("1"), ports.number("65535")) == (1, 65535)


@pytest.mark.parametrize(("name", "text"), [("PORT", "80555"), ("PORT", "abc"), ("SANDBOX_PORT", "80555")])
def test_what_is_no_port_is_told_in_one_line(tmp_path: Path, name: str, text: str) -> None:
    free, other = ports.free_ports(2)
    run = refused(environment(tmp_path, free, other) | {name: text})
    assert run.stderr == f"CommandError: {name} must be a number from 1 to 65535, not “{text}”.\n"


def test_site_and_stand_in_cannot_share_a_port(tmp_path: Path) -> None:
    (port,) = ports.free_ports(1)
    run = refused(environment(tmp_path, port, port))
    assert run.stderr == f"CommandError: Port {port} is in use. Choose another with SANDBOX_PORT={port + 1}.\n"


def test_a_second_run_on_the_same_data_is_told_so(tmp_path: Path) -> None:
    with sole_run(tmp_path):
        run = refused(environment(tmp_path, *ports.free_ports(2)))
    assert run.stderr == (
        f"CommandError: regsite runs on {tmp_path} already. Stop it first, or choose another folder with DATA_DIR.\n"
    )
    assert not (tmp_path / "log").exists()


def test_a_data_folder_is_free_again_when_its_run_has_ended(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), sole_run(tmp_path):
        raise ZeroDivisionError
    with sole_run(tmp_path), pytest.raises(AlreadyRunning), sole_run(tmp_path):
        pytest.fail("two runs hold one folder")


class Run:
    """A local run as a process of its own; `output` is the file it writes to."""

    def __init__(self, folder: Path) -> None:
        self.port, self.sandbox_port = ports.free_ports(2)
        self.folder = folder
        self.output = folder / "output"
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "run"],
            cwd=ROOT,
            env=environment(folder, self.port, self.sandbox_port),
            stdout=self.output.open("w"),
            stderr=subprocess.STDOUT,
        )

    def wait_for(self, text: str) -> str:
        """Everything written so far, once the text is in it."""
        return wait_until(lambda: self._written(text), repr(text), seconds=READY_SECONDS)

    def _written(self, text: str) -> str:
        written = self.output.read_text()
        assert text in written or self.process.poll() is None, written
        return written if text in written else ""

    def processes(self) -> list[int]:
        """Everything alive that was started with this run's data folder in its environment."""
        mark = f"DATA_DIR={self.folder}".encode()
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                if mark in (entry / "environ").read_bytes().split(b"\0") and "State:\tZ" not in (entry / "status").read_text():
                    found.append(int(entry.name))
            except OSError:
                continue
        return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One installation for all tests here: making the demo once is enough, and later runs must live with what they find."""
    return tmp_path_factory.mktemp("installation")


@pytest.fixture
def run(folder: Path) -> Iterator[Run]:
    run = Run(folder)
    yield run
    for pid in run.processes():
        os.kill(pid, signal.SIGKILL)
    run.process.wait()


linux_only = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")


@pytest.mark.processes
@linux_only
def test_a_run_signs_somebody_up_says_where_to_look_and_leaves_nothing_behind(run: Run) -> None:
    written = run.wait_for("first sign-up")
    password = (run.folder / "passwords" / "admin").read_text()
    block = f"""\
regsite is ready
  sign-up pages   http://127.0.0.1:{run.port}/
  admin           http://127.0.0.1:{run.port}/admin/   (admin and {password})
  mailbox         http://127.0.0.1:{run.sandbox_port}/mailbox/
  platform        http://127.0.0.1:{run.sandbox_port}/         (API at /v3, demo key)
first sign-up: """
    assert block in written
    assert re.search(r"first sign-up: \S+@\S+ registered in \d+\.\d s, mail delivered in \d+\.\d s\n", written)
    assert len(run.processes()) > 7
    run.process.send_signal(signal.SIGTERM)
    assert run.process.wait(timeout=20) == 0
    assert run.processes() == []
    assert ports.is_free(run.port)
    assert ports.is_free(run.sandbox_port)


@pytest.mark.processes
@linux_only
def test_a_run_that_is_killed_takes_all_its_processes_along(run: Run) -> None:
    run.wait_for("first sign-up")
    run.process.kill()
    run.process.wait()
    wait_until(lambda: not run.processes(), "all processes to end", seconds=10)


@pytest.mark.processes
@linux_only
def test_a_process_that_dies_is_named_and_ends_the_run(run: Run) -> None:
    run.wait_for("first sign-up")
    seats = next(pid for pid in run.processes() if b"seats@%h" in Path(f"/proc/{pid}/cmdline").read_bytes())
    os.kill(seats, signal.SIGKILL)
    assert run.process.wait(timeout=20) == 1
    assert "“seats” ended by itself, so everything was stopped." in run.output.read_text()
    deadline = time.monotonic() + 5
    while run.processes() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert run.processes() == []
