"""What a mail is made of: plain frozen values that a row can keep."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, Self


@dataclass(frozen=True)
class Meeting:
    """One dated meeting as a mail names it.

    `starts_at` and `ends_at` are aware; `zone` is the event's IANA zone; `link` is the personal join link, a secret
    (empty: not there yet); `uid` and `sequence` are the calendar entry's identity and revision (RFC 5545 §3.8.4.7 and
    §3.8.7.4).
    """

    title: str
    starts_at: datetime
    ends_at: datetime | None
    zone: str
    link: str = field(repr=False)
    uid: str
    sequence: int


@dataclass(frozen=True)
class Page:
    """One of several registrations that a mail lists; a cancelled one has no meetings, but a page to come back on.

    `held_for` is the code of what a held one waits for: "confirmation", "approval", "place"; or why it does not: "no_place",
    "declined".
    """

    title: str
    private_url: str = field(repr=False)
    cancelled: bool
    meetings: tuple[Meeting, ...]
    held_for: str = ""


@dataclass(frozen=True)
class Letter:
    """Everything one mail depends on: composing the same letter gives the same bytes.

    `kind` names an entry of `kinds.KINDS`, `text_version` one of `kinds.TEXT_FOLDERS`. `person_zone` is an IANA zone or
    empty. `organizer` is the bare address that calendars answer to; empty: the sender's. `intro` is the marketer's plain
    text with `{{placeholders}}`. `facts` are plain strings only this kind needs, `pages` what a mail about several
    registrations lists. `withdrawn` are meetings that the mail does not speak of, and that calendars are to take out.
    """

    kind: str
    language: str
    recipient: str = field(repr=False)
    first_name: str = field(repr=False)
    last_name: str = field(repr=False)
    event_title: str
    meetings: tuple[Meeting, ...]
    person_zone: str
    private_url: str = field(repr=False)
    contact: str
    from_address: str
    from_name: str
    reply_to: str
    message_id: str
    dated_at: datetime
    text_version: int
    intro: str
    accent: str
    facts: Mapping[str, str] = field(default_factory=dict, repr=False)
    organizer: str = ""
    pages: tuple[Page, ...] = ()
    withdrawn: tuple[Meeting, ...] = ()

    def to_json(self) -> str:
        """Return the letter as JSON with sorted keys; times in ISO 8601."""
        pages = [vars(page) | {"meetings": [vars(meeting) for meeting in page.meetings]} for page in self.pages]
        meetings, withdrawn = ([vars(meeting) for meeting in those] for those in (self.meetings, self.withdrawn))
        values = vars(self) | {"meetings": meetings, "facts": dict(self.facts), "pages": pages, "withdrawn": withdrawn}
        return json.dumps(values, default=datetime.isoformat, ensure_ascii=False, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Return the letter `to_json` wrote. Raises ValueError or TypeError if the text is not one."""
        values: dict[str, Any] = json.loads(text)
        values["dated_at"] = datetime.fromisoformat(values["dated_at"])
        values["meetings"] = tuple(_meeting(entry) for entry in values["meetings"])
        values["pages"] = tuple(_page(entry) for entry in values.get("pages", ()))
        values["withdrawn"] = tuple(_meeting(entry) for entry in values.get("withdrawn", ()))
        return cls(**_known(cls, values))


def _meeting(values: dict[str, Any]) -> Meeting:
    ends_at = values["ends_at"]
    times = {
        "starts_at": datetime.fromisoformat(values["starts_at"]),
        "ends_at": datetime.fromisoformat(ends_at) if ends_at else None,
    }
    return Meeting(**_known(Meeting, {**values, **times}))


def _page(values: dict[str, Any]) -> Page:
    return Page(**_known(Page, {**values, "meetings": tuple(_meeting(entry) for entry in values["meetings"])}))


def _known(cls: type[Letter] | type[Meeting] | type[Page], values: dict[str, Any]) -> dict[str, Any]:
    # A field that a later release wrote is no reason to lose a mail after going back to this one.
    names = {entry.name for entry in fields(cls)}
    return {name: value for name, value in values.items() if name in names}
