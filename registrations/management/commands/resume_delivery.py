"""`manage.py resume_delivery [--yes [--mails send|hold]]`: let a database that was restored from a backup go on."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from registrations import pipeline
from registrations.models import Delivery
from registrations.services import resuming
from registrations.services.resuming import Mails, NotBehind, Report

_NOT_BEHIND = "The database is not behind its witness: there is nothing to resume."
_NEXT = """\
Nothing was changed. To go on:
  manage.py resume_delivery --yes               hold these mails; staff decide about each with “Try again”
  manage.py resume_delivery --yes --mails send  send them, marked as possible second copies"""


class Command(BaseCommand):
    """Without `--yes` it only reports what would leave."""

    help = "Report what a database restored from a backup would do, and with --yes let it go on."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--yes", action="store_true", help="let delivery go on; without it nothing is changed")
        parser.add_argument(
            "--mails",
            choices=[choice.value for choice in Mails],
            default=Mails.HOLD.value,
            help="what becomes of mails that may have been sent after the backup (default: hold)",
        )

    def handle(self, *args: Any, yes: bool, mails: str, **options: Any) -> None:
        try:
            if not yes:
                self.stdout.write(_told(resuming.report()))
                self.stdout.write(_NEXT)
                return
            pipeline.ring(resuming.resume(mails=Mails(mails)))
        except NotBehind:
            self.stdout.write(_NOT_BEHIND)
            return
        self.stdout.write("Delivery goes on: every open registration is looked up at the platform before any call.")
        if Delivery.is_paused():
            self.stdout.write("It is still paused by staff: “Resume everything” on the staff screens ends that.")


def _told(report: Report) -> str:
    kinds = ", ".join(f"{kind} {count}" for kind, count in sorted(report.mails.items())) or "none"
    behind = report.behind
    return "\n".join(
        (
            f"This database was restored from a backup; noticed at {behind.since:%Y-%m-%d %H:%M:%S} UTC.",
            f"  work it does not know of    {behind.missing} ticks ({behind.ticks} here, {behind.witnessed_ticks} seen)",
            f"  mails that would go out     {report.mail_count} ({kinds}); all of them may have been sent already",
            f"  registrations not finished  {report.seats}, looked up at the platform before any call",
            f"  people mailed after that    {report.answers}, some of them perhaps for the second time",
            f"  people who have their place {report.settled}",
            "Whoever signed up after the backup is not known here; `manage.py reconcile` counts them.",
        )
    )
