"""Mail addresses that are probably mistyped. It looks at nothing but the address: nobody learns whom we know."""

from __future__ import annotations

from functools import lru_cache

FREQUENT = (
    "gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "live.com", "yahoo.com", "icloud.com", "protonmail.com",
    "proton.me", "yandex.ru", "yandex.com", "mail.ru", "inbox.ru", "list.ru", "internet.ru", "rambler.ru", "yandex.by",
    "yandex.kz",
)  # fmt: skip
"""Where most people have their mail; the likelier comes first."""

# Real ones that look like a typo of a frequent one, or are too short to tell.
_REAL = frozenset({
    *FREQUENT,
    "bk.ru", "ya.ru", "vk.ru", "vk.com", "me.com", "mac.com", "qip.ru", "pm.me", "lenta.ru", "myrambler.ru", "xmail.ru",
    "mail.com", "email.com", "ymail.com", "gmx.com", "gmx.net", "gmx.de", "web.de", "aol.com", "email.ru", "e-mail.ru",
    "mail.ua", "mail.by", "mail.kz", "mail.de", "mail.ee", "mail.bg", "inbox.lv", "inbox.eu", "inbox.com", "list.lv",
    "yandex.ua", "yandex.uz", "yandex.com.tr", "yandex.az", "yandex.com.am", "yandex.com.ge", "yandex.md", "yandex.net",
    "hotmail.ru", "hotmail.de", "hotmail.fr", "hotmail.it", "hotmail.es", "hotmail.be", "hotmail.nl", "hotmail.co.uk",
    "outlook.de", "outlook.fr", "outlook.it", "outlook.es", "live.ru", "live.de", "live.fr", "live.nl", "live.it", "live.ca",
    "live.cn", "live.co.uk", "yahoo.de", "yahoo.fr", "yahoo.it", "yahoo.es", "yahoo.ca", "yahoo.in", "yahoo.co.uk",
    "rocketmail.com", "zoho.com", "fastmail.com", "hey.com", "mail.org", "internet.com", "rambler.ua", "rambler.com",
})  # fmt: skip

_SHORT = 8
"""Up to this length one slip only: among short names there are too many real ones."""


def likely_address(address: str) -> str:
    """Return the normalised address that was probably meant by this one, "" if this one looks right."""
    local, _, domain = address.rpartition("@")
    meant = _likely_domain(domain)
    return f"{local}@{meant}" if meant else ""


@lru_cache(maxsize=4096)
def _likely_domain(domain: str) -> str:
    if domain in _REAL:
        return ""
    near = [(_distance(domain, known), known) for known in FREQUENT if _may_be_near(domain, known)]
    slips, known = min(near, key=lambda pair: pair[0], default=(3, ""))
    # Two slips that begin with another letter are rather somebody's own domain.
    most = 2 if len(known) > _SHORT and domain[:1] == known[:1] else 1
    return known if slips <= most else ""


def _may_be_near(one: str, other: str) -> bool:
    """What can be told at a glance: a slip changes the length by one at most, and which letters there are by two."""
    return abs(len(one) - len(other)) <= 2 and len(set(one) ^ set(other)) <= 4


def _distance(one: str, other: str) -> int:
    """How many slips lie between two texts: a letter too many, too few or wrong, or two that changed places."""
    before: list[int] = []
    last = list(range(len(other) + 1))
    for row, letter in enumerate(one, start=1):
        here = [row]
        for column, wanted in enumerate(other, start=1):
            cost = min(last[column] + 1, here[column - 1] + 1, last[column - 1] + (letter != wanted))
            if row > 1 and column > 1 and letter == other[column - 2] and one[row - 2] == wanted:
                cost = min(cost, before[column - 2] + 1)
            here.append(cost)
        before, last = last, here
    return last[-1]
