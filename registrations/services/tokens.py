"""Tokens in addresses: who has one may see what it opens, and nobody else."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import QuerySet

from registrations.models import Registration, db_now, fingerprint

VALID_AFTER_THE_END = timedelta(days=90)


class UnknownToken(Exception):
    """No page has this token (any more)."""


def find_registration(registrations: QuerySet[Registration], token: str) -> Registration:
    """The registration whose private page a token opens, until 90 days after its last session. Raises UnknownToken.

    The queryset must select the campaign's event and session.
    """
    registration = registrations.filter(token_hash=fingerprint(token)).first()
    if registration is None:
        raise UnknownToken
    place = registration.campaign.session or registration.campaign.event
    if place.ends_at is not None and place.ends_at + VALID_AFTER_THE_END < db_now():
        raise UnknownToken
    return registration
