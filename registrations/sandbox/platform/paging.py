"""Pages of a list: `page` from 1, `perPage` out of a fixed set. Sources: MTS Link articles 19680, 19666, 3151499."""

from __future__ import annotations

from registrations.sandbox.platform import forms
from registrations.sandbox.platform.answers import bad_field
from registrations.sandbox.platform.call import Call

SCHEDULE_SIZES = (10, 50, 100, 250)
PEOPLE_SIZES = (10, 50, 100, 250, 500)


def window(call: Call, sizes: tuple[int, ...], default: int | None) -> slice:
    """The part of a list that is asked for; everything when `default` is None and no perPage is sent. Raises ApiError."""
    size = default
    wanted = forms.text(call.params, "perPage")
    if wanted:
        number = forms.number(call.params, "perPage")
        size = number if number in sizes else _outside(call, number, sizes, default)
    if size is None:
        return slice(0, None)
    page = max(forms.number(call.params, "page") or 1, 1)
    return slice((page - 1) * size, page * size)


def _outside(call: Call, number: int | None, sizes: tuple[int, ...], default: int | None) -> int | None:
    switch = call.switches["per_page_outside"]
    if switch == "400":
        raise bad_field("perPage", "ERROR_INVALID")
    if switch == "nearest" and number is not None:
        return min(sizes, key=lambda size: abs(size - number))
    return default
