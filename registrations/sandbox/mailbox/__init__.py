"""The stand-in mailbox: an SMTP server that keeps what it gets, and the ways to read it."""
