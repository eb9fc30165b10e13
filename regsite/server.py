"""gunicorn's configuration: `gunicorn -c python:regsite.server regsite.wsgi`."""

import os
import signal
import tempfile
from pathlib import Path
from typing import Any

from django.conf import settings

from registrations.management.localrun.leash import die_with

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "regsite.settings")

_on_sqlite = settings.DATABASES["default"]["ENGINE"].endswith("sqlite3")

bind = f"{settings.HOST}:{settings.PORT}"
worker_class = "gthread"
workers = settings.WEB_CONCURRENCY
# Many threads would fight for SQLite's one write lock; a single one would wait out browsers' spare connections.
threads = 2 if _on_sqlite else 4
# Loaded once, then forked: a start costs one import, and the workers share its memory.
preload_app = True
timeout = 30
graceful_timeout = 10
# Heartbeats go through a file that must not lie on a slow disk.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else tempfile.gettempdir()  # noqa: S108
control_socket_disable = True
# Paths hold private tokens; what is worth knowing of a request is logged by the application, scrubbed.
accesslog = None
loglevel = "warning"


def post_fork(server: Any, worker: Any) -> None:
    """A worker whose master was killed stops at once, so that the port is free again."""
    die_with(worker.ppid, by=signal.SIGTERM)
