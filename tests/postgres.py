"""A PostgreSQL server that lives as long as the tests need it."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path


def find_server() -> Path | None:
    """The folder of PostgreSQL's programs, the newest version first; None if there is no server on this machine."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]), reverse=True)
    found = [str(path) for path in debian] + [path for path in [shutil.which("initdb")] if path]
    return Path(found[0]).parent if found else None


class Cluster:
    """A server with an empty data folder of its own; listens on loopback at a free port. It refuses to run as root."""

    def __init__(self, programs: Path) -> None:
        self._programs = programs
        self._folder = Path(tempfile.mkdtemp(prefix="regsite-postgres-", dir="/tmp"))
        self._user = pwd.getpwuid(os.geteuid()).pw_name
        if os.geteuid() == 0:
            self._user = "postgres"
            shutil.chown(self._folder, "postgres")
        data = self._folder / "data"
        self._run("initdb", "-D", str(data), "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "-N")
        port = _free_port()
        options = f"-h 127.0.0.1 -p {port} -k {self._folder} -F -c full_page_writes=off -c max_connections=100"
        self._run("pg_ctl", "-D", str(data), "-w", "-t", "30", "-l", str(self._folder / "log"), "-o", options, "start")
        self.url = f"postgresql://postgres@127.0.0.1:{port}/postgres"

    def stop(self) -> None:
        """Stop the server and remove what it wrote."""
        self._run("pg_ctl", "-D", str(self._folder / "data"), "-m", "immediate", "-w", "stop")
        shutil.rmtree(self._folder, ignore_errors=True)

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._programs / program), *arguments]
        if os.geteuid() == 0:
            command = ["runuser", "-u", self._user, "--", *command]
        # The server inherits what pg_ctl was given, so pipes would stay open for as long as it runs.
        with (self._folder / "output").open("w+") as output:
            done = subprocess.run(
                command, stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, cwd=self._folder, check=False
            )
            if done.returncode:
                output.seek(0)
                raise RuntimeError(f"{program} failed: {output.read()}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
