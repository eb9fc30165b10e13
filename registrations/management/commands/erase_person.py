"""`manage.py erase_person ADDRESS [--yes]`: forget a person, here and at the platforms."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from registrations import pipeline
from registrations.services import privacy


class Command(BaseCommand):
    """Prints what would be erased; only with `--yes` it is. Whoever runs the workers carries it to the platforms."""

    help = "Erase everything of an e-mail address, here and at the platforms. Without --yes only tell what that would be."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("address", help="the person's e-mail address")
        parser.add_argument("--yes", action="store_true", help="erase it; this cannot be undone")

    def handle(self, *args: Any, address: str, yes: bool, **options: Any) -> None:
        try:
            self._tell(privacy.plan(address=address))
            if not yes:
                self.stdout.write("Nothing was erased. Run it again with --yes to erase all this; it cannot be undone.")
                return
            erasure_id = pipeline.erase(address=address, user_id=None)
        except privacy.UnknownPerson as error:
            raise CommandError("Nothing is held about this address.") from error
        self.stdout.write(f"Erased here. Erasure #{erasure_id} goes on at the platforms; its receipt is in the staff screens.")

    def _tell(self, plan: privacy.Plan) -> None:
        self.stdout.write(f"Held about {plan.address}:")
        for registration in plan.registrations:
            self.stdout.write(f"  registration #{registration.pk} in the campaign “{registration.campaign.title}”")
        for seat in plan.seats:
            self.stdout.write(f"  a place at the platform in “{seat.place.title}”, {seat.get_fact_display()}")
        self.stdout.write(f"  forms: {plan.submissions}")
        self.stdout.write(f"  mails handed over: {plan.mails_handed_over}, waiting: {plan.mails_waiting}")
