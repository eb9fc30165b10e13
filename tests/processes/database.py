"""A PostgreSQL server that can go away and come back with its data."""

from __future__ import annotations

from urllib.parse import urlsplit

from tests.postgres import Cluster


class StoppableCluster(Cluster):
    """A server of its own, as `tests.postgres` makes it."""

    def interrupt(self) -> None:
        """The server is gone from one moment to the next, and every connection with it."""
        self._run("pg_ctl", "-D", str(self._folder / "data"), "-m", "immediate", "-w", "stop")

    def resume(self) -> None:
        """The server is back at the same port."""
        options = f"-h 127.0.0.1 -p {urlsplit(self.url).port} -k {self._folder} -F -c max_connections=100"
        log, data = str(self._folder / "log"), str(self._folder / "data")
        self._run("pg_ctl", "-D", data, "-w", "-t", "30", "-l", log, "-o", options, "start")
