"""What may happen next in a made-up history, drawn so that most of it matters."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from tests.services.engine.mishaps import AT_MAIL_SERVER, AT_PLATFORM, Deed, Mishap
from tests.services.engine.process import Kill
from tests.services.engine.world import Work, World

DEEDS = ("drain_seats", "drain_mails", "look", "changes_their_mind", "signs_up_again", "resend", "try_again", "pause")
SECONDS = {
    "late": (1, 5, 14),  # before our time-out and the platform's settle time are over
    "killed_late": (1, 14, 34),
    "slow": (5, 20, 70),
    "answers_slowly": (5, 25),
    "throttled": (1, 30, 300),
}
SWITCHES = ("everything", "the key", "the mail server")

_people = st.sampled_from((0, 0, 1, 1, 2, 3))
_campaigns = st.sampled_from((0, 0, 0, 1, 2))
_waits = st.sampled_from((0, 5, 16, 31, 61, 130, 600, 3600))
_kills = st.none() | st.none() | st.none() | st.builds(Kill, write=st.integers(1, 20), after=st.booleans())
_rare_kills = st.sampled_from((None, None, None, None, *(Kill(write) for write in range(1, 7))))
_deeds = st.none() | st.builds(Deed, what=st.sampled_from(DEEDS), who=_people, seconds=st.sampled_from((0, 16, 61)))


@dataclass(frozen=True, repr=False)
class Happening:
    """A call of one of the world's methods, after `wait` seconds."""

    what: str
    wait: int = 0
    arguments: dict[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        told = [f"{name}={value!r}" for name, value in self.arguments.items() if value not in (None, False)]
        return f"{f'{self.wait} s later ' if self.wait else ''}{self.what}({', '.join(told)})"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(repr(self))

    def take_place(self, world: World) -> None:
        world.clock.let_pass(self.wait)
        world.step_on()
        getattr(world, self.what)(**self.arguments)


@st.composite
def _mishaps(draw: st.DrawFn, kinds: Iterable[str]) -> Mishap:
    kind = draw(st.sampled_from(sorted(kinds)))
    seconds = draw(st.sampled_from(SECONDS[kind])) if kind in SECONDS else 0
    return Mishap(kind, draw(st.sampled_from((0, 0, 0, 0, 1, 2))), seconds)


def _work(kinds: Iterable[str]) -> st.SearchStrategy[Work]:
    """A worker whom some of these mishaps meet, who may be killed, and into whose work others may come."""
    mishaps = st.lists(_mishaps(kinds), min_size=1, max_size=3).map(tuple) if kinds else st.just(())
    return st.builds(
        Work, mishaps=mishaps, kill=_kills, sent=st.booleans(), deed=_deeds, aside_at=st.just(0) | st.integers(0, 40)
    )


_seats, _mails, _looks = _work(AT_PLATFORM), _work(AT_MAIL_SERVER), _work(())
_OFTEN: dict[str, tuple[int, dict[str, st.SearchStrategy[Any]]]] = {
    "work_off": (8, {"seats": _seats, "mails": _mails}),
    "drain_seats": (2, {"work": _seats}),
    "drain_mails": (2, {"work": _mails}),
    "look": (2, {"work": _looks}),
    "changes_their_mind": (7, {"who": _people, "campaign": _campaigns, "kill": _rare_kills}),
    "signs_up_again": (
        3,
        {
            "who": _people,
            "campaign": _campaigns,
            "name": st.sampled_from(("Ann", "Eve")),
            "same_form": st.booleans(),
            "kill": _rare_kills,
        },
    ),
    "resend": (1, {"who": _people, "campaign": _campaigns, "kill": _rare_kills}),
    "try_again": (1, {"who": _people, "campaign": _campaigns, "kill": _rare_kills}),
    "stand_still": (2, {"what": st.sampled_from(SWITCHES), "happenings": st.integers(2, 4)}),
    "somebody_else_registers": (1, {"who": _people, "campaign": _campaigns, "admitted": st.booleans()}),
    "end_event": (1, {"number": st.sampled_from((1, 0))}),
}
"""How often each happens, and with what."""

_whats = st.sampled_from([what for what, (often, _) in _OFTEN.items() for _ in range(often)])


@st.composite
def happenings(draw: st.DrawFn) -> Happening:
    """Anything that may happen."""
    what = draw(_whats)
    wait = draw(_waits) if what in ("drain_seats", "drain_mails", "look") else 0
    return Happening(what, wait, {name: draw(strategy) for name, strategy in _OFTEN[what][1].items()})
