"""Yes and no as lists and machines write them, where a form has a box to tick."""

from __future__ import annotations

_YES = frozenset({"1", "yes", "y", "true", "on", "x", "+", "да", "д", "истина"})
_NO = frozenset({"", "0", "no", "n", "false", "off", "-", "нет", "н", "ложь"})


def says_yes(text: str) -> bool:
    """Whether a word says yes. Raises ValueError for one that says neither yes nor no."""
    word = text.strip().lower()
    if word not in _YES | _NO:
        raise ValueError("neither yes nor no")
    return word in _YES
