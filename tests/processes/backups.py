"""Backups of a running stack's database, made and put back with the databases' own means."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

from tests.postgres import find_server
from tests.processes.stack import Stack


class Backup:
    """The database as it was when this was made, everything running. `restore` wants nothing running but Redis."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._copy = stack._folder / "backup"
        if stack.postgres is not None:
            self._postgres("pg_dump", "--format=custom", "--file", str(self._copy), stack.postgres.url)
        else:
            with closing(sqlite3.connect(self._file)) as live, closing(sqlite3.connect(self._copy)) as copy:
                live.backup(copy)

    def restore(self) -> None:
        if self._stack.postgres is not None:
            url = self._stack.postgres.url
            self._postgres("pg_restore", "--clean", "--if-exists", "--single-transaction", "--dbname", url, str(self._copy))
        else:
            for end in ("-wal", "-shm"):
                self._file.with_name(self._file.name + end).unlink(missing_ok=True)
            shutil.copyfile(self._copy, self._file)

    @property
    def _file(self) -> Path:
        return self._stack._folder / "regsite.sqlite3"

    def _postgres(self, program: str, *arguments: str) -> None:
        programs = find_server()
        assert programs is not None
        subprocess.run([programs / program, *arguments], check=True, timeout=120)
