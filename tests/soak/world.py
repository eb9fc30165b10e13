"""The whole product with a fault proxy between it and everything that it talks to."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.processes.asking import Console
from tests.processes.database import StoppableCluster
from tests.processes.running import ROOT, Running
from tests.processes.stack import Stack
from tests.soak.proxy import LOOPBACK, FaultProxy, ProxyHost

SABOTAGE = Path(__file__).parent / "sabotage"


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


class SoakStack(Stack):
    """A stack on PostgreSQL whose processes reach everything through proxies, with `drain --watch` beside the workers.

    `sabotage` names a promise's guard that the product is to run without; see `sabotage/sitecustomize.py`.
    """

    def __init__(self, *, postgres: StoppableCluster, lease_seconds: int = 2, sabotage: str = "") -> None:
        super().__init__(postgres=postgres, lease_seconds=lease_seconds)
        self.cluster = postgres
        self._sabotage = sabotage
        self.proxies: dict[str, FaultProxy] = {}
        self.processes: dict[str, Victim] = {}  # type: ignore[assignment]
        self.redis_port = 0

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
        return super()._environment(web_port, redis_port)

    def _proxied(self) -> dict[str, str]:
        """The environment of what may meet faults; the console and the migrations go straight to the database."""
        smtp, redis = self.proxies["smtp"].port, self.proxies["redis"].port
        database = urlsplit(self.cluster.url)
        return self.environment | {
            "DATABASE_URL": database._replace(netloc=f"postgres@{LOOPBACK}:{self.proxies['database'].port}").geturl(),
            "REDIS_URL": f"redis://{LOOPBACK}:{redis}/0",
            "EMAIL_URL": f"smtp://{LOOPBACK}:{smtp}",
            "EMAIL_TIMEOUT": "10",
            "PYTHONPATH": f"{SABOTAGE}{os.pathsep}{ROOT}" if self._sabotage else str(ROOT),
            "SOAK_SABOTAGE": self._sabotage,
        }

    def _process(self, name: str, command: Sequence[str]) -> Victim:
        process = Victim(name, command, environment=self._proxied(), folder=self._folder)
        self._exits.callback(process.kill)
        return process

    def make_account(self, api_key: str, *, unique_by_email: bool = True) -> int:
        """An account whose calls go through the proxy, and whose links lead to the sandbox itself."""
        base_url = f"http://{LOOPBACK}:{self.proxies['platform'].port}/v3"
        account_id = int(
            self.query("make_account", name="Soak", base_url=base_url, api_key=api_key, unique_by_email=unique_by_email)
        )
        self.query("trust_links_of", account_id=account_id, host=urlsplit(self.sandbox.url).netloc)
        return account_id

    def owner_of_port(self, port: int) -> tuple[str, int] | None:
        """The name of the process of ours that a client's port belongs to, and the id of its part that holds it."""
        inode = _inode_of_port(port)
        for name, process in self.processes.items():
            for pid in (process.pid, *process.children()):
                if inode and inode in _sockets(pid):
                    return name, pid
        return None

    def flush_redis(self) -> None:
        """Forget every ring. Raises OSError when Redis is away."""
        with socket.create_connection((LOOPBACK, self.redis_port), timeout=1) as client:
            client.sendall(b"FLUSHALL\r\n")
            client.recv(100)

    def all_messages(self) -> list[dict[str, Any]]:
        """Every raw copy in the mailbox, oldest first."""
        found: list[dict[str, Any]] = self.sandbox.request("GET", "/mailbox/api/messages?limit=20000")
        return found


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


def kill_one(pid: int) -> None:
    """`kill -9` of one process, as the kernel does when memory runs out."""
    os.kill(pid, signal.SIGKILL)
