"""One run at a time on one data folder: two would share a database, log files and the stand-ins' state."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class AlreadyRunning(Exception):
    """Another run holds the folder; the text says so, for a person at a terminal."""


@contextmanager
def sole_run(folder: Path) -> Iterator[None]:
    """Hold `<folder>/run.lock`, which the kernel lets go when the run ends, however it ends. Raises AlreadyRunning."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / "run.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise AlreadyRunning(
                f"regsite runs on {folder} already. Stop it first, or choose another folder with DATA_DIR."
            ) from error
        yield
