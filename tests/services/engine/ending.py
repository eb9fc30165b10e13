"""The end of a history: all is mended, time passes until it is quiet, and then everybody has what was promised."""

from __future__ import annotations

from django.conf import settings
from django.db.models import Q

from registrations.models import (
    OPEN_STATES,
    Fact,
    OutgoingEmail,
    Registration,
    Seat,
    StepState,
    Wish,
)
from registrations.services import resending
from tests.services.engine.checks import is_in, leaves_nothing_behind
from tests.services.engine.moments import next_moment
from tests.services.engine.world import CAMPAIGNS, Key, World

LONGEST = 60
"""So often may time be put forward to the next moment at which something is due, before it counts as never quiet."""

FOR_A_PERSON = {"known_without_link", "not_admitted"}
"""Why a seat needs a person, however often staff tries it again: somebody else registered this person, and the platform tells
nobody their link, or would not let them in."""


def end(world: World) -> None:
    """Mend everything, let it run until it is quiet, let staff try again whatever needs attention, and hold all promises."""
    world.goes_on()
    world.clock.let_pass(settings.STEP_LEASE_SECONDS + 1)  # whatever dead processes held has run out
    _let_run(world)
    world.check()
    _keeps_promises(world, staff_was_here=False)
    if not _who_needs_a_person():
        return
    for registration in _who_needs_a_person():
        resending.try_again(registration_id=registration.pk, user_id=world.staff.pk)
    _let_run(world)
    world.check()
    _keeps_promises(world, staff_was_here=True)


def _let_run(world: World) -> None:
    for _ in range(LONGEST):
        _work_off(world)
        following = next_moment(world.clock.now())
        if following is None:
            leaves_nothing_behind(world.clock.now())
            return
        world.clock.let_pass((following - world.clock.now()).total_seconds() + 0.01)
    raise AssertionError(f"never quiet: {_open_rows()}")


def _work_off(world: World) -> None:
    due = world.look()
    for _ in range(LONGEST):
        if not due:
            return
        following = world.drain_seats() if due.seats else type(due)()
        if due.emails:
            following |= world.drain_mails()
        due = following
    raise AssertionError(f"works for ever: {_open_rows()}")


def _open_rows() -> list[object]:
    values = ("pk", "state", "reason", "run_at", "lease_until")
    return [list(model.objects.filter(state__in=OPEN_STATES).values_list(*values)) for model in (Seat, OutgoingEmail)]


def _who_needs_a_person() -> list[Registration]:
    parked = Q(enrollments__seat__state=StepState.PARKED) | Q(mails__state=StepState.PARKED)
    return list(Registration.objects.filter(parked).distinct())


def _keeps_promises(world: World, *, staff_was_here: bool) -> None:
    for key, wish in world.wishes.items():
        registration = world.registration(key)
        assert registration is not None, f"{key} is lost"
        seat = Seat.objects.get(enrollments__registration=registration)
        if seat.state == StepState.PARKED:
            assert not staff_was_here or seat.reason in FOR_A_PERSON, f"{key} still needs a person: {seat.reason}"
        elif wish:
            _is_in_or_told(world, key, registration, seat, staff_was_here=staff_was_here)
        elif not any(world.wishes.get((other, key[1])) for other in _campaigns_beside(key)):
            _is_out(world, key, seat)


def _campaigns_beside(key: Key) -> list[int]:
    return [number for number, (event, _) in enumerate(CAMPAIGNS) if event == CAMPAIGNS[key[0]][0]]


def _is_in_or_told(world: World, key: Key, registration: Registration, seat: Seat, *, staff_was_here: bool) -> None:
    unanswered = registration.submissions.filter(mail=None)
    assert not unanswered.exists(), f"{key}: a form was never answered"
    if CAMPAIGNS[key[0]][0] in world.over and not is_in(seat):
        assert seat.state == StepState.CANCELLED, f"{key}: the event is over, and the seat is {seat.state}"
        return
    assert is_in(seat), f"{key} wants in and is {seat.state}, {seat.fact}, {seat.reason}"
    live = world.platform.live(key[1], world.target(key[0]))
    assert [place.link for place in live if place.link == seat.link or place.ours] == [seat.link], f"{key}: {live}"
    assert all(place.admitted for place in live if place.link == seat.link), f"{key} waits to be let in"
    _has_their_link(world, key, registration, seat, staff_was_here=staff_was_here)


def _has_their_link(world: World, key: Key, registration: Registration, seat: Seat, *, staff_was_here: bool) -> None:
    mails = registration.mails.filter(kind__in=["link", "known"], silent=False)
    sent = set(mails.filter(state=StepState.SETTLED).values_list("message_id", flat=True))
    copies = [copy for copy in world.mail_server.copies if copy.message_id in sent and copy.recipient == key[1]]
    if any(seat.link in copy.links for copy in copies) or CAMPAIGNS[key[0]][0] in world.over:
        return
    assert not staff_was_here, f"{key} never got their link: {list(mails.values_list('kind', 'state', 'reason'))}"
    assert mails.filter(state=StepState.PARKED).exists(), f"{key} never got their link, and nobody is told"


def _is_out(world: World, key: Key, seat: Seat) -> None:
    assert (seat.state, seat.wish, seat.fact) == (StepState.SETTLED, Wish.OUT, Fact.OUT), f"{key}: {seat.state}, {seat.fact}"
    live = [place for place in world.platform.live(key[1], world.target(key[0])) if place.ours]
    assert not live, f"{key} wants out and is at the platform"
