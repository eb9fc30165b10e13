"""`manage.py run`: the whole product on this machine, with stand-ins for the outside world."""

from __future__ import annotations

import os
import signal
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from registrations.management.localrun.leash import die_with
from registrations.management.localrun.local_run import CANNOT_START, LocalRun
from registrations.management.localrun.sole_run import AlreadyRunning, sole_run


class Command(BaseCommand):
    """Starts everything and serves until Ctrl-C; PORT and SANDBOX_PORT say where.

    Exit code 2 when one of them cannot be used, or another run holds the data folder.
    """

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
            with sole_run(settings.DATA_DIR):
                LocalRun().run()
        except AlreadyRunning as error:
            raise CommandError(str(error), returncode=CANNOT_START) from error
        except KeyboardInterrupt:
            # Pressed before anything was started.
            return
