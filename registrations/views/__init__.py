"""Attendees' pages: the sign-up form, its progress, and the private page of one person."""
