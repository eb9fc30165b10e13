"""Working off the mails of one sender: each is written, handed to the mail server, and its answer is written down."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.db.models import Q

from registrations.mailing.lanes import Lanes
from registrations.models import OutgoingEmail, Priority, Sender, db_now
from registrations.services import leases, mail_turns, steps, witness
from registrations.services.due import NOTHING, Due, emails_due
from registrations.services.handing_over import Ready
from registrations.services.mail_turns import MailTurn

LINGER_SECONDS = 0.3
SOON = timedelta(seconds=1)


def drain(*, sender_id: int) -> Due:
    """Work off due mails of a sender for one slice; returns the sender as due if more waits.

    Returns at once if somebody else is at it, everything is paused or was restored from a backup, or the mail server was in
    trouble a moment ago.
    """
    with Lanes[Ready](mail_turns.LANES) as lanes:
        with leases.hold(Sender, sender_id) as held:
            if held is None or not witness.tick():
                return NOTHING
            sender = Sender.objects.get(pk=sender_id)
            if sender.retry_at is not None and sender.retry_at > db_now():
                return NOTHING
            turn = MailTurn(sender, held, lanes)
            with _rescue(turn):
                _work_off(turn)
        # From here on somebody else may work: what is still in the air has leases of its own.
        with _rescue(turn):
            turn.finish()
    witness.tick()
    if turn.in_trouble or turn.pace.wait(Priority.NOW) > SOON.total_seconds():
        return NOTHING
    waiting = OutgoingEmail.objects.filter(steps.due(db_now()), sender=sender)
    return emails_due(sender_id) if waiting.exists() else NOTHING


def due_senders() -> Due:
    """Senders with mails that are due now, no trouble to wait out, and a slot of their pace."""
    now = db_now()
    waiting = OutgoingEmail.objects.filter(steps.due(now)).order_by().values("sender_id")
    out_of_trouble = Q(retry_at=None) | Q(retry_at__lte=now)
    have_a_slot = Q(mails_per_second=None) | Q(next_mail_at__lte=now + SOON)
    ready = Sender.objects.filter(out_of_trouble, have_a_slot, pk__in=waiting)
    return emails_due(*ready.values_list("pk", flat=True))


@contextmanager
def _rescue(turn: MailTurn) -> Iterator[None]:
    try:
        yield
    except Exception:
        turn.rescue()
        raise


def _work_off(turn: MailTurn) -> None:
    """Until the slice is over, or nothing is left and nothing comes for a while."""
    lingered = False
    while not turn.is_over:
        if turn.go_on():
            lingered = False
        elif lingered:
            break
        else:
            time.sleep(LINGER_SECONDS)
            lingered = True
    turn.give_back()
