"""Recording and ringing: the doors' one call for whatever changes something, and the only module that enqueues.

A ring tells a worker that something may be due; it carries nothing but an id. If it is lost, the schedule finds the work
within two seconds, so a ring is never waited for: it leaves from one daemon thread of the process.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Iterable, Mapping

from celery import current_app
from django.db import IntegrityError, transaction

from registrations.services import (
    approving,
    cancelling,
    changing_dates,
    confirming,
    form_hooks,
    form_verdicts,
    imports,
    intake,
    lost_links,
    own_data,
    pauses,
    privacy,
    resending,
    signup,
)
from registrations.services.approving import Decided
from registrations.services.attribution import Attribution
from registrations.services.consents import Agreed
from registrations.services.due import Due
from registrations.services.import_rows import Row
from registrations.services.resending import BulkResend
from registrations.services.second_forms import Verdict
from registrations.services.signup import Entry

logger = logging.getLogger(__name__)

RING_EXPIRES_SECONDS = 10
BETWEEN_RINGS_SECONDS = 0.1

Ring = tuple[str, int]


def sign_up(
    *,
    campaign_id: int,
    form_token: str,
    entry: Entry,
    agreed: Agreed = signup.NOTHING_AGREED,
    basis: str = "",
    attribution: Attribution | None = None,
    client: str = "",
) -> str:
    """Record an accepted form and ring for it; returns the token of the progress page.

    Raises signup.NotOpen, consents.ConsentMissing.
    """
    receipt = signup.record(
        campaign_id=campaign_id,
        form_token=form_token,
        entry=entry,
        agreed=agreed,
        basis=basis,
        attribution=attribution,
        client=client,
    )
    ring(receipt.due)
    return receipt.progress_token


def sign_up_once(*, campaign_id: int, form_token: str, entry: Entry, agreed: Agreed, attribution: Attribution) -> str:
    """The same for whoever names their posts: the same name again must bring the same. Raises also intake.NameTaken."""
    intake.refuse_other_content(campaign_id=campaign_id, form_token=form_token, entry=entry)
    try:
        receipt = signup.record(
            campaign_id=campaign_id,
            form_token=form_token,
            entry=entry,
            agreed=agreed,
            attribution=attribution,
            is_own_name=True,
        )
    except IntegrityError:
        # The name was given to something else in this very instant; whatever else it may be is nothing to tell of.
        intake.refuse_other_content(campaign_id=campaign_id, form_token=form_token, entry=entry)
        raise
    ring(receipt.due)
    return receipt.progress_token


def sign_up_from_builder(*, secret: str, posted: Mapping[str, str]) -> None:
    """Take a form that a form builder posts to a hook. Raises form_hooks.UnknownHook, form_hooks.Refused, signup.NotOpen."""
    ring(form_hooks.receive(secret=secret, posted=posted))


def cancel(*, token: str) -> None:
    """The person leaves. Raises cancelling.UnknownToken."""
    ring(cancelling.cancel(token=token))


def come_back(*, token: str) -> None:
    """The person comes back after a cancel. Raises cancelling.UnknownToken, signup.NotOpen."""
    ring(cancelling.come_back(token=token))


def change_dates(*, token: str, sessions: Iterable[int], all_dates: bool) -> None:
    """The person chooses other dates. Raises cancelling.UnknownToken, changing_dates.NothingToChoose, dates.NotOffered."""
    ring(changing_dates.change(token=token, sessions=sessions, all_dates=all_dates))


def confirm(*, token: str) -> None:
    """The person says that the address is theirs. Raises cancelling.UnknownToken, signup.NotOpen."""
    ring(confirming.confirm(token=token))


def correct_name(*, token: str, first_name: str, last_name: str) -> None:
    """The person spells their name otherwise. Raises cancelling.UnknownToken."""
    ring(own_data.correct_name(token=token, first_name=first_name, last_name=last_name))


def decide_on_form(*, token: str, form_id: int, verdict: Verdict) -> None:
    """The person says what is to become of a second form. Raises UnknownToken, UnknownForm, Hindered of `form_verdicts`."""
    ring(form_verdicts.decide(token=token, form_id=form_id, verdict=verdict))


def set_preferences(*, token: str, language: str, time_zone: str) -> None:
    """The person wants another language or clock. Raises cancelling.UnknownToken."""
    ring(own_data.set_preferences(token=token, language=language, time_zone=time_zone))


def erase_own(*, token: str) -> None:
    """The person wants to be forgotten. Raises cancelling.UnknownToken, privacy.UnknownPerson."""
    ring(own_data.erase(token=token))


def mail_link_again(*, token: str, client: str) -> None:
    """The person wants their link once more, on their private page. Raises lost_links.UnknownToken."""
    ring(lost_links.mail_again(token=token, client=client))


def ask_for_links(*, address: str, client: str) -> None:
    """Somebody wants all links of an address sent to it; the same for every address."""
    ring(lost_links.ask(address=address, client=client))


def resend_link(*, registration_id: int, user_id: int, expected_generation: int | None = None) -> None:
    """Staff send a link again. Raises resending.AlreadyResent, resending.NothingToSend."""
    due = resending.resend_link(registration_id=registration_id, user_id=user_id, expected_generation=expected_generation)
    ring(due)


def resend_links(*, registration_ids: Iterable[int], user_id: int) -> BulkResend:
    """Staff send many links again; says how many."""
    result = resending.resend_links(registration_ids=registration_ids, user_id=user_id)
    ring(result.due)
    return result


def try_again(*, registration_ids: Iterable[int], user_id: int) -> None:
    """Staff put people's waiting work back into the queue."""
    ring(resending.try_all_again(registration_ids=registration_ids, user_id=user_id))


def approve(*, registration_ids: Iterable[int], user_id: int) -> Decided:
    """Staff let people in who wait for it; says how many."""
    decided = approving.approve(registration_ids=registration_ids, user_id=user_id)
    ring(decided.due)
    return decided


def decline(*, registration_ids: Iterable[int], user_id: int) -> Decided:
    """Staff leave people out who wait for approval; says how many."""
    decided = approving.decline(registration_ids=registration_ids, user_id=user_id)
    ring(decided.due)
    return decided


def try_notices_again(*, mail_ids: Iterable[int]) -> None:
    """Staff put mails to themselves back into the queue."""
    ring(resending.try_notices_again(mail_ids=mail_ids))


def resume_everything() -> None:
    """Turn delivery on again, and ring for all that waited."""
    ring(pauses.resume_everything())


def erase(*, registration_id: int | None = None, address: str = "", user_id: int | None) -> int:
    """Have a person forgotten; returns the erasure's id. Raises privacy.UnknownPerson."""
    due = privacy.erase(registration_id=registration_id, address=address, user_id=user_id)
    ring(due)
    return min(due.erasures)


def go_on_erasing(*, erasure_id: int) -> None:
    """Have an erasure that waits go on now."""
    ring(privacy.try_again(erasure_id=erasure_id))


def import_people(
    *, campaign_id: int, name: str, basis: str, user_id: int | None, rows: Iterable[Row], import_id: int | None = None
) -> imports.Receipt:
    """Bring a list of people into a campaign, or go on with the import of that id.

    Raises signup.NotOpen, imports.DoesNotFit, Import.DoesNotExist, ValidationError.
    """
    if import_id is not None:
        receipt = imports.resume(import_id=import_id, rows=rows)
    else:
        receipt = imports.record(campaign_id=campaign_id, name=name, basis=basis, user_id=user_id, rows=rows)
    ring(receipt.due)
    return receipt


def sync_account(*, account_id: int) -> None:
    """Have an account's events read soon."""
    ring(Due(syncs=frozenset({account_id})))


def ring(due: Due) -> None:
    """Ring for what became due, once the current transaction is committed. Never blocks and never fails."""
    if due:
        transaction.on_commit(lambda: _bell.ring(_rings(due)))


def _rings(due: Due) -> list[Ring]:
    return [
        *(("registrations.drain_seats", account_id) for account_id in due.seats),
        *(("registrations.drain_emails", sender_id) for sender_id in due.emails),
        *(("registrations.sync_account", account_id) for account_id in due.syncs),
        *(("registrations.go_on_erasing", erasure_id) for erasure_id in due.erasures),
        *(("registrations.answer_lost_link", request_id) for request_id in due.lost_links),
    ]


class Bell:
    """Sends rings from one daemon thread per process, the same ring at most every 100 ms.

    While Redis hangs, rings of the same thing fall together, so that at most one per account and sender ever waits.
    """

    def __init__(self) -> None:
        self._waiting: dict[Ring, None] = {}
        self._rung_at: dict[Ring, float] = {}
        self._changed = threading.Condition()
        self._process = 0

    def ring(self, rings: Iterable[Ring]) -> None:
        with self._changed:
            if self._process != os.getpid():  # threads do not survive the fork of a web server's worker
                self._process = os.getpid()
                threading.Thread(target=self._run, name="bell", daemon=True).start()
            self._waiting.update(dict.fromkeys(rings))
            self._changed.notify()

    def _run(self) -> None:
        while True:
            name, row_id = self._next()
            try:
                current_app.send_task(name, args=[row_id], expires=RING_EXPIRES_SECONDS, retry=False)
            except Exception as error:
                # Any failure of the broker means the same: this ring is lost, and the schedule will find the work.
                logger.warning("ring lost", extra={"task": name, "error": type(error).__name__})

    def _next(self) -> Ring:
        with self._changed:
            while True:
                now = time.monotonic()
                for ring in self._waiting:
                    if now - self._rung_at.get(ring, 0.0) >= BETWEEN_RINGS_SECONDS:
                        del self._waiting[ring]
                        self._rung_at[ring] = now
                        return ring
                self._changed.wait(BETWEEN_RINGS_SECONDS if self._waiting else None)


_bell = Bell()
