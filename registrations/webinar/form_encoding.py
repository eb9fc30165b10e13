"""Form fields as PHP reads them: nested names in brackets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

FormValue: TypeAlias = "str | int | bool | Mapping[str, FormValue] | Sequence[FormValue] | None"
Form: TypeAlias = Mapping[str, FormValue]


def encode(form: Form) -> list[tuple[str, str]]:
    """Flat pairs of a nested form: `{"users": [{"email": "x"}]}` gives `users[0][email]=x`.

    Truth values become `true` and `false`, None leaves the field out.
    """
    return [pair for name, value in form.items() for pair in _pairs(name, value)]


def _pairs(name: str, value: FormValue) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield name, value
    elif isinstance(value, bool):
        yield name, "true" if value else "false"
    elif isinstance(value, int):
        yield name, str(value)
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _pairs(f"{name}[{key}]", item)
    elif value is not None:
        for index, item in enumerate(value):
            yield from _pairs(f"{name}[{index}]", item)
