"""The kinds of mail regsite sends. A new one is an entry here and its template, once as `.html` and once as `.txt`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise


@dataclass(frozen=True)
class Kind:
    """One kind of mail.

    `label` is for staff. `subject` may hold `%(what)s` (event and date) and any fact as `%(<fact>)s`. `needs_link`: the
    mail is pointless without at least one join link. `calendar_method` is the attached calendar file's, empty for none.
    """

    name: str
    label: StrPromise
    subject: StrPromise
    template: str
    needs_link: bool = False
    calendar_method: Literal["REQUEST", "CANCEL", ""] = ""


KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("link", _("Personal link"), _("Your link: %(what)s"), "link", needs_link=True, calendar_method="REQUEST"),
        Kind("known", _("Already registered"), _("You are registered: %(what)s"), "known", calendar_method="REQUEST"),
        Kind("delayed", _("The link follows"), _("Your link follows: %(what)s"), "delayed"),
        Kind("cancelled", _("Cancellation"), _("Cancelled: %(what)s"), "cancelled", calendar_method="CANCEL"),
        Kind("no_link", _("Could not register"), _("We could not register you: %(what)s"), "no_link"),
        Kind("confirm", _("Confirmation of the address"), _("Confirm your address: %(what)s"), "confirm"),
        Kind("pending", _("Waiting for approval"), _("Waiting for the organiser: %(what)s"), "pending"),
        Kind("waiting", _("On the waiting list"), _("On the waiting list: %(what)s"), "waiting"),
        Kind("full", _("No place left"), _("No place left: %(what)s"), "full"),
        Kind("declined", _("Declined"), _("Not registered: %(what)s"), "declined"),
        Kind("lost_link", _("All links, asked for by the person"), _("The links you asked for"), "lost_link"),
        Kind("staff_pause", _("Notice to staff: paused"), _("Paused: %(account)s"), "staff_pause"),
    )
}

# Where the words of each text version lie, below the templates' root. A mail keeps its version, so that a second try is
# the same mail. To change the words, copy the folder, point the old version at the copy, and add the next number here.
TEXT_FOLDERS: dict[int, str] = {1: "mail"}
CURRENT_TEXT_VERSION = max(TEXT_FOLDERS)


def kind_choices() -> list[tuple[str, StrPromise]]:
    """Return names and labels, for a form's select."""
    return [(kind.name, kind.label) for kind in KINDS.values()]
