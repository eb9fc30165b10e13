"""Python imports this module at its start when this folder is on PYTHONPATH; see `missing_guard` and `wrong_clock`."""

from __future__ import annotations

import os

import missing_guard
import wrong_clock

missing_guard.take_away(os.environ.get("SOAK_SABOTAGE", ""))
if ahead := float(os.environ.get("SOAK_CLOCK_AHEAD", "0")):
    wrong_clock.shift(ahead)
