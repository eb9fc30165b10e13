"""Working off the seats of one account: making facts equal wishes, in slices, at the platform's pace."""

from __future__ import annotations

import time

from django.db.models import Q, QuerySet

from registrations.models import Account, Delivery, Pause, Seat, StepState, Verb, db_now
from registrations.services import leases, pauses, steps
from registrations.services.due import NOTHING, Due, seats_due
from registrations.services.platform import connected
from registrations.services.turns import Turn
from registrations.webinar.errors import Misconfigured, PlatformError

LINGER_SECONDS = 0.3


def drain(*, account_id: int) -> Due:
    """Work off due seats of an account for one slice; returns what became due, the account itself included if more waits.

    Returns at once if somebody else is at it, or everything is paused.
    """
    if Delivery.is_paused():
        return NOTHING
    with leases.hold(Account, account_id) as held:
        if held is None:
            return NOTHING
        account = Account.objects.get(pk=account_id)
        with connected(account) as provider:
            turn = Turn(account=account, provider=provider, hold=held)
            if _account_answers(turn):
                _probe_scoped_pauses(turn)
                _work_off(turn)
    if not turn.quiet and claimable(account).filter(steps.due(db_now())).exists():
        turn.due |= seats_due(account_id)
    return turn.due


def due_accounts() -> Due:
    """Accounts with seats or probes that are due now; cheap enough to ask every two seconds."""
    now = db_now()
    stopped = Pause.objects.filter(ended_at=None, event=None, verb="").values("account_id")
    waiting = Seat.objects.filter(steps.due(now)).exclude(account_id__in=stopped)
    probes = Pause.objects.filter(ended_at=None, next_probe_at__lte=now)
    return seats_due(
        *waiting.order_by().values_list("account_id", flat=True).distinct(),
        *probes.order_by().values_list("account_id", flat=True).distinct(),
    )


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
    return seats.select_related("account", "event__account", "session")


def _work_off(turn: Turn) -> None:
    lingered = False
    while not turn.is_over:
        seats = steps.claim(rows=claimable(turn.account), limit=turn.rows_left)
        if seats:
            turn.work(seats)
        elif lingered:
            return
        else:
            time.sleep(LINGER_SECONDS)
        lingered = not seats


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
        pauses.begin(account=turn.account, error=error, event=None, verb=Verb.REGISTER)
    except PlatformError:
        pauses.put_off(wide)
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
    covered = _with_places(Seat.objects.filter(pauses.covers(pause), account=turn.account))
    claimed = steps.claim(rows=covered, limit=1)
    if claimed:
        seat = claimed[0]
        seat.place.detailed_at = None  # whatever is wrong may have been mended: read the target's details again
        through = turn.sweep([seat]) if seat.in_doubt_since is not None else turn.serve(seat)
        if through:
            pauses.end(pause)
    elif covered.filter(state__in=[StepState.QUEUED, StepState.LEASED]).exists():
        pauses.put_off(pause)
    else:
        pauses.end(pause)  # nobody waits for it any more; the next person finds out
