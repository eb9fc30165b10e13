"""Tokens in addresses: who has one may see what it opens, and nobody else."""

from __future__ import annotations


class UnknownToken(Exception):
    """No page has this token (any more)."""
