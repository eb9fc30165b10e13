"""Carrying an erasure to the platforms: sweep each target, delete whom it lists under the address, and sweep again."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import timedelta
from itertools import groupby
from typing import Any

from django.db import DatabaseError, transaction

from registrations.models import (
    MAX_LOST_LEASES,
    Account,
    Enrollment,
    Erasure,
    EventStatus,
    Fact,
    Registration,
    Seat,
    StepState,
    Verb,
    Wish,
    db_now,
)
from registrations.models.erasure import placeholder
from registrations.services import catalog, pace, pauses, privacy, steps, witness
from registrations.services.due import NOTHING, Due, erasures_due, seats_due
from registrations.services.outcomes import NOT_THERE
from registrations.services.platform import connected
from registrations.webinar.errors import Misconfigured, NotFound, PlatformError, Scope, Throttled, Uncertain
from registrations.webinar.provider import Provider

logger = logging.getLogger(__name__)

SECOND_LOOK = timedelta(seconds=30)
WHILE_PAUSED_SECONDS = 30.0
ROWS_BETWEEN_RENEWALS = 500


def go_on_erasing(*, erasure_id: int) -> Due:
    """Look at each platform that an erasure is not through with, and finish it once all are clean.

    Returns at once if somebody else is at it, it is not due, or everything is paused.
    """
    if not witness.tick():
        return NOTHING
    claimed = steps.claim(rows=Erasure.objects.filter(pk=erasure_id), limit=1)
    if not claimed:
        return NOTHING
    erasure = claimed[0]
    if erasure.lost_too_often:
        steps.park(erasure, reason="lost_leases")
        return NOTHING
    if not steps.begin(erasure):
        return erasures_due(erasure_id)
    work = _Round(erasure)
    try:
        work.do()
    except DatabaseError:
        raise
    except Exception:
        logger.exception("an erasure could not be worked on", extra={"erasure": erasure_id})
        _stumbled(erasure)
    witness.tick()
    return work.due


def _stumbled(erasure: Erasure) -> None:
    if erasure.lost_leases + 1 >= MAX_LOST_LEASES:
        steps.park(erasure, reason="inner_fault", lost_leases=erasure.lost_leases + 1)
    else:
        steps.stumble(erasure)


class _NewcomerJustNow(Exception):
    """Somebody signed up for the seat in this very moment: their registration has to be locked first."""


class _Round:
    """One look at everything that an erasure still holds. `waits` says why it is not over: seconds, code, the platform's
    words; `troubled` that something failed, rather than only needs its time."""

    def __init__(self, erasure: Erasure) -> None:
        self.erasure = erasure
        self.due = NOTHING
        self.waits: list[tuple[float, str, str]] = []
        self.troubled = False

    def do(self) -> None:
        seats = privacy.held_seats(self.erasure).select_related("account", "event__account", "session")
        for account, group in groupby(seats.order_by("account_id", "pk"), key=lambda seat: seat.account):
            self._clean(account, list(group))
        if self.waits:
            self._put_off()
        elif not _finish(self.erasure):
            steps.release(self.erasure)
            self.due |= erasures_due(self.erasure.pk)

    def _put_off(self) -> None:
        delay = min(wait for wait, _, _ in self.waits)
        _, reason, detail = self.waits[0]
        if self.troubled:
            steps.postpone(self.erasure, reason=reason, detail=detail, delay=delay)
        else:
            steps.give_back_uncounted(self.erasure, delay=delay, reason=reason, reason_detail="")

    def _wait(self, reason: str, seconds: float, *, detail: str = "") -> None:
        self.waits.append((seconds, reason, detail))

    def _clean(self, account: Account, seats: list[Seat]) -> None:
        """Clean the targets of one account, as far as it answers."""
        wide = next((pause for pause in pauses.open_pauses(account) if pauses.is_account_wide(pause)), None)
        if wide is not None:
            self.troubled = True
            self._wait(wide.reason, WHILE_PAUSED_SECONDS, detail=wide.reason_detail)
            return
        try:
            with connected(account) as provider:
                for seat in seats:
                    if not self._try(provider, seat):
                        break
        except PlatformError as error:
            self._failed(account, error)

    def _try(self, provider: Provider, seat: Seat) -> bool:
        """Clean one target. False if the account will not answer about the others either."""
        early = (seat.run_at - db_now()).total_seconds()
        if early > 0:
            self._wait("settling", early)
            return True
        try:
            is_clean = self._look(provider, seat)
        except PlatformError as error:
            return self._failed(seat.account, error)
        if is_clean:
            try:
                self.due |= _let_go(self.erasure, seat)
            except _NewcomerJustNow:
                self._wait("looking_again", 0)
        else:
            self._wait("looking_again", SECOND_LOOK.total_seconds())
        return True

    def _failed(self, account: Account, error: PlatformError) -> bool:
        self.troubled = True
        if isinstance(error, Throttled):
            pace.hold_off(account_id=account.pk, seconds=error.retry_after)
            self._wait(error.code, error.retry_after, detail=error.detail)
            return False
        self._wait(error.code, steps.backoff_seconds(self.erasure.attempts), detail=error.detail)
        if isinstance(error, Misconfigured) and error.scope is Scope.ACCOUNT:
            self.due |= pauses.begin(account=account, error=error, seat=None, verb=Verb.DELETE)
            return False
        return True

    def _look(self, provider: Provider, seat: Seat) -> bool:
        """Delete whatever the platform has of the address in this target; True once it is sure to have nothing."""
        if seat.participation_id is not None:
            self._delete(provider, seat, [seat.participation_id])
        try:
            there = self._listed(provider, seat)
            if there:
                self._delete(provider, seat, there)
                if self._listed(provider, seat):
                    raise Uncertain("nothing_deleted")
        except NotFound:
            if not _is_gone(provider, seat):
                raise
        return _is_sure(provider, seat)

    def _listed(self, provider: Provider, seat: Seat) -> list[str]:
        found = []
        for number, participation in enumerate(provider.participations(seat.target), start=1):
            if participation.email == self.erasure.address:
                found.append(participation.participation_id)
            if number % ROWS_BETWEEN_RENEWALS == 0:
                steps.renew([self.erasure])
        steps.renew([self.erasure])
        return found

    def _delete(self, provider: Provider, seat: Seat, participation_ids: Iterable[str]) -> None:
        """Noted first, so that a crash in between leaves no hole in the receipt."""
        with transaction.atomic():
            row = Erasure.objects.select_for_update(of=("self",)).get(pk=self.erasure.pk)
            row.receipt["found"] = sorted({*row.receipt.get("found", []), seat.pk})
            row.save(update_fields=["receipt"])
        provider.delete(list(participation_ids))
        _update_held(seat, **NOT_THERE)


def _update_held(seat: Seat, **values: Any) -> None:
    Seat.objects.filter(pk=seat.pk, lease_token=seat.lease_token).update(**values)
    for name, value in values.items():
        setattr(seat, name, value)


def _is_gone(provider: Provider, seat: Seat) -> bool:
    """The platform does not know the target, and that was so ten minutes ago, while the key opens the same account."""
    place = seat.place
    catalog.suspect_missing(place)
    place.refresh_from_db(fields=["status", "missing_since"])
    if place.status == EventStatus.CANCELLED:
        return True
    if place.missing_since is None or db_now() - place.missing_since < catalog.BETWEEN_TWO_MISSES:
        return False
    return not seat.account.owner_name or catalog.owner_label(provider.owner()) == seat.account.owner_name


def _is_sure(provider: Provider, seat: Seat) -> bool:
    """Whether one miss proves enough: not where a former call may still register, or an address may be there twice."""
    never_twice = provider.capabilities.unique_by_email and seat.account.unique_by_email
    if never_twice and seat.in_doubt_since is None:
        return True
    now = db_now()
    if seat.missed_at is not None:
        return now - seat.missed_at >= SECOND_LOOK
    _update_held(seat, missed_at=now)
    return False


def _let_go(erasure: Erasure, seat: Seat) -> Due:
    """The platform is clean: the seat forgets whose it was. Whoever signed up meanwhile goes on with one of their own.

    Raises _NewcomerJustNow.
    """
    with transaction.atomic():
        locked = set(seat.enrollments.values_list("registration_id", flat=True))
        list(Registration.objects.select_for_update(of=("self",)).filter(pk__in=locked).order_by("pk").values_list("pk"))
        held = Seat.objects.select_for_update(of=("self",)).filter(pk=seat.pk, lease_token=erasure.hold).first()
        if held is None:
            return NOTHING
        if not locked.issuperset(held.enrollments.values_list("registration_id", flat=True)):
            raise _NewcomerJustNow
        wish = held.wish
        _blank(held)
        newcomers = held.enrollments.exclude(registration__erasures=erasure)
        if not newcomers.exists():
            return NOTHING
        own = Seat(account=held.account, event=held.event, session=held.session, address=erasure.address, wish=wish)
        if wish == Wish.OUT:
            own.state, own.fact, own.settled_at = StepState.SETTLED, Fact.OUT, db_now()
        own.save()
        Enrollment.objects.filter(pk__in=list(newcomers.values_list("pk", flat=True))).update(seat=own)
        return seats_due(own.account_id)


def _blank(seat: Seat) -> None:
    now = db_now()
    for name, value in NOT_THERE.items():
        setattr(seat, name, value)
    seat.address, seat.wish, seat.fact, seat.version = placeholder(seat.pk), Wish.OUT, Fact.OUT, seat.version + 1
    seat.state, seat.settled_at, seat.run_at = StepState.SETTLED, now, now
    seat.lease_token = seat.lease_until = seat.in_doubt_since = None
    seat.save()


def _finish(erasure: Erasure) -> bool:
    """Forget the address itself and write the receipt. False if more was asked of the erasure meanwhile."""
    with transaction.atomic():
        mine = Erasure.objects.select_for_update(of=("self",)).filter(
            pk=erasure.pk, lease_token=erasure.lease_token, version=erasure.version
        )
        row = mine.first()
        if row is None or privacy.held_seats(erasure).exists():
            return False
        targets = Seat.objects.filter(enrollments__registration__erasures=erasure).order_by().values("event", "session")
        receipt = receipt_of(row.receipt, places=targets.distinct().count())
        erasure.registrations.clear()
        return steps.settle(erasure, address="", receipt=receipt) is steps.Finish.DONE


def receipt_of(counts: dict[str, Any], *, places: int) -> dict[str, Any]:
    """What was erased, in numbers, and codes of what stays where we cannot reach."""
    found = len(counts.get("found", []))
    out, maybe = counts.get("mails_handed_over", 0), counts.get("mails_maybe_out", 0)
    stays = {
        "mailbox": out,
        "maybe_mailbox": maybe,
        "mail_logs": out or maybe,
        "platform": places,
        "import_lists": counts.get("imported", 0),
        "backups": True,
        "web_logs": True,
        "history": True,
    }
    kept = {name: count for name, count in counts.items() if name not in ("found", "imported")}
    return kept | {"places": places, "deleted": found, "stays": [code for code, there in stays.items() if there]}
