"""A local run from the first check to the last process gone."""

from __future__ import annotations

import os
import signal
import sys

import requests
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connections

from registrations.management.localrun import demo_events, people, ports
from registrations.management.localrun.first_signup import FirstSignUp, NotReady, answers, sign_up, wait_until
from registrations.management.localrun.parts import Parts, parts
from registrations.management.localrun.supervisor import LogFiles, Supervisor
from registrations.services import demo
from registrations.webinar.errors import PlatformError, Throttled
from regsite.celery import app

_WORKERS = 3
# The exit code when nothing was started, because a setting or another run stands in the way.
CANNOT_START = 2
_BLOCK = """\
regsite is ready
  sign-up pages   {site}/
  admin           {site}/admin/   ({login})
  mailbox         {sandbox}/mailbox/
  platform        {sandbox}/         (API at /v3, demo key)
first sign-up: {first.address} registered in {first.registered_after:.1f} s, mail delivered in {first.delivered_after:.1f} s
"""


class LocalRun:
    """Everything on this machine: started, filled with a demo, tried once, and served until a signal comes."""

    def __init__(self) -> None:
        self._site = f"http://{ports.LOOPBACK}:{settings.PORT}"
        self._sandbox = f"http://{ports.LOOPBACK}:{settings.SANDBOX_PORT}"
        self._logs = LogFiles(settings.DATA_DIR / "log")
        self._parts: Parts = parts()
        app.conf.update(broker_url=self._parts.environment["REDIS_URL"])
        self._login = ""
        self._failure = ""

    def run(self) -> None:
        """Returns after a signal. Raises CommandError if it could not start or a process ended by itself."""
        _check_ports()
        _say(f"Starting regsite. Data and logs are in {settings.DATA_DIR}; Ctrl-C stops everything.")
        call_command("migrate", verbosity=0, interactive=False)
        self._login = people.ensure_people()
        # Forked processes must not share this one's connection.
        connections.close_all()
        supervisor = Supervisor(
            commands=self._parts.commands,
            environment=self._parts.environment,
            directory=settings.BASE_DIR,
            logs=self._logs,
            when_started=self._show,
        )
        supervisor.loop()
        if self._failure:
            raise CommandError(f"{self._failure} The logs are in {self._logs.folder}.")
        for name in supervisor.fallen:
            words = "\n".join(f"  {line}" for line in self._logs.last_lines(name))
            raise CommandError(f"“{name}” ended by itself, so everything was stopped. Its last words:\n{words}")
        _say("regsite has stopped.")

    def _show(self) -> None:
        """Fill in the demo, try everything once, and say so; what fails ends the run."""
        try:
            first = self._try_everything()
            _say(_BLOCK.format(site=self._site, sandbox=self._sandbox, login=self._login, first=first).rstrip())
        except (NotReady, PlatformError, requests.RequestException) as error:
            self._failure = f"regsite did not get ready. {error}"
        except BaseException:
            self._failure = "regsite did not get ready."
            raise
        finally:
            connections.close_all()
            if self._failure:
                os.kill(os.getpid(), signal.SIGTERM)

    def _try_everything(self) -> FirstSignUp:
        wait_until(lambda: answers(f"{self._sandbox}/"), "the stand-in platform")
        wait_until(self._demo_is_loaded, "the demo's events")
        wait_until(lambda: answers(f"{self._site}/readyz"), "the site")
        wait_until(self._workers_answer, "the workers")
        return sign_up(page_url=f"{self._site}/c/{demo.CAMPAIGNS[0].slug}/", sandbox_url=self._sandbox)

    def _demo_is_loaded(self) -> bool:
        api_url = f"{self._sandbox}/v3"
        if demo.is_loaded(base_url=api_url):
            return True
        demo_events.ensure_events(api_url)
        try:
            demo.load(base_url=api_url, api_key=demo_events.DEMO_KEY)
        except (demo.DemoFailed, Throttled):
            # The workers may be reading the same account's events: the platform counts all calls together.
            return False
        return True

    def _workers_answer(self) -> bool:
        return len(app.control.ping(timeout=1, limit=_WORKERS) or ()) == _WORKERS


def _check_ports() -> None:
    taken: set[int] = set()
    for name in ("PORT", "SANDBOX_PORT"):
        try:
            port = ports.number(getattr(settings, name))
        except ValueError as error:
            raise CommandError(f"{name} must be {error}.", returncode=CANNOT_START) from error
        if port in taken or not ports.is_free(port):
            raise CommandError(f"Port {port} is in use. Choose another with {name}={port + 1}.", returncode=CANNOT_START)
        taken.add(port)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
