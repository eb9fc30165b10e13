"""A process whose clock is wrong is wrong everywhere, and measures lengths of time as before."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from tests.soak.world import INSIDE

TELL = """
import json, sys, time
from datetime import date, datetime, timezone
began, monotonic = time.time(), time.monotonic()
time.sleep(0.1)
print(json.dumps({
    "time": time.time(), "ns": time.time_ns() / 1e9, "now": datetime.now(timezone.utc).timestamp(),
    "naive": datetime.now().timestamp(), "utcnow": datetime.utcnow().replace(tzinfo=timezone.utc).timestamp(),
    "gmtime": time.strftime("%Y-%m-%d %H", time.gmtime()), "today": date.today().isoformat(), "strftime": time.strftime("%H"),
    "slept": time.time() - began, "passed": time.monotonic() - monotonic,
    "is_true_type": type(datetime.now()) is datetime,
}))
"""


def tell(ahead: int) -> dict[str, float]:
    environment = os.environ | {"PYTHONPATH": str(INSIDE), "SOAK_CLOCK_AHEAD": str(ahead), "TZ": "UTC"}
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", TELL], env=environment, check=True, stdout=subprocess.PIPE)
    told: dict[str, float] = json.loads(done.stdout)
    return told


def test_a_shifted_clock_is_shifted_everywhere() -> None:
    true, wrong = tell(0), tell(86_400)
    for name in ("time", "ns", "now", "naive", "utcnow"):
        assert 86_400 <= wrong[name] - true[name] < 86_460, name
    assert wrong["gmtime"] > true["gmtime"]
    assert wrong["today"] > true["today"]
    assert 0.1 <= wrong["slept"] < 5
    assert 0.1 <= wrong["passed"] < 5
    assert wrong["is_true_type"]
