"""Single values as the API writes them, and what they are for us."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator

from registrations.webinar.providers.webinar_ru import unconfirmed

_ID = re.compile(r"[0-9]{1,20}")
_TRUE, _FALSE = frozenset({"1", "true"}), frozenset({"0", "false", ""})


def canonical_id(value: Any) -> str:
    """An id as a canonical decimal string: lists write `"51001"`, details 51001. Raises ValueError for all else."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise ValueError("not an id")
    text = str(value).strip()
    if not _ID.fullmatch(text):
        raise ValueError("not an id")
    return str(int(text))


def optional_id(value: Any) -> str | None:
    """An id, or None for null, 0, nothing, and what is no id."""
    return str(digits) if (digits := number(value)) else None


def number(value: Any) -> int | None:
    """A whole number, or None for what is none."""
    try:
        return int(canonical_id(value))
    except ValueError:
        return None


def text(value: Any) -> str:
    """Text that any database can store; a number as its digits, anything else (null, a list) as nothing."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        return ""
    return value.replace("\x00", "").encode("utf-8", "ignore").decode("utf-8").strip()


def email(value: Any) -> str:
    """An address in the form in which addresses are compared: trimmed, in lower case."""
    return text(value).lower()


def flag(value: Any) -> bool | None:
    """A truth value: true, 1, `"1"`, `"true"`, and their opposites; PHP writes false as `""`. None for all else."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int | str):
        word = str(value).strip().lower()
        return True if word in _TRUE else False if word in _FALSE else None
    return None


def mapping(value: Any) -> dict[str, Any]:
    """A map; PHP writes an empty one as `[]`."""
    return {str(key): item for key, item in value.items()} if isinstance(value, Mapping) else {}


def sequence(value: Any) -> list[Any]:
    """A list; PHP writes one with gaps in its indexes as a map."""
    if isinstance(value, Mapping):
        return list(value.values())
    return value if isinstance(value, list) else []


def moment(value: Any) -> datetime | None:
    """An ISO time (`+0300`, `+03:00`, without seconds, without a zone) or Unix seconds, in UTC; None for all else."""
    word = text(value)
    try:
        if word.isdecimal():
            return datetime.fromtimestamp(int(word), UTC) if int(word) else None
        local = datetime.fromisoformat(word)
        return (local if local.tzinfo else local.replace(tzinfo=unconfirmed.ZONELESS)).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None


def zone_name(value: Any) -> str:
    """The IANA name of a time zone, or nothing when it is none that this machine knows."""
    name = text(value)
    try:
        return ZoneInfo(name).key if name else ""
    except (ValueError, OSError, KeyError):
        return ""


Id = Annotated[str, BeforeValidator(canonical_id)]
OptionalId = Annotated[str | None, BeforeValidator(optional_id)]
Text = Annotated[str, BeforeValidator(text)]
Email = Annotated[str, BeforeValidator(email)]
Number = Annotated[int | None, BeforeValidator(number)]
Flag = Annotated[bool | None, BeforeValidator(flag)]
Moment = Annotated[datetime | None, BeforeValidator(moment)]
Zone = Annotated[str, BeforeValidator(zone_name)]
