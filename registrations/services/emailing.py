"""Working off the mails of one sender: each is frozen, rendered from its row alone, and handed to the mail server."""

from __future__ import annotations

import logging
import time
from contextlib import closing
from datetime import timedelta

from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.models import Q

from registrations.mailing.compose import compose
from registrations.mailing.delivery import Connection
from registrations.mailing.errors import MailDeferred, MailRefused, MailUnavailable, MailUncertain
from registrations.mailing.kinds import KINDS
from registrations.mailing.letter import Letter
from registrations.models import (
    MAX_LOST_LEASES,
    OutgoingEmail,
    Sender,
    TimelineEntry,
    db_now,
)
from registrations.services import leases, steps, witness
from registrations.services.due import NOTHING, Due, emails_due
from registrations.services.letters import write_letter

logger = logging.getLogger(__name__)

SLICE_SECONDS = 5.0
SLICE_ROWS = 50
CLAIM_ROWS = 10
LINGER_SECONDS = 0.3
LONGEST_TROUBLE_SECONDS = 300

Code = TimelineEntry.Code


class LeaseLost(Exception):
    """Another worker has taken the mail over."""


def drain(*, sender_id: int) -> Due:
    """Work off due mails of a sender for one slice; returns the sender as due if more waits.

    Returns at once if somebody else is at it, everything is paused or was restored from a backup, or the mail server was in
    trouble a moment ago.
    """
    with leases.hold(Sender, sender_id) as held:
        if held is None or not witness.tick():
            return NOTHING
        sender = Sender.objects.get(pk=sender_id)
        if sender.retry_at is not None and sender.retry_at > db_now():
            return NOTHING
        with closing(Connection()) as connection:  # opened by the first mail: trouble then concerns that mail
            in_trouble = _work_off(sender, connection, held)
    witness.tick()
    if not in_trouble and OutgoingEmail.objects.filter(steps.due(db_now()), sender_id=sender_id).exists():
        return emails_due(sender_id)
    return NOTHING


def due_senders() -> Due:
    """Senders with mails that are due now and no trouble to wait out."""
    now = db_now()
    waiting = OutgoingEmail.objects.filter(steps.due(now)).order_by().values("sender_id")
    ready = Sender.objects.filter(Q(retry_at=None) | Q(retry_at__lte=now), pk__in=waiting)
    return emails_due(*ready.values_list("pk", flat=True))


def _work_off(sender: Sender, connection: Connection, held: leases.Hold) -> bool:
    """One slice; True if the mail server is in trouble."""
    deadline = time.monotonic() + SLICE_SECONDS
    done, lingered = 0, False
    while done < SLICE_ROWS and time.monotonic() < deadline and held.renew():
        mails = _claim(sender)
        if not mails and lingered:
            break
        if not mails:
            time.sleep(LINGER_SECONDS)
        lingered = not mails
        for number, mail in enumerate(mails):
            try:
                _send(sender, connection, mail)
            except MailUnavailable as error:
                _trouble(sender, error)
                for waiting in mails[number:]:
                    _give_back(waiting)
                return True
            except DatabaseError:
                raise
            except Exception:
                logger.exception("a mail could not be worked on", extra={"mail": mail.pk})
                _stumbled(mail)
        done += len(mails)
    return False


def _claim(sender: Sender) -> list[OutgoingEmail]:
    mails = OutgoingEmail.objects.filter(sender=sender).select_related(
        "registration__campaign__event__account", "registration__campaign__session", "sender"
    )
    return steps.claim(rows=mails, limit=CLAIM_ROWS)


def _send(sender: Sender, connection: Connection, mail: OutgoingEmail) -> None:
    """Hand over one mail and write down how it went. Raises MailUnavailable if the server does not take any."""
    if mail.lost_too_often:
        _park(mail, reason="lost_leases")
        return
    letter = _freeze(mail)
    if letter is None:
        return
    if mail.data_started_at is not None and not _send_again_after_doubt(mail):
        return
    _keep_pace(sender)
    if not steps.begin(mail):
        return
    if mail.silent:
        connection.open()  # what never leaves must still wait for the server like what does
        steps.settle(mail)
    else:
        _hand_over(sender, connection, mail, letter)


def _hand_over(sender: Sender, connection: Connection, mail: OutgoingEmail, letter: Letter) -> None:
    try:
        reply = connection.send(compose(letter), on_data=lambda: _mark_data_started(mail))
    except LeaseLost:
        return  # somebody else has the mail, and nothing of it has left from here
    except ValueError as error:  # no repeat would make a mail of it
        _park(mail, reason="cannot_compose", detail=type(error).__name__)
    except MailRefused as error:
        _park(mail, reason=error.code, detail=error.detail)
    except MailDeferred as error:
        steps.postpone(mail, reason=error.code, detail=error.detail, data_started_at=None)
        _log(mail, Code.MAIL_DELAYED, reason=error.code)
    except MailUncertain as error:
        steps.doubt(mail, reason=error.code, detail=error.detail)
        _log(mail, Code.MAIL_DELAYED, reason=error.code)
    else:
        _handed_over(sender, mail, reply)


def _park(mail: OutgoingEmail, *, reason: str, detail: str = "") -> None:
    steps.park(mail, reason=reason, detail=detail, data_started_at=None)
    _log(mail, Code.MAIL_PARKED, reason=reason)


def _stumbled(mail: OutgoingEmail) -> None:
    """Our own code failed on this mail; after a few times a person must look."""
    if mail.lost_leases + 1 >= MAX_LOST_LEASES:
        _park(mail, reason="inner_fault")
    else:
        steps.stumble(mail)


def _freeze(mail: OutgoingEmail) -> Letter | None:
    """The letter of a claimed mail; None if the mail has become untrue and was dropped.

    It is written from what holds now until the instant in which it may be out; from then on it never changes.
    """
    if mail.data_started_at is not None:
        return Letter.from_json(mail.letter)
    letter = write_letter(mail)
    if letter is None:
        steps.cancel(mail, reason="overtaken")
        _log(mail, Code.MAIL_DROPPED)
        return None
    if KINDS[mail.kind].needs_link and not mail.silent and not any(meeting.link for meeting in letter.meetings):
        steps.cancel(mail, reason="no_link_any_more")
        _log(mail, Code.MAIL_DROPPED)
        return None
    mail.letter, mail.message_id = letter.to_json(), letter.message_id
    written = OutgoingEmail.objects.filter(pk=mail.pk, lease_token=mail.lease_token)
    return letter if written.update(letter=mail.letter, message_id=mail.message_id) else None


def _send_again_after_doubt(mail: OutgoingEmail) -> bool:
    """A former try may have got through in the instant after DATA: repeat the same mail and say so, or hold it for a person."""
    if settings.MAIL_UNCERTAIN_POLICY == "hold" and mail.reason != "sent_again_by_staff":
        steps.park(mail, reason="may_have_been_sent")
        _log(mail, Code.MAIL_PARKED, reason="may_have_been_sent")
        return False
    if not mail.possible_second_copy:
        OutgoingEmail.objects.filter(pk=mail.pk).update(possible_second_copy=True)
        _log(mail, Code.SECOND_COPY)
    return True


def _mark_data_started(mail: OutgoingEmail) -> None:
    """Commit, between RCPT and DATA, that from now on the mail may be out. Raises LeaseLost if it is no longer ours."""
    now = db_now()
    mine = OutgoingEmail.objects.filter(pk=mail.pk, lease_token=mail.lease_token)
    if not mine.update(data_started_at=now, lease_until=now + steps.lease_length()):
        raise LeaseLost


def _handed_over(sender: Sender, mail: OutgoingEmail, reply: str) -> None:
    with transaction.atomic():
        if steps.settle(mail, server_reply=reply[:300]) is steps.Finish.DONE:
            _log(mail, Code.MAIL_HANDED_OVER, generation=mail.generation)
    if sender.trouble:
        sender.trouble, sender.trouble_count, sender.retry_at, sender.trouble_since = "", 0, None, None
        sender.save(update_fields=["trouble", "trouble_count", "retry_at", "trouble_since"])


def _keep_pace(sender: Sender) -> None:
    if sender.mails_per_second is None:
        return
    now = db_now()
    wait = max((sender.next_mail_at - now).total_seconds(), 0.0)
    time.sleep(min(wait, SLICE_SECONDS))
    sender.next_mail_at = max(sender.next_mail_at, now) + timedelta(seconds=1 / sender.mails_per_second)
    Sender.objects.filter(pk=sender.pk).update(next_mail_at=sender.next_mail_at)


def _trouble(sender: Sender, error: MailUnavailable) -> None:
    """The mail server takes nothing: everything of this sender waits a little, then one mail tries."""
    now = db_now()
    sender.trouble, sender.trouble_detail = error.code, error.detail[:300]
    sender.trouble_since = sender.trouble_since or now
    sender.trouble_count += 1
    wait = min(steps.backoff_seconds(sender.trouble_count), LONGEST_TROUBLE_SECONDS)
    sender.retry_at = now + timedelta(seconds=wait)
    sender.save(update_fields=["trouble", "trouble_detail", "trouble_since", "trouble_count", "retry_at"])


def _give_back(mail: OutgoingEmail) -> None:
    if mail.begun_at is not None:
        steps.give_back_uncounted(mail, data_started_at=None)
    else:
        steps.release(mail)


def _log(mail: OutgoingEmail, code: TimelineEntry.Code, **data: str | int) -> None:
    if mail.registration_id is not None:
        TimelineEntry.write([mail.registration_id], code, data={"mail": mail.pk, "kind": mail.kind, **data})
