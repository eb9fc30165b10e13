"""Forms that nobody sends: what a person wants has changed by another way, and is answered by one mail like a form."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime

from django.db.models import Count

from registrations.models import Registration, Submission, fingerprint


def restate(registrations: Sequence[Registration], *, cause: str, now: datetime, is_waited_for: bool = True) -> None:
    """Write a submission of the same content for each registration, so that it is answered once its seats are settled.

    Whoever has a form of their own unanswered gets that one's answer, which says it all. `cause` is the first part of the
    submission's name. Nobody is told that an answer is late which nobody waits for. The registrations are locked.
    """
    pending = Submission.objects.filter(registration__in=registrations, mail=None, from_known_person=False)
    has_pending = set(pending.values_list("registration_id", flat=True))
    counted = Submission.objects.filter(registration__in=registrations).order_by().values("registration_id")
    numbers = dict(counted.annotate(number=Count("pk")).values_list("registration_id", "number"))
    Submission.objects.bulk_create(
        Submission(
            campaign_id=registration.campaign_id,
            registration=registration,
            form_token=f"{cause}:{registration.pk}",
            content_hash=fingerprint(f"{registration.pk}:{numbers.get(registration.pk, 0)}"),
            progress_hash=fingerprint(secrets.token_urlsafe(32)),  # nobody follows it
            email=registration.email,
            first_name=registration.first_name,
            last_name=registration.last_name,
            answers=registration.answers,
            all_dates=registration.all_dates,
            received_at=now,
            late_notice_at=None if is_waited_for else now,
        )
        for registration in registrations
        if registration.pk not in has_pending
    )
