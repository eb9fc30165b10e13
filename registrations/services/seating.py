"""Working off the seats of one account: making facts equal wishes, in slices, at the platform's pace."""

from __future__ import annotations

import logging
import time
from datetime import datetime, timedelta
from functools import partial

from django.db import DatabaseError
from django.db.models import Q, QuerySet

from registrations.models import Account, EventStatus, Pause, Priority, Seat, StepState, Verb, Wish, db_now
from registrations.services import leases, outcomes, pace, pauses, steps, witness
from registrations.services.crew import crew_of
from registrations.services.due import NOTHING, Due, seats_due
from registrations.services.platform import connected
from registrations.services.turns import Turn
from registrations.services.waiting import Waiting
from registrations.webinar.errors import Misconfigured, PlatformError

logger = logging.getLogger(__name__)

LINGER_SECONDS = 0.3
LOOK_SECONDS = 0.1
GIVE_UP_ROWS = 100


def drain(*, account_id: int) -> Due:
    """Work off due seats of an account for one slice; returns what became due, the account itself included if more waits.

    Returns at once if somebody else is at it, everything is paused, or the database was restored from a backup.
    """
    with leases.hold(Account, account_id) as held:
        if held is None or not witness.tick():
            return NOTHING
        account = Account.objects.get(pk=account_id)
        if Account.objects.filter(_wants_quiet(db_now()), pk=account_id).exists():
            return NOTHING
        with connected(account) as provider, crew_of(account) as crew:
            waiting = Waiting(account, partial(_claim, account))
            turn = Turn(account=account, provider=provider, crew=crew, hold=held, waiting=waiting)
            if _account_answers(turn):
                _probe_scoped_pauses(turn)
                _work_off(turn)
            turn.end()
    witness.tick()
    if not turn.quiet and claimable(account).filter(steps.due(db_now())).exists():
        turn.due |= seats_due(account_id)
    return turn.due


def due_accounts() -> Due:
    """Accounts with seats or probes that are due now; cheap enough to ask every two seconds."""
    now = db_now()
    stopped = Pause.objects.filter(ended_at=None, event=None, verb="").values("account_id")
    quiet = Account.objects.filter(_wants_quiet(now)).values("pk")
    waiting = Seat.objects.filter(steps.due(now)).exclude(account_id__in=stopped).exclude(account_id__in=quiet)
    probes = Pause.objects.filter(ended_at=None, next_probe_at__lte=now)
    return seats_due(
        *waiting.order_by().values_list("account_id", flat=True).distinct(),
        *probes.order_by().values_list("account_id", flat=True).distinct(),
    )


def _wants_quiet(now: datetime) -> Q:
    """Accounts whose platform asked for a longer break: whatever is due there waits in the queue, in nobody's hands."""
    return Q(next_call_at__gt=now + timedelta(seconds=pace.PATIENCE_SECONDS))


def claimable(account: Account) -> QuerySet[Seat]:
    """The seats of an account that no pause keeps waiting, with what a turn needs of them."""
    standing = pauses.open_pauses(account)
    if any(pauses.is_account_wide(pause) for pause in standing):
        return Seat.objects.none()
    covered = Q()
    for pause in standing:
        covered |= pauses.covers(pause)
    seats = _with_places(Seat.objects.filter(account=account))
    return seats.exclude(covered) if standing else seats


def _with_places(seats: QuerySet[Seat]) -> QuerySet[Seat]:
    return seats.select_related("event", "session")


def _claim(account: Account, *, limit: int, urgent: bool = False) -> list[Seat]:
    seats = claimable(account)
    claimed = steps.claim(rows=seats.filter(priority=Priority.NOW) if urgent else seats, limit=limit)
    for seat in claimed:
        if seat.lost_too_often:
            outcomes.parked(seat, reason="lost_leases")
    return [seat for seat in claimed if not seat.lost_too_often]


def _work_off(turn: Turn) -> None:
    """Until the slice is over, or nothing is left and nothing came for a while."""
    idle_since: float | None = None
    while not turn.is_over:
        turn.waiting.fill()
        turn.work()
        if not turn.is_idle:
            idle_since = None
            continue
        idle_since = idle_since or time.monotonic()
        if time.monotonic() - idle_since < LINGER_SECONDS:
            time.sleep(LOOK_SECONDS)
        elif not turn.waiting.fill(at_once=True):
            return


def give_up_over() -> Due:
    """Whoever still waits for a place at an event that is over gets an honest word; needs no call, so no pause holds it."""
    now = db_now()
    gone = (EventStatus.CANCELLED, EventStatus.FINISHED)
    session_over = Q(session__ends_at__lte=now) | Q(session__status__in=gone)
    event_over = Q(session=None) & (Q(event__ends_at__lte=now) | Q(event__status__in=gone))
    over = _with_places(Seat.objects.select_related("event__account").filter(session_over | event_over, wish=Wish.IN))
    due = NOTHING
    for seat in steps.claim(rows=over, limit=GIVE_UP_ROWS):
        is_in = seat.is_fulfilled and seat.in_doubt_since is None  # a deletion that broke off may have worked
        due |= outcomes.still_in(seat) if is_in else outcomes.too_late(seat)
    return due


def _account_answers(turn: Turn) -> bool:
    """Whether the account as a whole works; if its pause is due for a probe, ask whose key it is, which ends the pause."""
    wide = next((pause for pause in pauses.open_pauses(turn.account) if pauses.is_account_wide(pause)), None)
    if wide is None:
        return True
    turn.quiet = True
    if wide.next_probe_at > db_now():
        return False
    try:
        turn.provider.owner()
    except Misconfigured as error:
        pauses.begin(account=turn.account, error=error, seat=None, verb=Verb.REGISTER)
    except PlatformError:
        pauses.put_off_if_due(wide)
    except DatabaseError:
        raise
    except Exception:
        logger.exception("a probe could not be made", extra={"pause": wide.pk})
        pauses.put_off_if_due(wide)
    else:
        pauses.end(wide)
        turn.quiet = False
    return not turn.quiet


def _probe_scoped_pauses(turn: Turn) -> None:
    """Let one seat through each pause whose probe is due; if it gets through, the pause ends."""
    for pause in pauses.open_pauses(turn.account):
        if pause.next_probe_at <= db_now() and not turn.is_over:
            _probe(turn, pause)


def _probe(turn: Turn, pause: Pause) -> None:
    """Only a seat that makes the refused call proves anything; each probe takes another one, and none whose last call may
    have worked: not even one whose worker died in it, of which nothing is written down before it is claimed again."""
    seats = Seat.objects.filter(pauses.covers(pause), account=turn.account, in_doubt_since=None, begun_at=None)
    proving = _with_places(seats).exclude(pauses.makes_no_call())
    claimed = steps.claim(rows=proving, limit=1)
    if claimed:
        seat = claimed[0]
        seat.place.detailed_at = None  # whatever is wrong may have been mended: read the target's details again
        if turn.probe(turn.waiting.at_one_place([seat])[0]):
            pauses.end(pause)
            return
        pauses.put_off_if_due(pause)
        pause.refresh_from_db()
        Seat.objects.filter(pk=seat.pk, state=StepState.QUEUED).update(run_at=pause.next_probe_at)
    elif proving.filter(state__in=[StepState.QUEUED, StepState.LEASED]).exists():
        pauses.put_off_if_due(pause)
    else:
        pauses.end(pause)  # nobody waits for it any more; the next person finds out
