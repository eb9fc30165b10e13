"""A process that tests may stop, kill, suspend and start again, with everything that it ever said."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from registrations.management.localrun.leash import die_with

ROOT = Path(__file__).resolve().parents[2]
STOP_SECONDS = 20.0
LAST_LINES = 15
LONGEST_LINE = 400


class Running:
    """One command, with the processes that it starts itself. Its words go to `<folder>/<name>.log`."""

    def __init__(self, name: str, command: Sequence[str], *, environment: Mapping[str, str], folder: Path) -> None:
        self.name = name
        self._command = list(command)
        self._environment = dict(environment)
        self._log = folder / f"{name}.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._suspended = False

    @property
    def is_alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start it, unless it runs; let it go on, if it was suspended."""
        self.resume()
        if self.is_alive:
            return
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                cwd=ROOT,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=partial(die_with, os.getpid()),
            )

    def stop(self) -> None:
        """End it as a deployment would; whatever does not listen is killed."""
        self.resume()
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End it and all that it started at once, as `kill -9` or the kernel would."""
        self._signal(signal.SIGKILL)
        if self._process is not None:
            self._process.wait()
        self._suspended = False

    def suspend(self) -> None:
        """Freeze it: its ports stay open, and nothing answers."""
        self._signal(signal.SIGSTOP)
        self._suspended = True

    def resume(self) -> None:
        """Let it go on after `suspend`."""
        if self._suspended:
            self._signal(signal.SIGCONT)
            self._suspended = False

    def last_lines(self) -> str:
        """The end of what it said, long lines cut; empty if it said nothing."""
        if not self._log.exists():
            return ""
        lines = self._log.read_text(errors="replace").splitlines()[-LAST_LINES:]
        return "\n".join(line[:LONGEST_LINE] for line in lines)

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None and self._process.poll() is None:
            os.killpg(self._process.pid, number)
