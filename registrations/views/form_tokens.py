"""The signed token in a sign-up form: it says which campaign the form is for, names this one form, and tells its age.

It is no authorisation. It lets a repeated press be recognised, and shows that the form came from a page of ours and when.
"""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from datetime import timedelta

from django.core import signing

_SALT = "registrations.form-token"

MAX_AGE = timedelta(days=7)
"""A page may stay open over a weekend; after that a fresh token costs one more press."""


@dataclass(frozen=True, slots=True)
class Issued:
    """A form that we showed: its name, how many seconds ago, and whether the person was already asked to press once more."""

    name: str
    age: float
    asked_before: bool


def issue(*, campaign_id: int, name: str = "", asked_before: bool = False) -> str:
    """Return a new token for one form of this campaign: a new form unless `name` says which it was before."""
    values: list[object] = [campaign_id, name or secrets.token_urlsafe(16)]
    return signing.dumps([*values, True] if asked_before else values, salt=_SALT)


def read(signed: str, *, campaign_id: int) -> Issued | None:
    """Return the form that this token was issued for, None if it is forged, old or another campaign's."""
    try:
        campaign, name, *asked = signing.loads(signed, salt=_SALT, max_age=MAX_AGE)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return Issued(str(name), _age(signed), bool(asked)) if campaign == campaign_id else None


def _age(signed: str) -> float:
    """Whole seconds were signed: who is told to be younger than two is. Call it on a token that was checked."""
    return max(time.time() - signing.b62_decode(signed.rsplit(":", 2)[1]), 0.0)
