"""One line of a registration's history."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from registrations.models.clock import db_now
from registrations.models.registration import Registration


class TimelineEntry(models.Model):
    """What happened to a registration, and when. Append-only; `data` holds codes and ids, never personal data."""

    class Code(models.TextChoices):
        RECEIVED = "received", _("Form received")
        REPEATED = "repeated", _("Another form from the same address; nothing was changed")
        REGISTERED = "registered", _("Registered at the platform")
        ALREADY_KNOWN = "already_known", _("The platform knew this person; the existing registration is used")
        TRY_FAILED = "try_failed", _("The platform did not do it; the next try is set")
        IN_DOUBT = "in_doubt", _("No clear answer from the platform; we look before repeating")
        PAUSED = "paused", _("Waiting: the platform refuses us for now")
        PARKED = "parked", _("Needs attention")
        REMOVED = "removed", _("Removed at the platform")
        CANCELLED = "cancelled", _("Cancelled by the person")
        CAME_BACK = "came_back", _("Came back after a cancel")
        NAME_CORRECTED = "name_corrected", _("Name corrected by the person")
        PREFERENCES_SET = "preferences_set", _("Language or time zone set by the person")
        FORM_ADOPTED = "form_adopted", _("The person uses the answers of their newer form")
        FORM_LEFT = "form_left", _("The person looked at the newer form and left everything as it is")
        FORM_DISOWNED = "form_disowned", _("The person says that the newer form was not theirs")
        DATES_CHANGED = "dates_changed", _("Dates changed by the person")
        DATE_ADDED = "date_added", _("Enrolled in a date that was added later")
        MAIL_QUEUED = "mail_queued", _("Mail prepared")
        MAIL_HANDED_OVER = "mail_handed_over", _("Mail handed over to our mail server")
        MAIL_DELAYED = "mail_delayed", _("The mail server did not take the mail; the next try is set")
        MAIL_PARKED = "mail_parked", _("The mail needs attention")
        MAIL_DROPPED = "mail_dropped", _("Mail not sent: it had become untrue")
        SECOND_COPY = "second_copy", _("Possible second copy of a mail")
        TOLD_LATE = "told_late", _("Told that the link will be late")
        RESENT = "resent", _("Staff asked to send the link again")
        ASKED_AGAIN = "asked_again", _("The person asked to have the link mailed again")
        TRIED_AGAIN = "tried_again", _("Staff asked to try again")
        LINK_SEEN = "link_seen", _("Staff looked at the link")
        WRONG_LINK = "wrong_link", _("The platform's answer carried another person's link; it was refused")
        LINK_REVOKED = "link_revoked", _("The link was another person's; it was taken back, and a new one is fetched")
        HELD = "held", _("Waits for")
        CONFIRMED = "confirmed", _("Address confirmed by the person")
        MOVED_UP = "moved_up", _("A place became free")
        APPROVED = "approved", _("Approved by staff")
        DECLINED = "declined", _("Declined by staff")
        IMPORTED = "imported", _("Imported from a list")
        ERASED = "erased", _("Erased at the person's request")

    registration = models.ForeignKey(Registration, on_delete=models.CASCADE, related_name="timeline")
    at = models.DateTimeField(default=db_now)
    code = models.CharField(max_length=20, choices=Code.choices)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    data = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("timeline entry")
        verbose_name_plural = _("timeline")
        ordering = ["at", "pk"]
        indexes = [models.Index(fields=["registration", "at"], name="timeline_of_registration")]

    def __str__(self) -> str:
        return f"{self.code} #{self.pk}"

    @classmethod
    def write(
        cls,
        registration_ids: Iterable[int],
        code: Code,
        *,
        at: datetime | None = None,
        actor_id: int | None = None,
        data: dict[str, Any] | None = None,
    ) -> None:
        """Add the same line to the history of each registration."""
        at = at or db_now()  # once: as a default it would be asked of the database for every line
        TimelineEntry.objects.bulk_create(
            TimelineEntry(registration_id=registration_id, at=at, code=code, actor_id=actor_id, data=data or {})
            for registration_id in registration_ids
        )

    @classmethod
    def write_all(cls, code: Code, lines: Mapping[int, dict[str, Any]]) -> None:
        """Add a line of one kind, with data of its own, to the history of each registration."""
        at = db_now()
        TimelineEntry.objects.bulk_create(
            TimelineEntry(registration_id=registration_id, at=at, code=code, data=data)
            for registration_id, data in lines.items()
        )
