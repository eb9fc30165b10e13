"""What a claimed mail becomes: ready to go with its letter, dropped, put off, or a case for a person."""

from __future__ import annotations

import logging
from datetime import datetime

from django.conf import settings
from django.db import DatabaseError, transaction

from registrations.mailing.errors import MailDeferred, MailRefused, MailUncertain
from registrations.mailing.kinds import KINDS
from registrations.mailing.letter import Letter
from registrations.models import MAX_LOST_LEASES, OutgoingEmail, TimelineEntry
from registrations.services import steps
from registrations.services.handing_over import Ready, log
from registrations.services.letters import Desk

logger = logging.getLogger(__name__)

Code = TimelineEntry.Code


def prepare(mail: OutgoingEmail, desk: Desk, *, alone: bool) -> Ready | None:
    """A claimed mail with its letter; None if it was dropped, parked, or our code failed on it.

    The letter is written from what holds now until the instant in which it may be out; from then on it never changes.
    """
    try:
        if mail.lost_too_often:
            _park(mail, reason="lost_leases", out_since=mail.data_started_at)
            return None
        if mail.data_started_at is None:
            return _with_new_letter(mail, desk, alone=alone)
        letter = Letter.from_json(mail.letter)
        return Ready(mail, letter, None, mail.data_started_at, alone) if _may_go_again(mail) else None
    except DatabaseError:
        raise
    except Exception as error:
        stumbled(mail, error)
        return None


def _with_new_letter(mail: OutgoingEmail, desk: Desk, *, alone: bool) -> Ready | None:
    letter = desk.write(mail)
    if letter is None:
        _drop(mail, reason="overtaken")
        return None
    if KINDS[mail.kind].needs_link and not mail.silent and not any(meeting.link for meeting in letter.meetings):
        _drop(mail, reason="no_link_any_more")
        return None
    return Ready(mail, letter, desk.standing(mail), None, alone)


def _may_go_again(mail: OutgoingEmail) -> bool:
    """A former try may have got through in the instant after DATA: repeat the same mail and say so, or hold it for a person."""
    if settings.MAIL_UNCERTAIN_POLICY == "hold" and mail.reason != "sent_again_by_staff":
        steps.park(mail, reason="may_have_been_sent")
        log(mail, Code.MAIL_PARKED, reason="may_have_been_sent")
        return False
    if not mail.possible_second_copy:
        with transaction.atomic():
            OutgoingEmail.objects.filter(pk=mail.pk).update(possible_second_copy=True)
            log(mail, Code.SECOND_COPY)
    return True


def failed(ready: Ready, error: Exception) -> None:
    """A mail did not get through, for a reason that concerns it alone."""
    mail = ready.mail
    match error:
        case MailRefused():
            _park(mail, reason=error.code, detail=error.detail, out_since=ready.out_since)
        case MailDeferred():
            tries = _one_more_try(mail)
            steps.postpone(mail, reason=error.code, detail=error.detail, data_started_at=ready.out_since, **tries)
            log(mail, Code.MAIL_DELAYED, reason=error.code)
        case MailUncertain():
            steps.doubt(mail, reason=error.code, detail=error.detail)
            log(mail, Code.MAIL_DELAYED, reason=error.code)
        case ValueError():  # no repeat would make a mail of it
            _park(mail, reason="cannot_compose", detail=type(error).__name__, out_since=ready.out_since)
        case _:
            stumbled(mail, error)


def _one_more_try(mail: OutgoingEmail) -> dict[str, int]:
    """Mails begin only when their text leaves; one that was turned away before that was tried all the same."""
    if mail.begun_at is not None:
        return {}
    mail.attempts += 1
    return {"attempts": mail.attempts}


def stumbled(mail: OutgoingEmail, error: Exception) -> None:
    """Our own code failed on this mail; after a few times a person must look."""
    logger.error("a mail could not be worked on", extra={"mail": mail.pk}, exc_info=error)
    if mail.lost_leases + 1 >= MAX_LOST_LEASES:
        _park(mail, reason="inner_fault", out_since=mail.data_started_at)
    else:
        steps.stumble(mail)


def give_back(ready: Ready) -> None:
    """Nothing happened to this mail, and not because of it: it keeps its place, and no try is counted."""
    if ready.mail.begun_at is not None:
        steps.give_back_uncounted(ready.mail, data_started_at=ready.out_since)
    else:
        steps.release(ready.mail)


def _park(mail: OutgoingEmail, *, reason: str, detail: str = "", out_since: datetime | None = None) -> None:
    steps.park(mail, reason=reason, detail=detail, data_started_at=out_since)
    log(mail, Code.MAIL_PARKED, reason=reason)


def _drop(mail: OutgoingEmail, *, reason: str) -> None:
    steps.cancel(mail, reason=reason)
    log(mail, Code.MAIL_DROPPED)
