"""`manage.py drain [--watch]`: work off what is due in this process, without a broker."""

from __future__ import annotations

import signal
import threading
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from registrations.services import draining


class Command(BaseCommand):
    help = "Register people and send mails that are due, in this process; with --watch until it is stopped."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--watch", action="store_true", help="keep going until SIGTERM or Ctrl-C")

    def handle(self, *args: Any, watch: bool, **options: Any) -> None:
        if not watch:
            draining.once()
            return
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        draining.watch(stop)
