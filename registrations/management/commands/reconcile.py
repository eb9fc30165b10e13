"""`manage.py reconcile [--again]`: compare the platform's lists with our registrations now."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from registrations.services import reconciliation
from registrations.services.reconciliation import Outcome


class Command(BaseCommand):
    """Reports only; exit code 1 if a list could not be compared. The staff screens name the people."""

    help = "Compare who is registered here and at the platform, for every campaign whose event is not over."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--again", action="store_true", help="what was compared today as well, in place of that comparison")

    def handle(self, *args: Any, again: bool, **options: Any) -> None:
        failed = count = 0
        for outcome in reconciliation.compare_now(again=again):
            count += 1
            failed += bool(outcome.trouble)
            self.stdout.write(_told(outcome))
        if not count:
            self.stdout.write("Nothing to compare: no open campaign, or all were compared today (--again compares them anew).")
        if failed:
            raise CommandError(f"{failed} of {count} could not be compared.")


def _told(outcome: Outcome) -> str:
    row = outcome.comparison
    place = f"event {row.event.external_id}" + (f", session {row.session.external_id}" if row.session else "")
    if outcome.trouble:
        return f"{place}: could not be compared ({outcome.trouble})"
    return (
        f"{place}: {row.here} here, {row.there} there; {len(row.missing)} missing at the platform, {row.strangers} there only"
    )
