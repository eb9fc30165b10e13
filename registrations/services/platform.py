"""Opening a connection to an account's platform, paced and told by whose key."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from registrations.models import Account
from registrations.services import pace
from registrations.webinar.provider import Provider
from registrations.webinar.registry import PROVIDERS


@contextmanager
def connected(account: Account, *, patience: float = pace.PATIENCE_SECONDS) -> Iterator[Provider]:
    """The account's platform, for one thread; each request waits for its slot first."""
    before_call = partial(pace.wait_for_slot, account_id=account.pk, patience=patience)
    provider = PROVIDERS[account.provider](account.credentials(), before_call=before_call)
    try:
        yield provider
    finally:
        provider.close()
