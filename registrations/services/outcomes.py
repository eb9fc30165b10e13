"""What a seat becomes after each answer of the platform. Every function finishes a claimed seat and returns what is due."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction

from registrations.models import EnrollmentWish, Fact, Seat, TimelineEntry, db_now
from registrations.services import answering, steps
from registrations.services.admission import may_be_let_in
from registrations.services.due import NOTHING, Due, seats_due
from registrations.webinar.errors import Misconfigured, PlatformError, Rejected, Uncertain
from registrations.webinar.provider import Participation, Provider

Code = TimelineEntry.Code


def registered(provider: Provider, seat: Seat, answer: Participation) -> Due:
    """The platform says that the person is in. Believes it only with a link that nobody else has."""
    if answer.admitted is False and not may_be_let_in(seat, answer):
        return parked(seat, reason="not_admitted")
    if not answer.link:
        return _known_without_link(provider, seat, answer)
    if seat.place.moderated and answer.admitted is not True:
        return _look_whether_admitted(seat, answer)
    return let_in(seat, answer)


def let_in(seat: Seat, answer: Participation) -> Due:
    """Write down participation and link, and answer the submissions that waited for this seat."""
    admitted_at = db_now() if answer.admitted else seat.admitted_at
    values = _participation_values(answer) | {"fact": Fact.IN, "admitted_at": admitted_at, "missed_at": None}
    try:
        with transaction.atomic():
            registrations = answering.lock_registrations(seat)
            done = steps.settle(seat, **values)
            if done is steps.Finish.DONE:
                TimelineEntry.write([item.pk for item in registrations], Code.REGISTERED, data={"inferred": answer.inferred})
                return answering.answer(registrations)
            if done is steps.Finish.LEASE_LOST:
                # Whoever has the lease now will look before it repeats; what we learnt spares it the search for the link.
                Seat.objects.filter(pk=seat.pk, link_hash=None).update(**_participation_values(answer))
    except IntegrityError:
        return _wrong_link(seat)
    return seats_due(seat.account_id)


def still_in(seat: Seat) -> Due:
    """Nothing was to be done at the platform; only the submissions that waited for this seat are answered."""
    with transaction.atomic():
        registrations = answering.lock_registrations(seat)
        if steps.settle(seat) is steps.Finish.DONE:
            return answering.answer(registrations)
    return seats_due(seat.account_id)


def delete(provider: Provider, seat: Seat) -> Due:
    """Take the person out at the platform; if it says that it deleted nothing, the list has to tell."""
    if not steps.begin(seat):
        return seats_due(seat.account_id)
    assert seat.participation_id is not None  # noqa: S101  (whoever has none is removed without a call)
    if provider.delete([seat.participation_id]):
        return removed(seat)
    steps.doubt(seat, reason="nothing_deleted", delay=0)
    return seats_due(seat.account_id)


def removed(seat: Seat) -> Due:
    """The person is not at the platform any more; their link is forgotten."""
    with transaction.atomic():
        done = steps.settle(
            seat,
            fact=Fact.OUT,
            participation_id=None,
            link="",
            link_hash=None,
            link_inferred=False,
            admitted_at=None,
            missed_at=None,
        )
        if done is steps.Finish.DONE:
            leaving = seat.enrollments.filter(wish=EnrollmentWish.OUT).values_list("registration_id", flat=True)
            TimelineEntry.write(leaving, Code.REMOVED)
            return NOTHING
    return seats_due(seat.account_id)


def too_late(seat: Seat) -> Due:
    """The event is over or cancelled before the person could be registered: say so instead of trying for ever."""
    why = "event_cancelled" if "cancelled" in (seat.place.status, seat.event.status) else "event_over"
    with transaction.atomic():
        registrations = answering.lock_registrations(seat)
        if steps.cancel(seat, reason=why) is steps.Finish.DONE:
            return answering.give_up(registrations, why=why)
    return NOTHING


def failed(seat: Seat, error: PlatformError, *, settle_seconds: float) -> Due:
    """The call failed in a way that concerns this seat alone."""
    tries = {} if seat.begun_at is not None else {"attempts": seat.attempts + 1}
    if isinstance(error, Rejected):
        return parked(seat, reason=error.code, detail=error.detail)
    if isinstance(error, Uncertain):
        steps.doubt(seat, reason=error.code, detail=error.detail, delay=settle_seconds, **tries)
        _log(seat, Code.IN_DOUBT, reason=error.code)
    else:
        steps.postpone(seat, reason=error.code, detail=error.detail, **tries)
        _log(seat, Code.TRY_FAILED, reason=error.code)
    return NOTHING


def parked(seat: Seat, *, reason: str, detail: str = "") -> Due:
    """A person must look at this seat."""
    if steps.park(seat, reason=reason, detail=detail) is steps.Finish.DONE:
        _log(seat, Code.PARKED, reason=reason)
    return NOTHING


def give_back(seat: Seat, *, delay: float) -> None:
    """The platform wants quiet: nothing happened to this seat, and no try is counted."""
    if seat.begun_at is not None:
        steps.give_back_uncounted(seat, delay=delay)
    else:
        steps.postpone(seat, reason=seat.reason, detail=seat.reason_detail, delay=delay)


def keep_place(seat: Seat, error: Misconfigured) -> None:
    """A pause holds this seat up; it keeps its place and loses no try."""
    news = seat.reason != error.code
    give_back = steps.give_back_uncounted if seat.begun_at is not None else steps.release
    give_back(seat, reason=error.code, reason_detail=error.detail[:300])
    if news:
        _log(seat, Code.PAUSED, reason=error.code)


def infer_link(provider: Provider, seat: Seat, answer: Participation) -> Participation | None:
    """The participation with a link put together from somebody else's of the same event; None if there is none to go by."""
    if not answer.link_token:
        return None
    others = Seat.objects.filter(event_id=seat.event_id, link_inferred=False).exclude(link_hash=None)
    sample = others.exclude(pk=seat.pk).order_by("pk").first()
    if sample is None:
        return None
    link = provider.link_from(sample.link, answer.link_token)
    return Participation(
        participation_id=answer.participation_id,
        email=answer.email,
        link=link,
        link_token=answer.link_token,
        inferred=True,
        admitted=answer.admitted,
        registered_at=answer.registered_at,
    )


def _known_without_link(provider: Provider, seat: Seat, answer: Participation) -> Due:
    inferred = infer_link(provider, seat, answer)
    if inferred is not None:
        return registered(provider, seat, inferred)
    if may_be_let_in(seat, answer):
        return register_anew(provider, seat, answer)
    return parked(seat, reason="known_without_link")


def register_anew(provider: Provider, seat: Seat, answer: Participation) -> Due:
    """Our own try registered the person, but the link is lost: delete that registration and make one whose link we see."""
    provider.delete([answer.participation_id])
    steps.postpone(seat, reason="link_lost", delay=0, in_doubt_since=None, participation_id=None, link="", link_hash=None)
    return seats_due(seat.account_id)


def _look_whether_admitted(seat: Seat, answer: Participation) -> Due:
    """Moderated events: the answer does not say whether the person waits, so the list is asked, once for all of them."""
    try:
        with transaction.atomic():
            steps.doubt(seat, reason="checking_admission", delay=0, **_participation_values(answer))
    except IntegrityError:
        return _wrong_link(seat)
    return seats_due(seat.account_id)


def _wrong_link(seat: Seat) -> Due:
    """The answer carried a link or participation that belongs to somebody else here: never take it."""
    steps.doubt(seat, reason="wrong_link")
    _log(seat, Code.WRONG_LINK)
    return NOTHING


def _participation_values(answer: Participation) -> dict[str, Any]:
    return {
        "participation_id": answer.participation_id,
        "link": answer.link,
        "link_hash": Seat.link_fingerprint(answer.link),
        "link_inferred": answer.inferred,
    }


def _log(seat: Seat, code: TimelineEntry.Code, **data: str) -> None:
    ids = seat.enrollments.filter(wish=EnrollmentWish.IN).values_list("registration_id", flat=True)
    TimelineEntry.write(ids, code, data={"seat": seat.pk, **data})
