"""Several processes as one: they start together, end together, and leave nothing behind."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import IO, Any

from honcho.manager import Manager
from honcho.printer import Message
from honcho.process import Popen, Process

from registrations.management.localrun.leash import die_with

# How a process is ended when the supervisor was killed: at once, but for the one that has something to save first.
_LEASHES = {"sandbox": signal.SIGTERM}


class LeashedProcess(Process):  # type: ignore[misc]
    """A process that ends with the supervisor, even when that one is killed: two leashes, as honcho puts one between."""

    def __init__(self, command: str, **options: Any) -> None:
        # Without exec a shell would stand between, and the leash would hold the shell alone.
        super().__init__(f"exec {command}", **options)
        self._supervisor = os.getpid()

    def run(self, events: Any = None, ignore_signals: bool = False) -> None:
        die_with(self._supervisor)
        leash = partial(die_with, os.getpid(), by=_LEASHES.get(self.name, signal.SIGKILL))
        self._child_ctor = partial(Popen, preexec_fn=leash)
        super().run(events, ignore_signals)


class LogFiles:
    """Takes the lines that processes write and keeps them in `<folder>/<name>.log`, afresh for every run."""

    width = 0

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._files: dict[str, IO[bytes]] = {}

    def write(self, message: Message) -> None:
        if message.name not in self._files:
            self._files[message.name] = (self.folder / f"{message.name}.log").open("wb", buffering=0)
        data = message.data if isinstance(message.data, bytes) else message.data.encode()
        self._files[message.name].write(data)

    def last_lines(self, name: str, count: int = 15) -> list[str]:
        """The end of what the process said; empty if it said nothing."""
        path = self.folder / f"{name}.log"
        return path.read_text(errors="replace").splitlines()[-count:] if path.exists() else []


class Supervisor(Manager):  # type: ignore[misc]
    """Runs commands by name until one of them ends or a signal comes; then ends them all.

    `when_started` is called in a thread of its own as soon as all are started. After `loop`, `fallen` names the processes
    that ended by themselves.
    """

    def __init__(
        self,
        *,
        commands: Mapping[str, str],
        environment: Mapping[str, str],
        directory: Path,
        logs: LogFiles,
        when_started: Callable[[], None],
    ) -> None:
        super().__init__(printer=logs)
        self._process_ctor = LeashedProcess
        self._when_started = threading.Thread(target=when_started, daemon=True)
        self.fallen: list[str] = []
        for name, command in commands.items():
            self.add_process(name, command, env=dict(environment), cwd=directory)

    def _start(self) -> None:
        super()._start()
        # Only now: a process must not be forked while another thread may hold a lock.
        self._when_started.start()

    def terminate(self) -> None:
        if not self._all_started():
            # Not all of their ids are known yet; the signal comes again in a moment.
            threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGTERM)).start()
            return
        if not self._terminating:
            self.fallen = [name for name, state in self._processes.items() if "returncode" in state]
        super().terminate()
