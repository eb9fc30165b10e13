"""Which system calls, by the key that it shows."""

from __future__ import annotations

from dataclasses import dataclass

from registrations.models import ApiKey, db_now


class UnknownKey(Exception):
    """No key like this opens anything: it never did, was revoked, or has expired."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose key it is; `campaign_id` is the only campaign that it is for, None for all."""

    key_id: int
    campaign_id: int | None

    def may_use(self, campaign_id: int) -> bool:
        return self.campaign_id in (None, campaign_id)


def caller(*, key: str) -> Caller:
    """Who shows this key. Raises UnknownKey."""
    if not key.isprintable():  # PostgreSQL takes no NUL
        raise UnknownKey
    try:
        found = ApiKey.objects.get_from_key(key)
    except ApiKey.DoesNotExist as error:
        raise UnknownKey from error
    if found.has_expired:
        raise UnknownKey
    found.was_used(db_now())
    return Caller(key_id=found.pk, campaign_id=found.campaign_id)
