"""What seats need from the platform, as conversations that wait without holding anybody else up.

An errand is a generator that runs in the drain's own thread, where the database is. Whatever takes time, or is better done
for many at once, it asks for by `yield` and is sent the result; `services.turns` carries out what is asked. An errand ends
with what became due.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, NoReturn

from registrations.models import Seat
from registrations.services.due import Due
from registrations.webinar.errors import PlatformError
from registrations.webinar.provider import Participation, Provider


@dataclass(frozen=True, slots=True)
class Ask:
    """A call to the platform, made on another thread. Sent back: what it returns; thrown in: what it raises."""

    call: Callable[[Provider], Any]


@dataclass(frozen=True, slots=True)
class Begin:
    """Commit that the call for these seats starts now. Sent back: those that are still ours and still wanted so."""

    seats: list[Seat]


@dataclass(frozen=True, slots=True)
class LetIn:
    """Write down that the platform has this person, together with others who arrive now. Sent back: what became due."""

    seat: Seat
    answer: Participation


@dataclass(frozen=True, slots=True)
class Fork:
    """Go on with these seats apart, so that their failure is theirs alone. Sent back: nothing."""

    seats: list[Seat]
    errand: Errand


Errand = Generator[Ask | Begin | LetIn | Fork, Any, Due]


def at_once(work: Callable[[], Due]) -> Errand:
    """An errand that asks for nothing."""
    return work()
    yield  # makes a generator of it


def failing(error: PlatformError) -> Errand:
    """An errand that ends as if the platform had answered with this error."""

    def fail() -> NoReturn:
        raise error

    return at_once(fail)
