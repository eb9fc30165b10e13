"""Bringing a list of people into a campaign: in chunks, each one transaction, so that a list may break off anywhere.

An import is quiet towards people: whoever is known in the campaign, has left its target or was erased is not touched, and
the others get no word but the mail with the link. They need not confirm their address or be approved, and do not go before
those who wait for a place.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from django.db import connection, models, transaction
from django.db.models import F

from registrations.models import (
    Campaign,
    Enrollment,
    Import,
    Registration,
    Seat,
    Submission,
    TimelineEntry,
    db_now,
)
from registrations.services import dates, forecast, newcomers, places, wishes_together
from registrations.services.campaigns import Availability, availability
from registrations.services.due import NOTHING, Due
from registrations.services.forecast import Forecast
from registrations.services.import_rows import Checker, Refusal, Row, chunks
from registrations.services.signup import Entry, NotOpen

REFUSALS_KEPT = 100
"""How many refused rows are told one by one; all are counted."""
ANALYZE_FROM = 1000
"""New people after which PostgreSQL is told how its tables have changed, before anybody searches them."""
TRIES = 5

_GROWN: tuple[type[models.Model], ...] = (Registration, Submission, Seat, Enrollment, TimelineEntry)


class DoesNotFit(Exception):
    """The campaign has fewer places left than the list has new people: `places_left` of them. Nothing was written."""

    def __init__(self, places_left: int) -> None:
        super().__init__(places_left)
        self.places_left = places_left


@dataclass(frozen=True, slots=True)
class Counts:
    """What becomes of a list. `known` people are left alone; `repeated` rows name somebody of an earlier row again.

    `refusals` are the first hundred refused rows.
    """

    new: int = 0
    known: int = 0
    refused: int = 0
    repeated: int = 0
    refusals: tuple[Refusal, ...] = ()

    def plus(self, *, new: int, known: int, refusals: Sequence[Refusal], repeated: int) -> Counts:
        return Counts(
            new=self.new + new,
            known=self.known + known,
            refused=self.refused + len(refusals),
            repeated=self.repeated + repeated,
            refusals=(*self.refusals, *refusals)[:REFUSALS_KEPT],
        )


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a list; after a resumption `new` counts only whom that brought."""

    import_id: int
    counts: Counts
    due: Due


@dataclass(frozen=True, slots=True)
class Preview:
    """What an import would do, and how long its new people would wait."""

    counts: Counts
    forecast: Forecast


def record(*, campaign_id: int, name: str, basis: str, user_id: int | None, rows: Iterable[Row]) -> Receipt:
    """Bring a list into a campaign. `basis` is why we may write to these people.

    Raises NotOpen, DoesNotFit where places are short (then nothing at all is written), ValidationError for an empty or too long
    name or basis.
    """
    with _at_once_where_places_count(campaign_id):
        campaign = _campaign(campaign_id)
        begun = Import(campaign=campaign, name=name, basis=basis, imported_by_id=user_id)
        begun.full_clean(exclude=["campaign", "imported_by"])
        begun.save(force_insert=True)
        return _write_down(begun, campaign, rows)


def resume(*, import_id: int, rows: Iterable[Row]) -> Receipt:
    """Go on with an import that broke off, with the same list; whoever it has brought already is not brought again.

    Raises NotOpen and DoesNotFit as `record`, Import.DoesNotExist.
    """
    begun = Import.objects.get(pk=import_id)
    with _at_once_where_places_count(begun.campaign_id):
        Import.objects.filter(pk=import_id).update(known=0, refused=0, ended_at=None)
        return _write_down(begun, _campaign(begun.campaign_id), rows)


def preview(*, campaign_id: int, rows: Iterable[Row]) -> Preview:
    """What an import of this list would do. Writes nothing. Raises NotOpen and DoesNotFit as `record`."""
    campaign = _campaign(campaign_id)
    counts = Counts()
    with Checker(campaign) as checker:
        for chunk in chunks(rows):
            entries, refusals, repeated = checker.check(chunk)
            known = len(newcomers.known(campaign, entries))
            counts = counts.plus(new=len(entries) - known, known=known, refusals=refusals, repeated=repeated)
    _check_places(campaign, counts.new)
    return Preview(counts, forecast.for_import(campaign_id=campaign_id, count=counts.new))


def unfinished(*, campaign_id: int, name: str) -> Import | None:
    """The newest import of a list of that name that began in a campaign and did not end."""
    return Import.objects.filter(campaign=campaign_id, name=name, ended_at=None).first()


def _at_once_where_places_count(campaign_id: int) -> AbstractContextManager[None]:
    """All chunks in one transaction where places are limited: a list that does not fit leaves nothing behind.

    It holds the campaign's row, so sign-ups wait for it; it never writes more people than the campaign has places.
    """
    limited = Campaign.objects.filter(pk=campaign_id, places__isnull=False).exists()
    return transaction.atomic() if limited else nullcontext()


def _campaign(campaign_id: int) -> Campaign:
    """The campaign, locked where its places count. When its form opens and closes is nothing to whoever brings a list."""
    campaign = Campaign.objects.select_related("event__account", "session", "sender").get(pk=campaign_id)
    if campaign.places is not None and connection.in_atomic_block:
        Campaign.objects.select_for_update().get(pk=campaign_id)
    state = availability(campaign, may_be_closed=True)
    has_no_dates = campaign.by_session and not dates.open_sessions(campaign.event_id, now=db_now()).exists()
    if has_no_dates or state in (Availability.CANCELLED, Availability.OVER):
        raise NotOpen(state)
    return campaign


def _check_places(campaign: Campaign, new: int, *, before: int = 0) -> None:
    """Raises DoesNotFit; `before` are people of the same list who have their places already."""
    if new and campaign.places is not None:
        left = places.places_left(campaign)
        if new > left:
            raise DoesNotFit(left + before)


def _write_down(begun: Import, campaign: Campaign, rows: Iterable[Row]) -> Receipt:
    counts, due, analysed = Counts(), NOTHING, 0
    with Checker(campaign) as checker:
        for chunk in chunks(rows):
            entries, refusals, repeated = checker.check(chunk)
            new, known, more = _write_chunk(begun, entries, refused=len(refusals), before=counts.new)
            counts = counts.plus(new=new, known=known, refusals=refusals, repeated=repeated)
            due |= more
            if counts.new >= ANALYZE_FROM and not analysed:
                analysed = _analyse(counts.new)
    Import.objects.filter(pk=begun.pk).update(ended_at=db_now())
    if counts.new > analysed > 0:
        _analyse(counts.new)
    return Receipt(begun.pk, counts, due)


def _write_chunk(begun: Import, entries: Sequence[Entry], *, refused: int, before: int) -> tuple[int, int, Due]:
    """How many were new, how many known, and what became due."""
    for _ in range(TRIES - 1):
        try:
            return _try_chunk(begun, entries, refused=refused, before=before)
        except wishes_together.Overtaken:
            continue
    return _try_chunk(begun, entries, refused=refused, before=before)


@transaction.atomic
def _try_chunk(begun: Import, entries: Sequence[Entry], *, refused: int, before: int) -> tuple[int, int, Due]:
    campaign = _campaign(begun.campaign_id)
    known = newcomers.known(campaign, entries)
    fresh = [entry for entry in entries if entry.email not in known]
    _check_places(campaign, len(fresh), before=before)
    brought_before = begun.submissions.filter(registration__campaign=campaign, registration__email__in=known).count()
    new, due = newcomers.write(begun, campaign, fresh)
    others = len(entries) - new - brought_before
    Import.objects.filter(pk=begun.pk).update(new=F("new") + new, known=F("known") + others, refused=F("refused") + refused)
    return new, others, due


def _analyse(people: int) -> int:
    """Have PostgreSQL look at its tables; returns the number of people at which it did.

    First early on: a session whose plans are of the time when the tables were next to empty would check each new row's
    references by reading them whole.
    """
    if connection.vendor == "postgresql":
        tables = ", ".join(connection.ops.quote_name(model._meta.db_table) for model in _GROWN)
        with connection.cursor() as cursor:
            cursor.execute(f"ANALYZE {tables}")
    return people
