"""The table for the terminal, the same as Markdown, `bench.json`, and the machine that it was measured on."""

from __future__ import annotations

import datetime
import json
import os
import platform
import re
import shutil
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from tests.bench.figures import Figure, short

NAMED_PACKAGES = ("Django", "celery", "gunicorn", "psycopg")


def as_json(figures: Sequence[Figure]) -> str:
    """What `bench.json` holds."""
    return json.dumps([figure.as_json() for figure in figures], ensure_ascii=False, indent=1) + "\n"


def as_table(figures: Sequence[Figure]) -> str:
    """For the terminal: each row, and below it what was measured."""
    width = shutil.get_terminal_size((128, 40)).columns
    lines = []
    for figure in figures:
        words = "" if figure.ok else "not measured" if figure.value is None else "MISSED"
        lines.append(f"{_value(figure):>10}  target {_target(figure):<11}{words or 'ok':<13} {figure.name}")
        lines.extend(f"{'':12}{line}" for line in _wrapped(figure.detail, width - 12))
    return "\n".join(lines)


def as_markdown(figures: Sequence[Figure], machine: str) -> str:
    """For the README."""
    rows = [f"| {figure.name} | {_value(figure)} | {_target(figure)} | {figure.detail} |" for figure in figures]
    return "\n".join(
        [machine, "", "| figure | measured | target | in figures: median (least–most) |", "|---|---|---|---|", *rows]
    )


def machine(databases: Sequence[str]) -> str:
    """Date, machine and versions in one line."""
    packages = [f"{name} {version(name)}" for name in NAMED_PACKAGES]
    ran = [f"Python {platform.python_version()}", *packages, *databases]
    today = datetime.datetime.now().astimezone().date()
    return f"{today}: {_processor()}, {os.cpu_count()} cores, {_memory()}; {', '.join(ran)}."


def _value(figure: Figure) -> str:
    return "–" if figure.value is None else f"{short(figure.value)} {figure.unit}".strip()


def _target(figure: Figure) -> str:
    return f"{'≥' if figure.direction == '>=' else '≤'} {figure.target:g} {figure.unit}".strip()


def _processor() -> str:
    found = re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text())
    return " ".join(found[1].split()) if found else platform.machine()


def _memory() -> str:
    found = re.search(r"MemTotal:\s*(\d+) kB", Path("/proc/meminfo").read_text())
    return f"{int(found[1]) / 2**20:.0f} GB RAM" if found else "RAM unknown"


def _wrapped(text: str, width: int) -> list[str]:
    lines, line = [], ""
    for word in text.split():
        if line and len(line) + len(word) >= width:
            lines.append(line)
            line = ""
        line = f"{line} {word}".strip()
    return [*lines, line] if line else lines
