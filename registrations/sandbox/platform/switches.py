"""Switches: where the vendor's texts disagree or say nothing, the stand-in can behave either way.

The first value of each switch is the default. `S1`–`S5` are points where two vendor texts disagree.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Switch:
    """One named choice. `values[0]` is the default."""

    name: str
    values: tuple[str, ...]
    meaning: str


SWITCHES: tuple[Switch, ...] = (
    Switch("mode", ("strict", "lenient"), "lenient also serves inferred spellings of routes and trailing slashes"),
    Switch(
        "register_duplicate",
        ("existing", "existing_200", "conflict", "second"),
        "S1: register with a known e-mail: 201 or 200 with the old record, 409, or a second participation",
    ),
    Switch("delete_scope", ("registration", "everything"), "S2: deleting a participation keeps or wipes its visit"),
    Switch("is_accepted_flag", ("honoured", "ignored"), "S3: isAccepted=true approves on a moderated event, or not"),
    Switch("conversion_busy", ("403", "409"), "S4: kept for clients that set it; record conversions are not played"),
    Switch("invite_over_limit", ("400", "first_50", "no_limit"), "S5: more than 50 people in one invite call"),
    Switch("stop_registration", ("400", "403", "404", "success"), "register or invite to something finished"),
    Switch("full_event", ("success", "403"), "register beyond the number `capacity`"),
    Switch("open_event", ("success", "400"), "register to an event without registration"),
    Switch(
        "whole_series_refusal",
        ("400", "403", "409", "sessions"),
        "register to an event without whole-series registration; `sessions` registers for each existing session",
    ),
    Switch("series_people_in_sessions", ("absent", "listed"), "whole-series people in a session's list"),
    Switch("invite_code", ("201", "200"), "status of a successful invite"),
    Switch("invite_known", ("absent", "listed"), "known e-mails in the answer of invite"),
    Switch("invite_repeated", ("ignored", "twice"), "an e-mail that stands twice in one invite call"),
    Switch("invite_empty", ("400", "200"), "invite without users"),
    Switch("invite_all_bad", ("201", "400"), "invite where every row is bad or known: [] or an error"),
    Switch("optional_field", ("required", "optional"), "additional fields with isRequired=false"),
    Switch("contact_id", ("present", "absent"), "contactId in the answers of register and invite"),
    Switch("send_email_default", ("true", "false"), "sendEmail of register when it is left out"),
    Switch("outsider_role", ("accepted", "400", "403"), "role ADMIN or LECTURER for people outside the organisation"),
    Switch("unknown_participation", ("ignored", "404"), "unknown ids in participationIds"),
    Switch("reregister", ("new", "same_link"), "register after delete: a new link, or the old one revived"),
    Switch("unknown_key", ("403", "401"), "a well-formed key that is unknown or revoked"),
    Switch("rate_window", ("fixed", "sliding"), "how the calls of one second are counted"),
    Switch("rate_scope", ("key", "organization"), "whose calls are counted together"),
    Switch("retry_after", ("present", "absent"), "the Retry-After header of a 429"),
    Switch("access_both", ("settings_win", "400"), "access and accessSettings sent together"),
    Switch("per_page_outside", ("default", "400", "nearest"), "a perPage that is not one of the allowed values"),
    Switch("from_missing", ("now", "400"), "a schedule without `from`"),
    Switch("date_spellings", ("liberal", "strict"), "spellings of from and to; strict: the documented one alone"),
    Switch("conflict_body", ("json", "empty"), "body of a 409"),
    Switch("outsider_user_id", ("own", "null"), "userId in participations of people outside the organisation"),
    Switch("last_session_deleted", ("event_gone", "event_stays"), "what deleting the last session does to its event"),
    Switch("start_stop_wrong_state", ("404", "500"), "start or stop of a session already started or stopped"),
)

NUMBERS: dict[str, str] = {
    "rate": "calls a second that one key may make; 0 switches the limiter off",
    "capacity": "people that fit in one target, 0 for any number; see full_event",
}


class UnknownSwitch(ValueError):
    """A switch or value that does not exist; the text names what does."""


class Switches:
    """The current setting of every switch. `rate` is a float, `capacity` an int, all others strings."""

    def __init__(self, *, rate: float = 2.0) -> None:
        self._initial_rate = rate
        self._values: dict[str, str] = {}
        self.rate = rate
        self.capacity = 0
        self.reset()

    def __getitem__(self, name: str) -> str:
        return self._values[name]

    def reset(self) -> None:
        """Back to the defaults, with the rate the process was started with."""
        self._values = {switch.name: switch.values[0] for switch in SWITCHES}
        self.rate = self._initial_rate
        self.capacity = 0

    def as_dict(self) -> dict[str, Any]:
        """All settings, for JSON."""
        return {**self._values, "rate": self.rate, "capacity": self.capacity}

    def update(self, wanted: Mapping[str, Any]) -> None:
        """Set what is named, all or nothing. Raises UnknownSwitch."""
        allowed = {switch.name: switch.values for switch in SWITCHES}
        changes: dict[str, str] = {}
        numbers: dict[str, float] = {}
        for name, value in wanted.items():
            if name in NUMBERS:
                numbers[name] = _number(name, value)
                continue
            text = str(value).lower() if isinstance(value, bool) else str(value)
            if name not in allowed:
                raise UnknownSwitch(f"no switch {name!r}; there are: {', '.join([*allowed, *NUMBERS])}")
            if text not in allowed[name]:
                raise UnknownSwitch(f"{name} is one of: {', '.join(allowed[name])}")
            changes[name] = text
        self._values.update(changes)
        self.rate = numbers.get("rate", self.rate)
        self.capacity = int(numbers.get("capacity", self.capacity))


def _number(name: str, value: Any) -> float:
    if value is None:
        return 0.0
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e9:
        raise UnknownSwitch(f"{name} is a number from 0")
    return float(value)
