"""A machine whose clock is wrong: what Python takes for the time of day is shifted in this process, and nothing else is."""

from __future__ import annotations

import ctypes
import datetime
import gc
import time
from functools import wraps
from typing import Any

_NAMED_MOMENTS = {"gmtime": 0, "localtime": 0, "ctime": 0, "strftime": 1}
"""Functions of `time` that take the present where no moment is given, and which argument that is."""


def shift(seconds: float) -> None:
    """Have every clock of the day be so many seconds ahead from here on."""
    true_time, true_time_ns = time.time, time.time_ns
    time.time = lambda: true_time() + seconds
    time.time_ns = lambda: true_time_ns() + int(seconds * 1e9)
    for name, position in _NAMED_MOMENTS.items():
        setattr(time, name, _at_shifted_moment(getattr(time, name), position, time.localtime if position else time.time))
    _replace(
        datetime.datetime,
        now=classmethod(lambda cls, tz=None: cls.fromtimestamp(time.time(), tz)),
        utcnow=classmethod(lambda cls: cls.fromtimestamp(time.time(), datetime.UTC).replace(tzinfo=None)),
    )
    _replace(datetime.date, today=classmethod(lambda cls: cls.fromtimestamp(time.time())))


def _at_shifted_moment(function: Any, position: int, present: Any) -> Any:
    @wraps(function)
    def at(*arguments: Any) -> Any:
        return function(*arguments) if len(arguments) > position else function(*arguments, present())

    return at


def _replace(kind: type, **methods: Any) -> None:
    """Methods of a type written in C cannot be set, but the dictionary behind them can."""
    [behind] = gc.get_referents(kind.__dict__)
    behind.update(methods)
    ctypes.pythonapi.PyType_Modified(ctypes.py_object(kind))
