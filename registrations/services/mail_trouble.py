"""A mail server that takes nothing from a sender: everything of that sender waits, keeps its place and loses no try."""

from __future__ import annotations

from datetime import timedelta

from registrations.mailing.errors import MailUnavailable
from registrations.models import Sender, db_now
from registrations.services import steps

LONGEST_SECONDS = 300


def begin(sender: Sender, error: MailUnavailable) -> None:
    """Wait a little, longer after each time; then one drain tries."""
    now = db_now()
    sender.trouble, sender.trouble_detail = error.code, error.detail[:300]
    sender.trouble_since = sender.trouble_since or now
    sender.trouble_count += 1
    wait = min(steps.backoff_seconds(sender.trouble_count), LONGEST_SECONDS)
    sender.retry_at = now + timedelta(seconds=wait)
    sender.save(update_fields=["trouble", "trouble_detail", "trouble_since", "trouble_count", "retry_at"])


def end(sender: Sender) -> None:
    """The server took a mail: if there was trouble, it is over."""
    if sender.trouble:
        sender.trouble, sender.trouble_count, sender.retry_at, sender.trouble_since = "", 0, None, None
        sender.save(update_fields=["trouble", "trouble_count", "retry_at", "trouble_since"])
