"""Addresses of a mail: each is exactly one, parsed."""

from __future__ import annotations

import re
from email.utils import parseaddr

from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from django.utils.encoding import punycode

from registrations.mailing.scrubbing import clean_display_name

_UNSAFE = re.compile(r"[\s\x00-\x1f\x7f,;:<>()\[\]\"\\]")
_validate = EmailValidator(allowlist=["localhost"])


def one_address(text: str) -> str:
    """Return the one bare address `text` is, its domain in ASCII (IDNA).

    Raises ValueError, which does not repeat the text, if it is anything else: empty, a list, a name with an address.
    """
    if _UNSAFE.search(text):
        raise ValueError("not exactly one bare e-mail address")
    try:
        _validate(text)
        local_part, domain = text.rsplit("@", 1)
        return f"{local_part}@{punycode(domain)}"
    except (ValidationError, UnicodeError):
        raise ValueError("not a valid e-mail address") from None


def named_address(name: str, address: str) -> str:
    """Return `"name" <address>` for an address header, or the bare address if no name is left after cleaning.

    Raises ValueError as `one_address`.
    """
    bare = one_address(address)
    cleaned = clean_display_name(name)
    return f'"{cleaned}" <{bare}>' if cleaned else bare


def bare_address(text: str) -> str:
    """Return the address in `text`, which may carry a display name. Raises ValueError as `one_address`."""
    if not _UNSAFE.search(text):
        return one_address(text)
    return one_address(parseaddr(text)[1])
