"""Columns that are unreadable without the key, and one-way fingerprints to find them by."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models


@lru_cache(maxsize=4)
def _cipher(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def _current_cipher() -> MultiFernet:
    return _cipher(tuple(settings.FIELD_ENCRYPTION_KEYS))


def fingerprint(secret: str) -> str:
    """SHA-256 of a secret as 64 hex digits; None of the secret can be read back."""
    return hashlib.sha256(secret.encode()).hexdigest()


class EncryptedTextField(models.TextField):  # type: ignore[type-arg]
    """Text kept under authenticated encryption (MultiFernet); `FIELD_ENCRYPTION_KEYS` holds the keys, newest first.

    An empty string is stored as it is, so that "no link yet" can be queried. Reading a value that no key opens raises
    ImproperlyConfigured: a wrong key must stop the work, not blank it.
    """

    def get_prep_value(self, value: Any) -> Any:
        value = super().get_prep_value(value)
        return _current_cipher().encrypt(value.encode()).decode() if value else value

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> str | None:
        if not value:
            return value
        try:
            return _current_cipher().decrypt(value.encode()).decode()
        except InvalidToken as error:
            raise ImproperlyConfigured(
                "A stored secret cannot be read: FIELD_ENCRYPTION_KEYS lacks the key it was written with."
            ) from error
