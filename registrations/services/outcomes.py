"""What a seat becomes after each answer of the platform. Every function finishes a claimed seat and returns what is due."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction

from registrations.models import MAX_LOST_LEASES, EnrollmentWish, Fact, Seat, TimelineEntry, Verb
from registrations.services import answering, steps
from registrations.services.admission import may_be_let_in
from registrations.services.arrivals import link_news, log, participation_values, wrong_link
from registrations.services.due import NOTHING, Due, seats_due
from registrations.services.errands import Ask, Begin, Errand, LetIn
from registrations.webinar.errors import Misconfigured, PlatformError, Rejected, Uncertain
from registrations.webinar.provider import Participation, Provider

Code = TimelineEntry.Code

LINK_TRIES = 5
NOT_THERE: dict[str, Any] = {
    "participation_id": None,
    "link": "",
    "link_hash": None,
    "link_inferred": False,
    "admitted_at": None,
    "missed_at": None,
}
"""What a seat knows of a person whom the platform does not have."""


def registered(provider: Provider, seat: Seat, answer: Participation) -> Errand:
    """The platform says that the person is in. Believes it only with a link that nobody else has."""
    if answer.admitted is False and not may_be_let_in(seat, answer):
        return parked(seat, reason="not_admitted")
    if not answer.link:
        inferred = infer_link(provider, seat, answer)
        if inferred is not None:
            return (yield from registered(provider, seat, inferred))
        if may_be_let_in(seat, answer):
            return (yield from register_anew(seat, answer))
        return known_without_link(seat, answer)
    if seat.place.moderated and answer.admitted is not True:
        return _look_whether_admitted(seat, answer)
    due: Due = yield LetIn(seat, answer)
    return due


def still_in(seat: Seat) -> Due:
    """Nothing was to be done at the platform; only the submissions that waited for this seat are answered."""
    with transaction.atomic():
        registrations = answering.lock_registrations(seat)
        if steps.settle(seat) is not steps.Finish.DONE:
            return seats_due(seat.account_id)
        due = answering.answer(registrations)
    return due | answering.answer_newcomers([seat], registrations)


def delete(seat: Seat) -> Errand:
    """Take the person out at the platform; if it says that it deleted nothing, the list has to tell."""
    assert seat.participation_id is not None  # noqa: S101  (whoever has none is removed without a call)
    if not (yield Begin([seat])):
        return seats_due(seat.account_id)
    if (yield ask_to_delete(seat.participation_id)):
        return removed(seat)
    steps.doubt(seat, reason="nothing_deleted", delay=0)
    return seats_due(seat.account_id)


def ask_to_delete(participation_id: str) -> Ask:
    """Delete one participation; False if the platform says that there was none. A refusal is about deleting, whatever for."""

    def call(provider: Provider) -> bool:
        try:
            return provider.delete([participation_id]) > 0
        except Misconfigured as error:
            error.verb = Verb.DELETE
            raise

    return Ask(call)


def removed(seat: Seat) -> Due:
    """The person is not at the platform any more; their link is forgotten."""
    with transaction.atomic():
        answering.lock_registrations(seat)
        if steps.settle(seat, fact=Fact.OUT, **NOT_THERE) is steps.Finish.DONE:
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
    if isinstance(error, Rejected) or (error.code == "bad_link" and seat.attempts >= LINK_TRIES):
        return parked(seat, reason=error.code, detail=error.detail)
    if isinstance(error, Uncertain):
        delay = max(settle_seconds, steps.backoff_seconds(seat.attempts))
        steps.doubt(seat, reason=error.code, detail=error.detail, delay=delay, **tries)
        log(seat, Code.IN_DOUBT, reason=error.code)
    else:
        steps.postpone(seat, reason=error.code, detail=error.detail, **tries)
        log(seat, Code.TRY_FAILED, reason=error.code)
    return NOTHING


def parked(seat: Seat, *, reason: str, detail: str = "", **values: Any) -> Due:
    """A person must look at this seat."""
    with transaction.atomic():
        registrations = answering.lock_registrations(seat)
        if steps.park(seat, reason=reason, detail=detail, **values) is not steps.Finish.DONE:
            return seats_due(seat.account_id)
        log(seat, Code.PARKED, reason=reason)
        return answering.answer_without_link(registrations)


def stumbled(seat: Seat) -> Due:
    """Our own code failed on this seat; after a few times a person must look."""
    if seat.lost_leases + 1 >= MAX_LOST_LEASES:
        return parked(seat, reason="inner_fault", lost_leases=seat.lost_leases + 1)
    steps.stumble(seat)
    return NOTHING


def broken_off(seat: Seat, *, called: bool) -> None:
    """The platform wants quiet in the middle of a seat's errand: as it was if nothing was called for it, else in doubt."""
    if seat.begun_at is None:
        steps.release(seat)
    elif called:
        steps.doubt(seat, reason="throttled", delay=0)
    else:
        steps.give_back_uncounted(seat)


def give_back(seat: Seat, *, delay: float) -> None:
    """The platform wants quiet: nothing happened to this seat, and no try is counted."""
    if seat.begun_at is not None:
        steps.give_back_uncounted(seat, delay=delay)
    else:
        steps.postpone(seat, reason=seat.reason, detail=seat.reason_detail, delay=delay)


def keep_place(seat: Seat, error: Misconfigured) -> None:
    """A pause holds this seat up; it keeps its place and loses no try. Where the refused call was not the seat's own, the
    pause does not hold it, and it waits like after any failure."""
    news = seat.reason != error.code
    if error.verb and error.verb != seat.verb:
        steps.postpone(seat, reason=error.code, detail=error.detail)
    elif seat.begun_at is not None:
        steps.give_back_uncounted(seat, reason=error.code, reason_detail=error.detail[:300])
    else:
        steps.release(seat, reason=error.code, reason_detail=error.detail[:300])
    if news:
        log(seat, Code.PAUSED, reason=error.code)


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


def known_without_link(seat: Seat, answer: Participation) -> Due:
    """Somebody else registered this person, and no answer tells their link. What is known is kept, so that they can leave."""
    try:
        return parked(seat, reason="known_without_link", participation_id=answer.participation_id)
    except IntegrityError:
        return wrong_link(seat)


def register_anew(seat: Seat, answer: Participation) -> Errand:
    """Our own try registered the person, but the link is lost: delete that registration and make one whose link we see.
    After many tries a person must look, or it could go on for ever."""
    if seat.attempts > LINK_TRIES:
        return known_without_link(seat, answer)
    if not (yield ask_to_delete(answer.participation_id)):
        steps.doubt(seat, reason="link_lost")
        return NOTHING
    steps.postpone(seat, reason="link_lost", delay=0, in_doubt_since=None, **NOT_THERE)
    return seats_due(seat.account_id)


def _look_whether_admitted(seat: Seat, answer: Participation) -> Due:
    """Moderated events: the answer does not say whether the person waits, so the list is asked, once for all of them."""
    try:
        with transaction.atomic():
            steps.doubt(seat, reason="checking_admission", delay=0, **participation_values(answer), **link_news(seat, answer))
    except IntegrityError:
        return wrong_link(seat)
    return seats_due(seat.account_id)
