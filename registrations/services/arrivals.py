"""Writing down who is in: link and participation, the line in the history, and the mail that answers."""

from __future__ import annotations

import copy
import logging
from typing import Any

from django.db import DatabaseError, DataError, IntegrityError, transaction
from django.db.models import F

from registrations.models import Enrollment, EnrollmentWish, Fact, Seat, StepState, TimelineEntry, Wish, db_now
from registrations.services import answering, steps
from registrations.services.due import NOTHING, Due, seats_due
from registrations.webinar.provider import Participation

logger = logging.getLogger(__name__)

Code = TimelineEntry.Code
Arrival = tuple[Seat, Participation]


def let_in_all(arrivals: list[Arrival]) -> list[Due | Exception]:
    """Write down many arrivals in one transaction, or each in its own where that fails; what came of each, in their order."""
    if len(arrivals) > 1:
        try:
            due = _let_in([(copy.copy(seat), answer) for seat, answer in arrivals])
        except (IntegrityError, DataError):
            pass  # one of them carries somebody else's link; which one, each by itself will tell
        except DatabaseError:
            raise
        except Exception:
            logger.exception("arrivals could not be written down together", extra={"seats": [seat.pk for seat, _ in arrivals]})
        else:
            return [due] * len(arrivals)
    return [_let_in_alone(seat, answer) for seat, answer in arrivals]


def _let_in_alone(seat: Seat, answer: Participation) -> Due | Exception:
    try:
        return let_in(seat, answer)
    except DatabaseError:
        raise
    except Exception as error:
        return error


def let_in(seat: Seat, answer: Participation) -> Due:
    """Write down participation and link, and answer the submissions that waited for this seat."""
    try:
        return _let_in([(copy.copy(seat), answer)])
    except IntegrityError:
        return wrong_link(seat)


def _let_in(arrivals: list[Arrival]) -> Due:
    due = NOTHING
    taken: list[Arrival] = []
    with transaction.atomic():
        registrations = answering.lock_registrations(*(seat for seat, _ in arrivals))
        finishes = steps.settle_all([(seat, _values_in(seat, answer)) for seat, answer in arrivals])
        for (seat, answer), done in zip(arrivals, finishes, strict=True):
            if done is steps.Finish.DONE:
                taken.append((seat, answer))
            else:
                due |= seats_due(seat.account_id)
            if done is steps.Finish.LEASE_LOST:
                _keep_news(seat, answer)
        if taken:
            _log_registered(taken)
            due |= answering.answer(registrations)
    return due | answering.answer_newcomers([seat for seat, _ in arrivals], registrations)


def _values_in(seat: Seat, answer: Participation) -> dict[str, Any]:
    admitted_at = db_now() if answer.admitted else seat.admitted_at
    return (
        participation_values(answer)
        | link_news(seat, answer)
        | {"fact": Fact.IN, "admitted_at": admitted_at, "missed_at": None}
    )


def _log_registered(taken: list[Arrival]) -> None:
    inferred = {seat.pk: answer.inferred for seat, answer in taken}
    wanting = Enrollment.objects.filter(seat__in=inferred, wish=EnrollmentWish.IN).values_list("registration_id", "seat_id")
    TimelineEntry.write_all(
        Code.REGISTERED, {registration: {"seat": seat, "inferred": inferred[seat]} for registration, seat in wanting}
    )


def _keep_news(seat: Seat, answer: Participation) -> None:
    """Our lease ran out before the answer came. Whoever has the row now looks before repeating; what we learnt spares it
    the search for the link. If the row was settled as out meanwhile, the person is in all the same: look again."""
    Seat.objects.filter(pk=seat.pk, link_hash=None).update(
        **participation_values(answer), link_version=F("link_version") + int(bool(answer.link))
    )
    now = db_now()
    Seat.objects.filter(pk=seat.pk, state=StepState.SETTLED, wish=Wish.OUT).update(
        state=StepState.QUEUED, run_at=now, in_doubt_since=now, fact=Fact.UNKNOWN
    )


def wrong_link(seat: Seat) -> Due:
    """The answer carried a link or participation that belongs to somebody else here: never take it."""
    steps.doubt(seat, reason="wrong_link")
    log(seat, Code.WRONG_LINK)
    return NOTHING


def participation_values(answer: Participation) -> dict[str, Any]:
    """What a seat remembers of an answer."""
    return {
        "participation_id": answer.participation_id,
        "link": answer.link,
        "link_hash": Seat.link_fingerprint(answer.link),
        "link_inferred": answer.inferred,
    }


def link_news(seat: Seat, answer: Participation) -> dict[str, Any]:
    """What a seat must count of an answer: a link that it has not had. Calendars take the new one by the higher number."""
    is_new = bool(answer.link) and Seat.link_fingerprint(answer.link) != seat.link_hash
    return {"link_version": seat.link_version + int(is_new)}


def log(seat: Seat, code: TimelineEntry.Code, **data: str | bool) -> None:
    """A line in the history of everybody who wants this seat in."""
    ids = seat.enrollments.filter(wish=EnrollmentWish.IN).values_list("registration_id", flat=True)
    TimelineEntry.write(ids, code, data={"seat": seat.pk, **data})
