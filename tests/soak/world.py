"""The whole product with a fault proxy between it and everything that it talks to."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.processes.asking import Console
from tests.processes.database import StoppableCluster
from tests.processes.running import ROOT, STOP_SECONDS, Running
from tests.processes.stack import MadeCampaign, Stack
from tests.processes.visitor import wait_until
from tests.soak.handovers import HandOvers
from tests.soak.proxy import LOOPBACK, FaultProxy, ProxyHost

INSIDE = Path(__file__).parent / "inside"
"""What processes find at their start; see its `sitecustomize`."""
TWINS = ("seats", "mails", "schedule")
"""What runs twice, as production may run any number of it."""
WRONG_CLOCKS = {"seats2": 3 * 3600, "mails2": -3 * 3600}
"""Seconds by which some machines' clocks are ahead where clocks are wrong."""


class SoakConsole(Console):
    """The console with a soak's own questions; any thread may ask."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._one_at_a_time = threading.Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.soak.console"],
            cwd=ROOT,
            env=environment,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def ask(self, command: str, **arguments: Any) -> Any:
        with self._one_at_a_time:
            return super().ask(command, **arguments)


class Victim(Running):
    """A process that can be found by what belongs to it."""

    @property
    def pid(self) -> int:
        return self._process.pid if self._process is not None else 0

    def children(self) -> list[int]:
        """The processes that it started itself and that live."""
        try:
            return [int(pid) for pid in Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()]
        except OSError:
            return []

    def ask_to_end(self) -> bool:
        """SIGTERM, as a deployment says it; False if it did not listen in time and was killed."""
        self.resume()
        process = self._process
        if process is None:
            return True
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            return False
        return True

    def change(self, **environment: str) -> None:
        """What its next start finds in its environment."""
        self._environment = {**self._environment, **environment}


class SoakStack(Stack):
    """A stack on PostgreSQL whose processes reach everything through proxies, some of them twice, with `drain --watch` beside.

    `policy` is what becomes of a mail that may be out; with `wrong_clocks` some machines' clocks are hours away; `sabotage`
    names a promise's guard that the product is to run without, see `inside/missing_guard.py`.
    """

    def __init__(
        self,
        *,
        postgres: StoppableCluster,
        lease_seconds: int = 2,
        policy: str = "resend",
        wrong_clocks: bool = False,
        sabotage: str = "",
    ) -> None:
        super().__init__(postgres=postgres, lease_seconds=lease_seconds)
        self.cluster = postgres
        self.lease_seconds = lease_seconds
        self.policy = policy
        self._wrong_clocks = WRONG_CLOCKS if wrong_clocks else {}
        self._sabotage = sabotage
        self.proxies: dict[str, FaultProxy] = {}
        self.processes: dict[str, Victim] = {}  # type: ignore[assignment]
        self.redis_port = 0
        self.handed_over = HandOvers(self._name_of_owner)

    def __enter__(self) -> SoakStack:
        super().__enter__()
        return self

    def _start(self) -> None:
        self._host = self._exits.enter_context(ProxyHost())
        super()._start()
        self.processes["drain"] = self._process("drain", [sys.executable, "manage.py", "drain", "--watch"])
        self.processes["drain"].start()
        if self._sabotage == "unique":
            self.query("drop_constraints")

    @cached_property
    def query(self) -> Callable[..., Any]:
        """Ask the soak's own console."""
        return self.another_console()

    def another_console(self) -> Callable[..., Any]:
        """A console for questions that may have to wait for somebody else's."""
        console = SoakConsole(self.environment)
        self._exits.callback(console.close)
        return console.ask

    def _environment(self, web_port: int, redis_port: int) -> dict[str, str]:
        self.redis_port = redis_port
        upstreams = {
            "platform": urlsplit(self.sandbox.url).port,
            "smtp": self.sandbox.smtp_port,
            "database": urlsplit(self.cluster.url).port,
            "redis": redis_port,
        }
        for name, port in upstreams.items():
            assert port is not None
            self.proxies[name] = self._host.add(port)
        self.proxies["smtp"].watch(self.handed_over)
        return super()._environment(web_port, redis_port) | {"MAIL_UNCERTAIN_POLICY": self.policy}

    def _proxied(self, name: str) -> dict[str, str]:
        """The environment of what may meet faults; the console and the migrations go straight to the database."""
        smtp, redis = self.proxies["smtp"].port, self.proxies["redis"].port
        database = urlsplit(self.cluster.url)
        return self.environment | {
            "DATABASE_URL": database._replace(netloc=f"postgres@{LOOPBACK}:{self.proxies['database'].port}").geturl(),
            "REDIS_URL": f"redis://{LOOPBACK}:{redis}/0",
            "EMAIL_URL": f"smtp://{LOOPBACK}:{smtp}",
            "EMAIL_TIMEOUT": "10",
            "PYTHONPATH": f"{INSIDE}{os.pathsep}{ROOT}",
            "SOAK_SABOTAGE": self._sabotage,
            "SOAK_CLOCK_AHEAD": str(self._wrong_clocks.get(name, 0)),
        }

    def _process(self, name: str, command: Sequence[str]) -> Victim:
        if name in TWINS:
            twin = [word.replace(f"{name}@", f"{name}2@") for word in command]
            self.processes[f"{name}2"] = self._victim(f"{name}2", twin)
        return self._victim(name, command)

    def _victim(self, name: str, command: Sequence[str]) -> Victim:
        process = Victim(name, command, environment=self._proxied(name), folder=self._folder)
        self._exits.callback(process.kill)
        return process

    def make_account(self, api_key: str, *, unique_by_email: bool = True, calls_per_second: float = 100) -> int:
        """An account whose calls go through the proxy, and whose links lead to the sandbox itself."""
        base_url = f"http://{LOOPBACK}:{self.proxies['platform'].port}/v3"
        account_id = int(
            self.query("make_account", name="Soak", base_url=base_url, api_key=api_key, unique_by_email=unique_by_email)
        )
        host = urlsplit(self.sandbox.url).netloc
        self.query("settle_account", account_id=account_id, link_hosts=host, calls_per_second=calls_per_second)
        return account_id

    def make_campaigns(self, count: int, *, unique: bool = True, calls_per_second: float = 100) -> list[MadeCampaign]:
        """Campaigns, each with an event and an account of its own; `unique` is what we believe of the platform."""
        return [
            self.make_campaign(
                account_id=self.make_account(self.sandbox.api_key, unique_by_email=unique, calls_per_second=calls_per_second)
            )
            for _ in range(count)
        ]

    def shift_clock(self, seconds: float) -> None:
        """Start everything again at another time of the clock that work goes by."""
        self.environment["CLOCK_OFFSET_SECONDS"] = str(seconds)
        del self.query
        others = [process for name, process in self.processes.items() if name != "redis"]
        for process in others:
            process.kill()
            process.change(CLOCK_OFFSET_SECONDS=str(seconds))
        for process in others:
            process.start()
        wait_until(self.is_ready, "the site to be ready", seconds=60)

    def owner_of_port(self, port: int) -> tuple[str, int] | None:
        """The name of the process of ours that a client's port belongs to, and the id of its part that holds it."""
        inode = _inode_of_port(port)
        for name, process in self.processes.items():
            for pid in (process.pid, *process.children()):
                if inode and inode in _sockets(pid):
                    return name, pid
        return None

    def _name_of_owner(self, port: int) -> str:
        owner = self.owner_of_port(port)
        return owner[0] if owner is not None else ""

    def flush_redis(self) -> None:
        """Forget every ring. Raises OSError when Redis is away."""
        with socket.create_connection((LOOPBACK, self.redis_port), timeout=1) as client:
            client.sendall(b"FLUSHALL\r\n")
            if not client.recv(100).startswith(b"+OK"):
                raise OSError("Redis did not forget")

    def all_messages(self, addresses: Iterable[str]) -> tuple[list[dict[str, Any]], int]:
        """Every raw copy in the mailbox to these addresses, and how many mails there were besides."""
        found = [message for address in sorted(set(addresses)) for message in self.sandbox.messages(address)]
        return found, self.sandbox.mails_received() - len(found)


def _inode_of_port(port: int) -> str:
    wanted = f"0100007F:{port:04X}"
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if fields[1] == wanted and fields[9] != "0":
            return fields[9]
    return ""


def _sockets(pid: int) -> set[str]:
    return set(_open_sockets(pid))


def _open_sockets(pid: int) -> Iterator[str]:
    try:
        descriptors = list(Path(f"/proc/{pid}/fd").iterdir())
    except OSError:
        return
    for descriptor in descriptors:
        try:
            target = os.readlink(descriptor)
        except OSError:
            continue
        if target.startswith("socket:["):
            yield target[8:-1]
