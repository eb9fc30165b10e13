"""One spelling for one e-mail address, so that a person typing it twice is one person."""

from __future__ import annotations

import re
import unicodedata

import idna
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator

MAX_LENGTH = 254  # RFC 5321, 4.5.3.1.3, less the angle brackets
MAX_LOCAL_LENGTH = 64  # RFC 5321, 4.5.3.1.1

# Unquoted local part, ASCII only: RFC 5322, 3.2.3. Quoted ones and non-ASCII ones (RFC 6531) are refused: next to
# nobody has them, many mail servers refuse them, and both are ways to smuggle something into a header.
_LOCAL = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*", re.ASCII)
_PASTED_INVISIBLES = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u00ad"))

_check_whole = EmailValidator(allowlist=[])


class InvalidAddress(ValueError):
    """This text cannot be an e-mail address that we could write to."""


def normalise(address: str) -> str:
    """Return the one spelling of an address: trimmed, lower-case, the domain in its ASCII form (IDNA 2008, UTS 46).

    Idempotent. IDNA 2008 rather than Python's own codec, which turns `straße.de` into another owner's `strasse.de`.
    Raises `InvalidAddress`.
    """
    trimmed = address.translate(_PASTED_INVISIBLES).strip()
    local, at, domain = trimmed.rpartition("@")
    # The length is checked before the conversion, whose cost grows with it.
    if not at or len(trimmed) > MAX_LENGTH:
        raise InvalidAddress("not an e-mail address")
    local = unicodedata.normalize("NFKC", local).lower()
    if len(local) > MAX_LOCAL_LENGTH or not _LOCAL.fullmatch(local):
        raise InvalidAddress("not a local part")
    normal = f"{local}@{_ascii_domain(domain)}"
    if len(normal) > MAX_LENGTH:
        raise InvalidAddress("too long")
    try:
        _check_whole(normal)
    except ValidationError as error:
        raise InvalidAddress("not an e-mail address") from error
    return normal


def _ascii_domain(domain: str) -> str:
    try:
        return idna.encode(domain.lower(), uts46=True).decode("ascii").lower()
    except (idna.IDNAError, UnicodeError) as error:
        raise InvalidAddress("not a domain") from error
