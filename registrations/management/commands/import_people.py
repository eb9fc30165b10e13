"""`manage.py import_people CAMPAIGN FILE --basis "…" [--yes]`: bring a list of people into a campaign."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils.formats import number_format

from registrations import pipeline
from registrations.models import Campaign, Import
from registrations.services import forecast_words, imports
from registrations.services.campaigns import Availability
from registrations.services.imports import Counts, DoesNotFit, Preview
from registrations.services.people_files import BadFile, PeopleFile
from registrations.services.signup import NotOpen

_NOT_OPEN = {Availability.CANCELLED: "the event has been cancelled", Availability.OVER: "the event is over"}


class Command(BaseCommand):
    """Says what an import would do; does it with --yes. Exit code 1 with one line if file or campaign will not do."""

    help = "Bring a list of people (CSV: email, first_name, last_name, question keys) into a campaign."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("campaign", help="the last part of the campaign's address: /c/<this>/")
        parser.add_argument("file", type=Path, help="a CSV file in UTF-8, with commas or semicolons")
        parser.add_argument("--basis", default="", help="why we may write to these people; kept with the import")
        parser.add_argument("--yes", action="store_true", help="do it; without this nothing is written")
        parser.add_argument("--resume", type=int, metavar="IMPORT", help="go on with an import that broke off")

    def handle(self, *args: Any, campaign: str, file: Path, **options: Any) -> None:
        try:
            self._handle(_campaign(campaign), file, **options)
        except BadFile as error:
            raise CommandError(f"{file.name}: {error}") from error
        except DoesNotFit as error:
            left = _number(error.places_left)
            raise CommandError(f"The list does not fit, so nobody was imported. Free places: {left}.") from error
        except NotOpen as error:
            raise CommandError(f"Nobody can be imported: {_NOT_OPEN[error.availability]}.") from error
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error

    def _handle(self, campaign: Campaign, file: Path, *, basis: str, yes: bool, resume: int | None, **options: Any) -> None:
        begun = _begun(campaign, resume)
        if not (basis.strip() or begun):
            raise CommandError('Say why we may write to these people: --basis "They agreed on our stand at …".')
        rows = PeopleFile(file, question_keys=campaign.questions.values_list("key", flat=True))
        if rows.left_out:
            self._say(f"Left out, for the campaign does not ask for it: {', '.join(rows.left_out)}.")
        self._show(campaign, file, imports.preview(campaign_id=campaign.pk, rows=rows))
        broken_off = imports.unfinished(campaign_id=campaign.pk, name=file.name) if begun is None else None
        if broken_off is not None:
            self._say(f"An import of a list of this name did not end; to go on with it: --resume {broken_off.pk}")
        if not yes:
            self._say("Nothing was written. To do it, repeat this with --yes.")
            return
        receipt = pipeline.import_people(
            campaign_id=campaign.pk,
            name=begun.name if begun else file.name,
            basis=begun.basis if begun else basis.strip(),
            user_id=None,
            rows=rows,
            import_id=resume,
        )
        self._say(f"Import {receipt.import_id} is written down: {_sums(receipt.counts)}.")

    def _show(self, campaign: Campaign, file: Path, preview: Preview) -> None:
        counts, forecast = preview.counts, preview.forecast
        self._say(f"{file.name} for “{campaign.title}”: {_sums(counts)}.")
        for refusal in counts.refusals:
            self._say(f"  line {refusal.line}: {refusal.why}")
        if counts.refused > len(counts.refusals):
            self._say(f"  and {_number(counts.refused - len(counts.refusals))} more")
        if forecast.people:
            how_long = forecast_words.why(forecast) if forecast.seconds is None else forecast_words.about(forecast.seconds)
            self._say(f"{_number(forecast.people)} {'person' if forecast.people == 1 else 'people'}, {how_long}")

    def _say(self, line: str) -> None:
        self.stdout.write(line)


def _campaign(slug: str) -> Campaign:
    try:
        return Campaign.objects.get(slug=slug)
    except Campaign.DoesNotExist as error:
        raise CommandError(f"There is no campaign at /c/{slug}/.") from error


def _begun(campaign: Campaign, import_id: int | None) -> Import | None:
    if import_id is None:
        return None
    begun = Import.objects.filter(pk=import_id, campaign=campaign).first()
    if begun is None:
        raise CommandError(f"This campaign has no import {import_id}.")
    return begun


def _sums(counts: Counts) -> str:
    parts = [f"{_number(counts.new)} new", f"{_number(counts.known)} known before (nothing happens to them)"]
    parts.append(f"{_number(counts.refused)} refused")
    if counts.repeated:
        parts.append(f"{_number(counts.repeated)} named twice")
    return ", ".join(parts)


def _number(count: int) -> str:
    return number_format(count, use_l10n=True, force_grouping=True)
