"""The message queue keeps no time and repeats nothing: what is to happen later stands in the database."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
MODULES = sorted([*ROOT.glob("registrations/**/*.py"), *ROOT.glob("regsite/**/*.py")])
TIMERS = {"eta", "countdown", "autoretry_for", "retry_backoff", "default_retry_delay", "max_retries"}
ASKING = {"send_task", "apply_async", "delay", "shared_task", "task", "signature", "s", "si"}


def timers(source: str) -> list[str]:
    """What in a module has the queue wait or repeat: `eta=`, `countdown=` and their like given to a task, and `.retry(`."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name in ASKING:
            found += [f"{name}({word.arg}=)" for word in node.keywords if word.arg in TIMERS]
        if name == "retry" and isinstance(node.func, ast.Attribute):
            found.append(".retry(")
    return found


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_task_is_given_a_time_or_repeated_by_the_queue(module: Path) -> None:
    assert timers(module.read_text()) == []


@pytest.mark.parametrize(
    "source",
    [
        "app.send_task('x', args=[1], countdown=5)",
        "task.apply_async((1,), eta=now)",
        "self.retry()",
        "@shared_task(autoretry_for=(E,))\ndef f(): ...",
    ],
)
def test_a_timer_would_be_found(source: str) -> None:
    assert timers(source) != []
