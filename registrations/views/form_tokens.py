"""The signed token in a sign-up form: it says which campaign the form is for, and names this one form.

It is no authorisation. It lets a repeated press be recognised, and shows that the form came from a page of ours.
"""

from __future__ import annotations

import secrets
from datetime import timedelta

from django.core import signing

_SALT = "registrations.form-token"

MAX_AGE = timedelta(days=7)
"""A page may stay open over a weekend; after that a fresh token costs one more press."""


def issue(*, campaign_id: int) -> str:
    """Return a new token for one form of this campaign."""
    return signing.dumps([campaign_id, secrets.token_urlsafe(16)], salt=_SALT)


def read(signed: str, *, campaign_id: int) -> str | None:
    """Return the name of the form that this token was issued for, None if it is forged, old or another campaign's."""
    try:
        campaign, name = signing.loads(signed, salt=_SALT, max_age=MAX_AGE)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return str(name) if campaign == campaign_id else None
