"""`manage.py sandbox`: the stand-ins for the webinar platform and the mailbox, in one process of their own."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from registrations.sandbox.options import add_arguments, read_options
from registrations.sandbox.server import run


class Command(BaseCommand):
    """Runs until it is stopped. Exit code 2 when a port is busy or the state file cannot be read."""

    help = "Run the stand-ins for the webinar platform and the mailbox."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Those of `python -m registrations.sandbox`."""
        add_arguments(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Serve."""
        sys.exit(run(read_options(options)))
