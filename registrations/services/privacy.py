"""Forgetting a person: out everywhere, swept, deleted, swept again, and a receipt of what stays.

What holds, whatever is under way when somebody asks for it:

- All that only we keep of the address is forgotten at once, in the transaction that writes the erasure: names, answers, the
  private page, letters. Mails that have not left are cancelled and lose their lease, so that whoever is handing one over
  stops before DATA.
- The seats keep the address until their platforms are clean, under a lease of the erasure's own (`Erasure.hold`). Whoever
  worked on one finds the lease lost; what their call may still bring about is waited for and looked for, by
  `services.erasing`.
- A form of the same address that comes meanwhile is a new will of a new registration. It shares the seat, so it waits until
  the old registration is gone from the platform, and then goes on with a seat of its own. After that, nothing is left that
  it could meet. An import is nobody's own will: it passes by whoever was erased.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet

from registrations.forms.addresses import InvalidAddress, normalise
from registrations.models import (
    Consent,
    Enrollment,
    EnrollmentWish,
    Erasure,
    Fact,
    OutgoingEmail,
    Registration,
    Seat,
    StepState,
    Submission,
    TimelineEntry,
    Wish,
    db_now,
)
from registrations.models.erasure import placeholder
from registrations.services import steps
from registrations.services.due import Due, erasures_due
from registrations.services.senders import sender_of
from registrations.webinar.registry import PROVIDERS

UNTIL_IT_IS_DONE = timedelta(days=3650)
"""How far away the end of an erasure's lease on a seat is: only the erasure gives it back."""


class UnknownPerson(Exception):
    """Nothing is held about this address (any more)."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What an erasure would be about: everything of one address, in all campaigns."""

    address: str
    registrations: tuple[Registration, ...]
    seats: tuple[Seat, ...]
    submissions: int
    mails_handed_over: int
    mails_waiting: int


def plan(*, registration_id: int | None = None, address: str = "") -> Plan:
    """What `erase` would erase, for whoever is about to ask for it. Raises UnknownPerson."""
    wanted = _address_of(registration_id, address)
    registrations = tuple(_registrations_of(wanted).select_related("campaign__event__account").order_by("pk"))
    if not registrations:
        raise UnknownPerson
    seats = Seat.objects.filter(pk__in=_seat_ids(registrations)).select_related("event__account", "session")
    mails = OutgoingEmail.objects.filter(registration__in=registrations, silent=False)
    return Plan(
        address=wanted,
        registrations=registrations,
        seats=tuple(seats.order_by("pk")),
        submissions=Submission.objects.filter(registration__in=registrations).count(),
        mails_handed_over=mails.filter(state=StepState.SETTLED).count(),
        mails_waiting=mails.exclude(state__in=[StepState.SETTLED, StepState.CANCELLED]).count(),
    )


def erase(*, registration_id: int | None = None, address: str = "", user_id: int | None) -> Due:
    """Forget everything of an address, or of a registration's address, and have the platforms forget it.

    The erasure is in what is returned. Asked for twice while it lasts it is one. The person gets no mail about it. Raises
    UnknownPerson.
    """
    wanted = _address_of(registration_id, address)
    try:
        with transaction.atomic():
            return _erase(wanted, user_id)
    except IntegrityError:  # somebody else asked for the same at the same moment
        with transaction.atomic():
            return _erase(wanted, user_id)


def go_on() -> Due:
    """Erasures that are due; cheap enough to ask every two seconds."""
    return erasures_due(*Erasure.objects.filter(steps.due(db_now())).values_list("pk", flat=True))


def try_again(*, erasure_id: int) -> Due:
    """Have an erasure that waits, or needs attention, go on now."""
    with transaction.atomic():
        waiting = Erasure.objects.select_for_update(of=("self",)).filter(
            pk=erasure_id, state__in=[StepState.PARKED, StepState.QUEUED]
        )
        for erasure in waiting:
            erasure.requeue()
            erasure.save()
    return erasures_due(erasure_id)


def is_erased(*, registration_id: int) -> bool:
    """Whether a registration is what an erasure left of it."""
    return Registration.objects.filter(pk=registration_id, token="").exists()


def held_seats(erasure: Erasure) -> QuerySet[Seat]:
    """The seats whose platforms are not known to be clean yet."""
    return Seat.objects.filter(
        pk__in=Enrollment.objects.filter(registration__erasures=erasure).values("seat"), lease_token=erasure.hold
    )


def _address_of(registration_id: int | None, address: str) -> str:
    if registration_id is None:
        try:
            return normalise(address)
        except InvalidAddress as error:
            raise UnknownPerson from error
    registration = Registration.objects.filter(pk=registration_id).only("email", "token").first()
    if registration is None:
        raise UnknownPerson
    underway = registration.erasures.exclude(state=StepState.SETTLED).first()
    return underway.address if underway else registration.email


def _registrations_of(address: str) -> QuerySet[Registration]:
    return Registration.objects.filter(email=address).exclude(token="")


def _seat_ids(registrations: Iterable[Registration]) -> QuerySet[Enrollment, Any]:
    return Enrollment.objects.filter(registration__in=registrations).values("seat")


def _erase(address: str, user_id: int | None) -> Due:
    people = list(_registrations_of(address).select_for_update(of=("self",)).select_related("campaign__sender").order_by("pk"))
    seats = list(
        Seat.objects.select_for_update(of=("self",)).filter(pk__in=_seat_ids(people)).select_related("account").order_by("pk")
    )
    mails = _forget_mails(people)
    open_ones = Erasure.of_address(address).exclude(state=StepState.SETTLED)
    erasure = open_ones.select_for_update(of=("self",)).first()
    if not people:
        if erasure is None:
            raise UnknownPerson
        return erasures_due(erasure.pk)
    if erasure is None:
        erasure = Erasure.objects.create(address=address, address_hash=Erasure.hashes_of(address)[0], requested_by_id=user_id)
    erasure.registrations.add(*people)
    for seat in seats:
        _hold(seat, erasure)
    Enrollment.objects.filter(registration__in=people).update(wish=EnrollmentWish.OUT, held_for="", changed_at=db_now())
    counts = {"registrations": len(people), **_forget_submissions(people), **mails}
    _forget_people(people)
    TimelineEntry.write([person.pk for person in people], TimelineEntry.Code.ERASED, actor_id=user_id)
    # A job at this erasure finds the version changed and looks at the seats anew.
    Erasure.objects.filter(pk=erasure.pk).update(
        version=F("version") + 1, receipt=_added(erasure.receipt, counts), run_at=db_now()
    )
    return erasures_due(erasure.pk)


def _added(receipt: dict[str, Any], counts: dict[str, int]) -> dict[str, Any]:
    return receipt | {name: receipt.get(name, 0) + count for name, count in counts.items()}


def _hold(seat: Seat, erasure: Erasure) -> None:
    """Take a seat away from whoever works on it, until its platform is clean. `run_at` is when looking there makes sense:
    a call under way may take effect until its lease ends and the platform has settled, one in doubt for the latter alone."""
    if seat.lease_token == erasure.hold:
        seat.wish = Wish.OUT
        seat.version += 1
        seat.save()
        return
    now = db_now()
    settled = timedelta(seconds=PROVIDERS[seat.account.provider].capabilities.settle_seconds)
    under_way = seat.state == StepState.LEASED and seat.begun_at is not None
    if under_way:
        seat.in_doubt_since = seat.in_doubt_since or seat.begun_at
    latest = _lease_end(seat, now) if under_way else now
    seat.wish, seat.fact, seat.version = Wish.OUT, Fact.UNKNOWN, seat.version + 1
    seat.state, seat.lease_token, seat.lease_until = StepState.LEASED, erasure.hold, now + UNTIL_IT_IS_DONE
    seat.begun_at = seat.missed_at = seat.first_call_at = seat.admitted_at = None
    seat.link, seat.link_hash, seat.link_inferred = "", None, False
    seat.attempts, seat.reason, seat.reason_detail = 0, "", ""
    seat.run_at = latest + settled if seat.in_doubt_since is not None else now
    seat.save()


def _lease_end(seat: Seat, now: datetime) -> datetime:
    return max(seat.lease_until or now, now)


def _forget_mails(people: list[Registration]) -> dict[str, int]:
    """Blank all letters and cancel what has not left. Whatever is past the DATA mark may have left."""
    mails = OutgoingEmail.objects.filter(registration__in=people)
    locked = list(mails.select_for_update(of=("self",)).order_by("pk").defer("letter"))
    unsent = [mail for mail in locked if mail.state not in (StepState.SETTLED, StepState.CANCELLED)]
    OutgoingEmail.objects.filter(pk__in=[mail.pk for mail in unsent]).update(
        state=StepState.CANCELLED, lease_token=None, lease_until=None, begun_at=None, reason="overtaken"
    )
    mails.update(recipient="", letter="", facts={}, server_reply="", message_id="", reason_detail="")
    spoken = [mail for mail in unsent if not mail.silent]
    maybe_out = sum(mail.data_started_at is not None for mail in spoken)
    return {
        "mails_handed_over": sum(mail.state == StepState.SETTLED and not mail.silent for mail in locked),
        "mails_maybe_out": maybe_out,
        "mails_stopped": len(spoken) - maybe_out,
    }


def _forget_submissions(people: list[Registration]) -> dict[str, int]:
    """Blank all forms. Hashes of a form's content could be guessed back, so they go too; what was not answered never is."""
    forms = list(Submission.objects.filter(registration__in=people).order_by("pk"))
    unanswered = {form.registration_id for form in forms if form.mail_id is None}
    closing = {person.pk: _closing_mail(person) for person in people if person.pk in unanswered}
    for form in forms:
        form.email = placeholder(form.pk)
        form.first_name = form.last_name = ""
        form.answers, form.attribution = {}, None
        form.content_hash, form.progress_hash = secrets.token_hex(32), secrets.token_hex(32)
        if form.mail_id is None:
            form.mail = closing[form.registration_id]
    changed = ["email", "first_name", "last_name", "answers", "attribution", "content_hash", "progress_hash", "mail"]
    Submission.objects.bulk_update(forms, changed, batch_size=100)
    # That somebody agreed, to what and when stays as the proof that we were allowed to; from where does not.
    Consent.objects.filter(submission__in=forms).update(ip=None, page="")
    return {"submissions": len(forms), "imported": sum(form.imported_id is not None for form in forms)}


def _closing_mail(person: Registration) -> OutgoingEmail:
    """A mail that never leaves, in answer to forms that nobody waits for any more."""
    return OutgoingEmail.objects.create(
        sender=sender_of(person.campaign),
        registration=person,
        kind="erased",
        silent=True,
        state=StepState.CANCELLED,
        reason="overtaken",
    )


def _forget_people(people: list[Registration]) -> None:
    for person in people:
        person.email = placeholder(person.pk)
        person.first_name = person.last_name = ""
        person.answers, person.attribution = {}, None
        person.token, person.token_hash = "", secrets.token_hex(32)
    changed = ["email", "first_name", "last_name", "answers", "attribution", "token", "token_hash"]
    Registration.objects.bulk_update(people, changed)
