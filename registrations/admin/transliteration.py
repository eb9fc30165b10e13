"""Russian words in Latin letters, for the addresses and keys that marketers leave to us."""

from __future__ import annotations

from collections.abc import Container

from django.utils.text import slugify

_LETTERS = str.maketrans(
    {
        "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e", "ё": "yo", "ж": "zh", "з": "z", "и": "i", "й": "j",
        "к": "k", "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r", "с": "s", "т": "t", "у": "u", "ф": "f",
        "х": "h", "ц": "c", "ч": "ch", "ш": "sh", "щ": "sh", "ъ": "", "ы": "y", "ь": "", "э": "e", "ю": "yu", "я": "ya",
    }
)  # fmt: skip


def latin_slug(text: str, *, length: int, taken: Container[str] = (), otherwise: str = "field") -> str:
    """A slug of at most `length` characters that is not taken: "Где вы работаете" becomes "gde-vy-rabotaete".

    The letters are those of Django's own script for addresses, so that what the browser suggests is what we would make.
    `otherwise` is for texts that leave nothing.
    """
    base = slugify(text.lower().translate(_LETTERS))[:length].strip("-") or otherwise
    slug, number = base, 1
    while slug in taken:
        number += 1
        suffix = f"-{number}"
        slug = base[: length - len(suffix)] + suffix
    return slug
