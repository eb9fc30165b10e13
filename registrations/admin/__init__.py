"""The screens of marketers and staff."""

from registrations.admin import accounts, campaigns, delivery, events, registrations, users

__all__ = ["accounts", "campaigns", "delivery", "events", "registrations", "users"]
