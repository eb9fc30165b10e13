"""Mails to people: what they say, how they are composed, and how they are handed to a mail server."""
