"""The screens of marketers and staff."""

from registrations.admin import (
    accounts,
    api_keys,
    campaigns,
    consents,
    delivery,
    erasures,
    events,
    form_hooks,
    reconciliations,
    registrations,
    users,
)

__all__ = [
    "accounts",
    "api_keys",
    "campaigns",
    "consents",
    "delivery",
    "erasures",
    "events",
    "form_hooks",
    "reconciliations",
    "registrations",
    "users",
]
