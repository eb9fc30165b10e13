"""Who can log in to a local run: an administrator, a marketer and a staff user, with passwords made for this installation."""

from __future__ import annotations

import secrets

from django.conf import settings

from registrations.services import roles
from regsite import local_secrets

MARKETER = "marketer"
STAFF = "staff"


def ensure_people() -> str:
    """Make who is missing; returns how the administrator logs in, in words."""
    roles.ensure_groups()
    for username, group in ((MARKETER, roles.MARKETING), (STAFF, roles.STAFF)):
        roles.ensure_member(username=username, password=_password(username), group=group)
    username = settings.ADMIN_USERNAME or "admin"
    password = settings.ADMIN_PASSWORD or _password(username)
    roles.ensure_administrator(username=username, password=password, email=settings.ADMIN_EMAIL)
    if roles.password_is(username=username, password=password):
        return f"{username} and {password}"
    return f"{username} and the password you gave it"


def _password(username: str) -> str:
    """Made once, kept in `DATA_DIR/passwords`: 96 random bits."""
    return local_secrets.kept(settings.DATA_DIR / "passwords" / username, lambda: secrets.token_urlsafe(12))
