"""The product as it runs in production, beside a bare site on the same server, in a world that costs next to nothing."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit

import psycopg

from registrations.management.localrun.ports import LOOPBACK, free_ports
from tests.bench.checks import wait
from tests.bench.letters import Letters
from tests.bench.worlds import StubProcess
from tests.processes.asking import Console
from tests.processes.database import StoppableCluster
from tests.processes.running import ROOT, Running
from tests.processes.stack import MadeCampaign, Stack, _procfile, _redis
from tests.processes.visitor import wait_until
from tests.sandbox.process import SandboxProcess

WORKERS = ("seats", "mails", "rest")
QUESTIONS = [
    {"key": "company", "label": "Company", "type": "text", "required": True},
    {"key": "role", "label": "Role", "type": "choice", "required": True, "choices": "Engineer\nManager\nStudent"},
]
DEFAULT_PACE = 2.0
NO_LIMIT = 100_000.0


class BenchConsole(Console):
    """The console with a benchmark's own questions."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.console"],
            cwd=ROOT,
            env=environment,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )


class Worker(Running):
    """A process whose memory can be read."""

    def megabytes(self) -> float:
        """What it and its children hold in memory (RSS)."""
        assert self._process is not None
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().split()
        return sum(_resident(pid) for pid in (str(self._process.pid), *children)) / 1024


class BenchStack(Stack):
    """The whole product and, as `bare`, the bare site with a copy of its database.

    Both campaigns ask two questions; `campaign` lets people go in bulk, `singly` never does. Use it in a `with` statement.
    """

    next_number: ClassVar[int] = 1
    sandbox: StubProcess | SandboxProcess  # type: ignore[assignment]
    campaign: MadeCampaign
    singly: MadeCampaign

    def __init__(self, world: StubProcess | SandboxProcess, *, postgres: StoppableCluster | None = None) -> None:
        super().__init__(postgres=postgres, lease_seconds=60)
        self.sandbox = world
        self.name = "PostgreSQL" if postgres is not None else "SQLite"
        self.processes: dict[str, Worker] = {}  # type: ignore[assignment]
        self.ids: dict[str, int] = {}
        self.arrived_before = 0
        self.bare_url = ""
        self.letters = self._folder / "letters.json"

    def __enter__(self) -> BenchStack:
        super().__enter__()
        return self

    def _start(self) -> None:
        web_port, bare_port, redis_port = free_ports(3)
        self.url, self.bare_url = f"http://{LOOPBACK}:{web_port}", f"http://{LOOPBACK}:{bare_port}"
        self.redis_url = f"redis://{LOOPBACK}:{redis_port}"
        self.environment = self._environment(web_port, redis_port)
        commands = _procfile()
        self.processes["redis"] = self._process("redis", _redis(redis_port))
        for name, command in commands.items():
            self.processes[name] = self._process(name, command)
        self.processes["redis"].start()
        subprocess.run(
            [sys.executable, "manage.py", "migrate", "--verbosity=0"], cwd=ROOT, env=self.environment, check=True, timeout=120
        )
        bare = self._copy_database(self._make_world)
        bare_environment = bare | self._bare_environment(bare_port)
        command = [part.replace("regsite.wsgi", "tests.bench.bare.wsgi") for part in commands["web"]]
        self.processes["bare"] = Worker("bare", command, environment=bare_environment, folder=self._folder)
        self._exits.callback(self.processes["bare"].kill)
        self.ask = self._console(self.environment)
        self.ask_bare = self._console(bare_environment | {"DJANGO_SETTINGS_MODULE": "regsite.settings"})
        for process in self.processes.values():
            process.start()
        wait_until(self.is_ready, "the site to be ready", seconds=60)
        self._take_sample()

    def _process(self, name: str, command: Any) -> Worker:
        process = Worker(name, command, environment=self.environment, folder=self._folder)
        self._exits.callback(process.kill)
        return process

    def _console(self, environment: dict[str, str]) -> Any:
        console = BenchConsole(environment)
        self._exits.callback(console.close)
        return console.ask

    def _make_world(self) -> None:
        """One account, one session, and two campaigns of it."""
        console = BenchConsole(self.environment)
        self.ask = console.ask
        try:
            self.account_id = self.make_account(self.sandbox.api_key)
            event = self.sandbox.event if isinstance(self.sandbox, StubProcess) else self.sandbox.make_event()
            self.campaign = self.make_campaign(event=event)
            self.singly = self.make_campaign(event=event)
            for campaign, bulk in ((self.campaign, "queue"), (self.singly, "never")):
                self.ids[campaign.slug] = self.ask("set_up_campaign", slug=campaign.slug, bulk=bulk, questions=QUESTIONS)
        finally:
            console.close()

    def _copy_database(self, make_world: Any) -> dict[str, str]:
        """Have the world made, then copy the database; the environment that leads to the copy."""
        make_world()
        folder = self._folder / "bare"
        folder.mkdir()
        for path in self._folder.iterdir():
            if path.is_file() and path.suffix != ".log":
                shutil.copy(path, folder)
        environment = self.environment | {"DATA_DIR": str(folder)}
        if self.postgres is None:
            return environment
        parts = urlsplit(self.postgres.url)
        with psycopg.connect(parts._replace(path="/template1").geturl(), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE bare TEMPLATE {parts.path[1:]}")
        return environment | {"DATABASE_URL": parts._replace(path="/bare").geturl()}

    def _bare_environment(self, port: int) -> dict[str, str]:
        ids = self.ids[self.campaign.slug]
        return {
            "PORT": str(port),
            "DJANGO_SETTINGS_MODULE": "tests.bench.bare.settings",
            "BENCH_CAMPAIGN": ",".join(str(ids[name]) for name in ("campaign", "account", "event", "session")),
            **self.outside_environment(),
        }

    def outside_environment(self) -> dict[str, str]:
        """Where whatever is measured beside the product finds platform and mail server, and its letters."""
        register = f"{self.sandbox.api_url}/eventsessions/{self.campaign.event.session_id}/register"
        return {"BENCH_REGISTER_URL": register, "BENCH_LETTERS": str(self.letters)}

    def rival_environment(self) -> dict[str, str]:
        """For a process that does the same with this stack's mail server and platform, and has no database."""
        return self.environment | self.outside_environment()

    @staticmethod
    def numbers(count: int) -> int:
        """The first of so many numbers of people that nobody has used, on any stack."""
        first = BenchStack.next_number
        BenchStack.next_number += count
        return first

    def _take_sample(self) -> None:
        """One person's way shows that the workers listen; their mail shows what a link mail looks like."""
        first = self.numbers(1)
        self.ask("record_people", campaign_id=self.ids[self.singly.slug]["campaign"], first=first, count=1)
        self.finish()
        self.arrived_before = 1
        if isinstance(self.sandbox, StubProcess):
            mail = self.sandbox.newest()[-1]
            Letters.from_sample(mail.parts(), address=mail.to, link=mail.link).write(self.letters)

    def wait_until_done(self, *, seconds: float = 1200.0) -> None:
        """Wait until no step of anybody is open. Raises WrongOutcome."""
        wait(lambda: not self.ask("open_work_of_all"), f"everybody on {self.name} to be done", seconds=seconds)

    def finish(self) -> None:
        """Have everything that waits worked off as fast as it goes."""
        self.ask("set_pace", calls_per_second=NO_LIMIT)
        self.ask("let_loose")
        self.wait_until_done()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Nothing of this stack runs but what the block asks for: its processes are frozen before and after."""
        for process in self.processes.values():
            process.resume()
        try:
            yield
        finally:
            self.freeze()

    def freeze(self) -> None:
        """Stop the clock for everything of this stack."""
        for process in self.processes.values():
            if process.is_alive:
                process.suspend()

    def describe(self) -> str:
        """Database and version."""
        return str(self.ask("versions"))


def _resident(pid: str) -> int:
    """Kilobytes."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    return 0
