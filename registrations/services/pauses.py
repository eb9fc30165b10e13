"""Scoped pauses: what the platform refuses stands still, everything else goes on, and each pause probes itself back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q

from registrations.models import (
    Account,
    Delivery,
    Event,
    Fact,
    OutgoingEmail,
    Pause,
    Priority,
    Seat,
    Sender,
    StepState,
    Verb,
    Wish,
    db_now,
)
from registrations.services.due import NOTHING, Due, emails_due
from registrations.services.senders import default_sender
from registrations.webinar.errors import Misconfigured, Scope

PROBE_SECONDS = (60, 120, 300, 600)
SAME_PAUSE = timedelta(minutes=15)
"""A pause that comes back within this time is the same: staff were told."""


def open_pauses(account: Account) -> list[Pause]:
    """The pauses of an account that stand now."""
    return list(Pause.objects.filter(account=account, ended_at=None).select_related("event", "session"))


def covers(pause: Pause) -> Q:
    """The seats of the account that a pause keeps waiting."""
    seats = Q()
    if pause.event_id is not None:
        seats &= Q(event=pause.event, session=pause.session)
    if pause.verb:
        seats &= Q(wish=Wish.IN if pause.verb == Verb.REGISTER else Wish.OUT)
    return seats


def holds(seat: Seat) -> bool:
    """Whether an open pause keeps this seat waiting."""
    return any(
        is_account_wide(pause) or Seat.objects.filter(covers(pause), pk=seat.pk).exists() for pause in open_pauses(seat.account)
    )


def is_account_wide(pause: Pause) -> bool:
    """Nothing of this account works."""
    return pause.event_id is None and not pause.verb


def begin(*, account: Account, error: Misconfigured, seat: Seat | None, verb: Verb) -> Due:
    """Pause what an error's scope says, or push an existing pause's next probe back. Tells staff once per pause."""
    scope: dict[str, Any] = {
        "event": seat.event if seat is not None and error.scope is Scope.TARGET else None,
        "session": seat.session if seat is not None and error.scope is Scope.TARGET else None,
        "verb": "" if error.scope is Scope.ACCOUNT else verb.value,
    }
    lately = Q(ended_at=None) | Q(ended_at__gt=db_now() - SAME_PAUSE)
    standing = Pause.objects.filter(lately, account=account, **scope).order_by("-since").first()
    if standing is not None:
        _failed_again(standing, error)
        return NOTHING
    first_probe = db_now() + timedelta(seconds=PROBE_SECONDS[0])
    try:
        with transaction.atomic():
            pause = Pause.objects.create(
                account=account, reason=error.code, reason_detail=error.detail[:300], next_probe_at=first_probe, **scope
            )
            return _tell_staff(pause)
    except IntegrityError:
        return NOTHING  # another drain found the same at the same moment, and told


def _failed_again(pause: Pause, error: Misconfigured) -> None:
    """The next probe waits longer; a refusal of a call that was on its way when the pause began is no failed probe."""
    now = db_now()
    if pause.ended_at is None and pause.next_probe_at > now:
        return
    pause.ended_at = None
    pause.probes += 1
    wait = PROBE_SECONDS[min(pause.probes, len(PROBE_SECONDS) - 1)]
    pause.next_probe_at = now + timedelta(seconds=wait)
    pause.reason, pause.reason_detail = error.code, error.detail[:300]
    pause.save(update_fields=["ended_at", "probes", "next_probe_at", "reason", "reason_detail"])


def put_off_if_due(pause: Pause) -> None:
    """A probe could not be made, or failed without saying anything of the pause: try again after the shortest wait."""
    now = db_now()
    Pause.objects.filter(pk=pause.pk, next_probe_at__lte=now).update(next_probe_at=now + timedelta(seconds=PROBE_SECONDS[0]))


def makes_no_call() -> Q:
    """Seats whose next step calls nothing that could be refused: they prove nothing about a pause."""
    has_all = Q(wish=Wish.IN, fact=Fact.IN, link_hash__isnull=False)
    has_nothing = Q(wish=Wish.OUT, participation_id=None)
    return has_all | has_nothing


def end(pause: Pause) -> None:
    """What was refused works again; whoever kept their place goes on."""
    Pause.objects.filter(pk=pause.pk, ended_at=None).update(ended_at=db_now())


def retry_soon(*, event: Event) -> None:
    """Somebody mended an event: probe its pauses now instead of later, and try those whom no question helped.

    What lacked a question is not probed but simply goes on: the oldest who waits may be of a campaign that still lacks it.
    """
    now = db_now()
    standing = Pause.objects.filter(event=event, ended_at=None)
    standing.filter(reason="extra_field").update(ended_at=now)
    standing.update(next_probe_at=now)
    Seat.objects.filter(event=event, state=StepState.QUEUED, reason="extra_field").update(run_at=now)


def retry_account(*, account_id: int) -> None:
    """Somebody mended an account: probe its pauses now instead of later."""
    Pause.objects.filter(account_id=account_id, ended_at=None).update(next_probe_at=db_now())


def _tell_staff(pause: Pause) -> Due:
    recipient = pause.account.notify_email or settings.STAFF_NOTICE_EMAIL
    if not recipient:
        return NOTHING
    sender = default_sender()
    OutgoingEmail.objects.create(
        sender=sender, recipient=recipient, kind="staff_pause", occasion=f"pause:{pause.pk}", priority=Priority.NOW
    )
    return emails_due(sender.pk)


def pause_everything(*, user_id: int | None) -> None:
    """The switch for everything: no platform is called and no mail leaves until it is turned back."""
    Delivery.objects.update_or_create(pk=1, defaults={"paused_at": db_now(), "paused_by_id": user_id})


def resume_everything() -> Due:
    """Turn the switch back; everything that waited is due."""
    Delivery.objects.filter(pk=1).update(paused_at=None, paused_by=None)
    return Due(
        seats=frozenset(Account.objects.values_list("pk", flat=True)),
        emails=frozenset(Sender.objects.values_list("pk", flat=True)),
    )
