"""How many public posts are taken, by what they have in common: from the environment, with generous defaults."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ImproperlyConfigured

TEN_MINUTES, HOUR = 600, 3600


def of_posts(env: Any) -> dict[str, tuple[int, int]]:
    """Return scope → (most posts in a window, length of the window in seconds). Raises ImproperlyConfigured below 0."""
    limits = {
        "client": (env.int("POSTS_PER_CLIENT", default=600), TEN_MINUTES),
        "campaign": (env.int("POSTS_PER_CAMPAIGN", default=20_000), TEN_MINUTES),
        "site": (env.int("POSTS_PER_SITE", default=60_000), TEN_MINUTES),
        "address": (env.int("POSTS_PER_ADDRESS", default=20), HOUR),
    }
    for scope, (most, _) in limits.items():
        if most < 0:
            raise ImproperlyConfigured(f"POSTS_PER_{scope.upper()} must be 0 (no limit) or more.")
    return limits
