"""Which mail says what a registration waits for."""

from __future__ import annotations

from collections.abc import Mapping

from registrations.models import HeldFor

MAIL_OF: Mapping[str, str] = {
    HeldFor.CONFIRMATION: "confirm",
    HeldFor.APPROVAL: "pending",
    HeldFor.PLACE: "waiting",
    HeldFor.NO_PLACE: "full",
    HeldFor.DECLINED: "declined",
}
"""What an enrollment is held for → the kind of mail."""

HELD_FOR: Mapping[str, str] = {kind: held_for for held_for, kind in MAIL_OF.items()}
"""The kind of mail → what an enrollment must still be held for, or the mail is not true any more."""
