"""Request parameters as PHP sees them: forms with brackets, JSON and multipart become one nested map.

`startsAt[date][year]=2026` is `{"startsAt": {"date": {"year": "2026"}}}`; `ids[]=1&ids[]=2` is `{"ids": {"0": "1", "1": "2"}}`.
Lists from JSON are turned into such maps too, so that a handler never sees the difference.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import parse_qsl

Params = dict[str, Any]

MAX_DEPTH = 32
_BRACKET = re.compile(r"\[([^\[\]]*)\]")
_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off", ""})


class NotJson(ValueError):
    """The body claims to be JSON and is not a JSON object."""


def decode_pairs(pairs: Iterable[tuple[str, str]]) -> Params:
    """Nest `name[a][b]=value` pairs; a later pair of the same name wins, as in PHP."""
    result: Params = {}
    for name, value in pairs:
        head, bracket, _ = name.partition("[")
        path = [head.strip().replace(".", "_").replace(" ", "_")]
        if bracket:
            path += _BRACKET.findall(name[len(head) :])[:MAX_DEPTH]
        if path[0]:
            _put(result, path, value)
    return result


def decode_form(text: str) -> Params:
    """Decode a query string or a urlencoded body."""
    return decode_pairs(parse_qsl(text, keep_blank_values=True, errors="replace"))


def decode_json(text: str) -> Params:
    """Decode a JSON object. Raises NotJson for anything else, the empty body included."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as problem:
        raise NotJson from problem
    if isinstance(value, list) and not value:
        return {}  # PHP writes an empty map so
    if not isinstance(value, dict):
        raise NotJson
    decoded: Params = _as_maps(value, 0)
    return decoded


def _as_maps(value: Any, depth: int) -> Any:
    if depth > MAX_DEPTH:
        raise NotJson
    if isinstance(value, list):
        return {str(index): _as_maps(item, depth + 1) for index, item in enumerate(value)}
    if isinstance(value, dict):
        return {str(key): _as_maps(item, depth + 1) for key, item in value.items()}
    return value


def _put(target: Params, path: list[str], value: str) -> None:
    node = target
    for position, raw in enumerate(path):
        key = raw
        if key == "" and position:
            key = str(1 + max((int(name) for name in node if name.isdecimal()), default=-1))
        if position == len(path) - 1:
            node[key] = value
            return
        inner = node.get(key)
        if not isinstance(inner, dict):
            inner = node[key] = {}
        node = inner


def text(params: Params, name: str, default: str = "") -> str:
    """One value as trimmed text; a map, null or missing one is `default`."""
    value = params.get(name)
    if value is None or isinstance(value, dict):
        return default
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value).strip()


def flag(params: Params, name: str) -> bool | None:
    """One boolean in any usual spelling; None when missing or unreadable."""
    if params.get(name) is None:
        return None
    word = text(params, name).lower()
    return True if word in _TRUE else False if word in _FALSE else None


def number(params: Params, name: str) -> int | None:
    """One whole number; None when missing or unreadable."""
    word = text(params, name)
    return int(word) if re.fullmatch(r"-?[0-9]{1,18}", word) else None


def mapping(params: Params, name: str) -> Params:
    """One nested map; empty when missing."""
    value = params.get(name)
    return value if isinstance(value, dict) else {}


def texts(params: Params, name: str) -> list[str]:
    """All values of a list such as `tags[0]`; a single plain value counts as a list of one."""
    value = params.get(name)
    if isinstance(value, dict):
        return [text(value, key) for key in value if not isinstance(value[key], dict)]
    return [text(params, name)] if text(params, name) else []


def numbers(params: Params, name: str) -> list[int]:
    """The whole numbers of a list such as `participationIds[0]`; other values are left out."""
    return [int(word) for word in texts(params, name) if re.fullmatch(r"[0-9]{1,18}", word)]


def maps(params: Params, name: str) -> Iterator[Params]:
    """The maps of a list such as `users[0][email]`, in the order they were sent."""
    for value in mapping(params, name).values():
        yield value if isinstance(value, dict) else {}
