"""The screens of marketers and staff."""

from registrations.admin import accounts, campaigns, delivery, erasures, events, reconciliations, registrations, users

__all__ = ["accounts", "campaigns", "delivery", "erasures", "events", "reconciliations", "registrations", "users"]
