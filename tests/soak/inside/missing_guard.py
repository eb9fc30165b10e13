"""Runs the product without one of its guards, so that a soak can show that its checker would notice.

- `lookup`: whoever is in doubt is simply registered again, without a look at the participants list.
- `fencing`: leases and versions are not compared when something is written down.
- `settle`: a platform that gave no clear answer is looked at and asked again at once.

(`unique` drops constraints in the database and needs nothing here.)
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import sys
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any


def without_lookup(steps: ModuleType) -> None:
    claim = steps.claim

    def claim_without_doubt(**arguments: Any) -> Any:
        rows = claim(**arguments)
        for row in rows:
            row.in_doubt_since = None
        return rows

    steps.claim = claim_without_doubt


def without_fencing(steps: ModuleType) -> None:
    def update(row: Any, *, same_version: bool, **values: Any) -> Any:
        type(row)._default_manager.filter(pk=row.pk).update(**values)
        for name, value in values.items():
            setattr(row, name, value)
        return steps.Finish.DONE

    def begin_all(rows: list[Any], **values: Any) -> list[Any]:
        now = steps.db_now()
        lease = {"begun_at": now, "lease_until": now + steps.lease_length()}
        for row in rows:
            update(row, same_version=False, attempts=row.attempts + 1, **lease)
            type(row)._default_manager.filter(pk=row.pk).update(**values)
        return rows

    def settle_all(outcomes: list[tuple[Any, dict[str, Any]]]) -> list[Any]:
        return [steps.settle(row, **values) for row, values in outcomes]

    steps._update_mine, steps.begin_all, steps.settle_all = update, begin_all, settle_all


def without_hold(leases: ModuleType) -> None:
    leases.Hold.renew = lambda _hold: True


def without_wait(steps: ModuleType) -> None:
    doubt = steps.doubt
    steps.doubt = lambda row, **values: doubt(row, **(values | {"delay": 0}))


def without_second_look(sweeping: ModuleType) -> None:
    sweeping._look_twice = lambda *_: False


STEPS, LEASES, SWEEPING = (f"registrations.services.{name}" for name in ("steps", "leases", "sweeping"))
PATCHES: dict[str, dict[str, Callable[[ModuleType], None]]] = {
    "lookup": {STEPS: without_lookup},
    "fencing": {STEPS: without_fencing, LEASES: without_hold},
    "settle": {STEPS: without_wait, SWEEPING: without_second_look},
}


class Finder(importlib.abc.MetaPathFinder):
    """Patches modules right after they are imported."""

    def __init__(self, patches: dict[str, Callable[[ModuleType], None]]) -> None:
        self._patches = patches

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname not in self._patches:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is None or spec.loader is None:
            return spec
        patch, execute = self._patches[fullname], spec.loader.exec_module

        def execute_and_patch(module: ModuleType) -> None:
            execute(module)
            patch(module)

        spec.loader.exec_module = execute_and_patch  # type: ignore[method-assign]
        return spec


def take_away(guard: str) -> None:
    """Run without a guard from here on; an empty name, or one that needs nothing in a process, changes nothing."""
    if guard in PATCHES:
        sys.meta_path.insert(0, Finder(PATCHES[guard]))
