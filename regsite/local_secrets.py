"""Secrets of an installation that runs with nothing configured: made once, kept beside its data."""

import os
import secrets
from collections.abc import Callable
from pathlib import Path

from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured


def new_signing_key() -> str:
    """64 random bytes as text."""
    return secrets.token_urlsafe(64)


def new_encryption_key() -> str:
    """A Fernet key: 32 random bytes as URL-safe base64."""
    return Fernet.generate_key().decode()


def kept(path: Path, make: Callable[[], str]) -> str:
    """The secret kept in `path` (mode 0600); made at the first call.

    Several processes may call at once: each writes a file of its own, and the one that is linked first wins for all.
    """
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        mine = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
        descriptor = os.open(mine, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(make())
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(mine, path)
        except FileExistsError:
            return path.read_text().strip()
        finally:
            mine.unlink()
    return path.read_text().strip()


def checked_encryption_keys(text: str) -> list[str]:
    """The keys in a comma-separated text, newest first. Raises ImproperlyConfigured for one that is no Fernet key."""
    keys = [key.strip() for key in text.split(",") if key.strip()]
    try:
        for key in keys:
            Fernet(key)
    except ValueError as error:
        raise ImproperlyConfigured(
            "FIELD_ENCRYPTION_KEYS must be Fernet keys (32 bytes as URL-safe base64), separated by commas."
        ) from error
    return keys
