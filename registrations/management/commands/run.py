"""`manage.py run`: the whole product on this machine, with stand-ins for the outside world."""

from __future__ import annotations

import os
import signal
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from registrations.management.localrun.leash import die_with
from registrations.management.localrun.local_run import LocalRun


class Command(BaseCommand):
    """Starts everything and serves until Ctrl-C; PORT and SANDBOX_PORT say where."""

    help = "Run site, workers, broker, a stand-in webinar platform and a mailbox on this machine, with a demo."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--with-parent", action="store_true", help="stop when the process that started this one ends, however it ends"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["with_parent"]:
            die_with(os.getppid(), by=signal.SIGTERM)
        try:
            LocalRun().run()
        except KeyboardInterrupt:
            # Pressed before anything was started.
            return
