"""What a negative control takes away must be there: a patch of something that was renamed proves nothing."""

from __future__ import annotations

import importlib.util
import inspect
from types import ModuleType

from registrations.services import leases, steps, sweeping
from tests.soak.controls import STORMS
from tests.soak.world import INSIDE

PATCHED = {
    steps: ("claim", "doubt", "settle", "begin_all", "settle_all", "_update_mine", "db_now", "lease_length", "Finish"),
    sweeping: ("_look_twice",),
    leases.Hold: ("renew",),
}


def missing_guard() -> ModuleType:
    spec = importlib.util.spec_from_file_location("missing_guard", INSIDE / "missing_guard.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_whatever_is_taken_away_exists() -> None:
    for owner, names in PATCHED.items():
        for name in names:
            assert hasattr(owner, name), f"{owner}.{name}"


def test_every_replacement_takes_what_the_original_takes() -> None:
    stand_in = ModuleType("steps")
    vars(stand_in).update({name: getattr(steps, name) for name in PATCHED[steps]})
    guard = missing_guard()
    for patch in (guard.without_fencing, guard.without_lookup, guard.without_wait):
        patch(stand_in)
    for name in ("begin_all", "settle_all", "_update_mine"):
        assert _names(getattr(stand_in, name)) == _names(getattr(steps, name)), name


def test_every_control_but_the_database_s_takes_something_away() -> None:
    assert set(STORMS) == {*missing_guard().PATCHES, "unique"}


def _names(function: object) -> list[str]:
    assert callable(function)
    return list(inspect.signature(function).parameters)
