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
    OutgoingEmail,
    Pause,
    Priority,
    Sender,
    Verb,
    Wish,
    db_now,
)
from registrations.services.due import NOTHING, Due, emails_due
from registrations.services.senders import default_sender
from registrations.webinar.errors import Misconfigured, Scope

PROBE_SECONDS = (60, 120, 300, 600)


def open_pauses(account: Account) -> list[Pause]:
    """The pauses of an account that stand now."""
    return list(Pause.objects.filter(account=account, ended_at=None).select_related("event"))


def covers(pause: Pause) -> Q:
    """The seats of the account that a pause keeps waiting."""
    seats = Q()
    if pause.event_id is not None:
        seats &= Q(event_id=pause.event_id)
    if pause.verb:
        seats &= Q(wish=Wish.IN if pause.verb == Verb.REGISTER else Wish.OUT)
    return seats


def is_account_wide(pause: Pause) -> bool:
    """Nothing of this account works."""
    return pause.event_id is None and not pause.verb


def begin(*, account: Account, error: Misconfigured, event: Event | None, verb: Verb) -> Due:
    """Pause what an error's scope says, or push an existing pause's next probe back. Tells staff once per pause."""
    scope: dict[str, Any] = {
        "event": event if error.scope is Scope.TARGET else None,
        "verb": "" if error.scope is Scope.ACCOUNT else verb.value,
    }
    standing = Pause.objects.filter(account=account, ended_at=None, **scope).first()
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
    pause.probes += 1
    wait = PROBE_SECONDS[min(pause.probes, len(PROBE_SECONDS) - 1)]
    pause.next_probe_at = db_now() + timedelta(seconds=wait)
    pause.reason, pause.reason_detail = error.code, error.detail[:300]
    pause.save(update_fields=["probes", "next_probe_at", "reason", "reason_detail"])


def put_off(pause: Pause) -> None:
    """A probe could not be made: try again after the shortest wait."""
    pause.next_probe_at = db_now() + timedelta(seconds=PROBE_SECONDS[0])
    pause.save(update_fields=["next_probe_at"])


def end(pause: Pause) -> None:
    """What was refused works again; whoever kept their place goes on."""
    Pause.objects.filter(pk=pause.pk, ended_at=None).update(ended_at=db_now())


def retry_soon(*, event: Event) -> None:
    """Somebody mended an event: probe its pauses now instead of later."""
    Pause.objects.filter(event=event, ended_at=None).update(next_probe_at=db_now())


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
