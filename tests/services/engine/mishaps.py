"""What can befall one call to the platform or one mail, and what others do while it hangs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields

ADDRESSES = ("ann@example.com", "bob@example.com", "cid@example.com", "dan@example.com")


class Told:
    """A value that is told without what is as usual, so that a history can be read."""

    def __repr__(self) -> str:
        unusual = [entry for entry in fields(self) if getattr(self, entry.name) != entry.default]  # type: ignore[arg-type]
        return f"{type(self).__name__}({', '.join(f'{entry.name}={getattr(self, entry.name)!r}' for entry in unusual)})"


@dataclass(frozen=True, repr=False)
class Deed(Told):
    """What somebody else does in the middle of a worker's work, after `seconds` have passed."""

    what: str
    who: int = 0
    seconds: int = 0


@dataclass(frozen=True, repr=False)
class Mishap(Told):
    """What happens to a call: the first that it can happen to, after `skip` of them. `seconds` as the kind needs them."""

    kind: str
    skip: int = 0
    seconds: int = 0


READS = ("list", "details", "owner")
WRITES = ("register", "invite", "delete", "moderate")
ANY = READS + WRITES

AT_PLATFORM = {
    # It has no effect, and we are told so.
    "no_connection": ANY,
    "throttled": ANY,
    "unauthorized": ANY,
    "forbidden": ("list", "details", *WRITES),
    "target_refuses": ("register", "invite"),
    "rejected": ("register",),
    # It takes long, or nobody hears of its end.
    "slow": ANY,
    "answers_slowly": WRITES,
    "lost": ANY,
    "done_lost": WRITES,
    "late": WRITES,
    # The answer is wrong, or something of ours is.
    "bad_link": ("register", "invite"),
    "foreign_record": ("register",),
    "foreign_link": ("register", "invite"),
    "left_out": ("invite",),
    "broken": ANY,
    # Whoever asked is killed: before it is done, after that, or it is done later.
    "killed_before": ANY,
    "killed_after": ANY,
    "killed_late": WRITES,
}
"""Which calls to the platform each kind can happen to."""

AT_MAIL_SERVER = dict.fromkeys(
    (
        # Before our mark that the mail may be out.
        "refused",
        "deferred",
        "closing",
        "slow",
        "killed_before_mark",
        # Between the mark and the text.
        "data_deferred",
        "data_lost",
        "killed_after_mark",
        # At the end of the text: taken or not, and who hears of it.
        "dot_refused",
        "dot_deferred",
        "answers_slowly",
        "taken_lost",
        "untaken_lost",
        "taken_killed",
        "untaken_killed",
        "taken_killed_after_250",
    ),
    ("mail",),
)
"""The same for mails."""

HAPPENS_TO = AT_MAIL_SERVER | AT_PLATFORM | dict.fromkeys(("slow", "answers_slowly"), (*ANY, "mail"))
FINE = Mishap("fine")


class Script:
    """The mishaps that wait for their call, in their order."""

    def __init__(self, mishaps: Iterable[Mishap] = ()) -> None:
        self._waiting = [[mishap, mishap.skip] for mishap in mishaps]

    def take(self, call: str) -> Mishap:
        """What happens to this call."""
        for entry in self._waiting:
            mishap, skip = entry
            if call in HAPPENS_TO[mishap.kind]:
                if not skip:
                    self._waiting.remove(entry)
                    return mishap
                entry[1] -= 1
        return FINE
