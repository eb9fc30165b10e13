"""The screens of marketers and staff."""

from registrations.admin import accounts, campaigns, consents, delivery, erasures, events, reconciliations, registrations, users

__all__ = ["accounts", "campaigns", "consents", "delivery", "erasures", "events", "reconciliations", "registrations", "users"]
