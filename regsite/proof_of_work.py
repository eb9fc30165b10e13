"""How the proof of work of sign-up forms is made: the settings of altcha-django."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any


def settings_of(secret_key: str) -> dict[str, Any]:
    """Return the settings by name; challenges are signed with a key of their own that follows from the site's."""
    return {
        "ALTCHA_HMAC_SECRET": hmac.new(secret_key.encode(), b"altcha", hashlib.sha256).hexdigest(),
        # PBKDF2, some 256 tries of 5,000 rounds: about a second in a browser, and two milliseconds to check. An hour, because
        # clocks of devices may be wrong and pages stay open.
        "ALTCHA_CHALLENGE": {"expires_seconds": 3600},
        # `registrations.services.proofs` keeps in the database what was used; the package would want a cache in Redis for it.
        "ALTCHA_REPLAY_PROTECTION": False,
        "SILENCED_SYSTEM_CHECKS": ["altcha.W003"],
    }
