"""The site as the tests see it: nothing of this machine's configuration, nothing outside the process unless it is asked for."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

from tests.postgres import Cluster, find_server

for _line in (Path(__file__).parent.parent / ".env.example").read_text().splitlines():
    os.environ.pop(_line.partition("=")[0], None)

_folder = Path(tempfile.mkdtemp(prefix="regsite-tests-"))
atexit.register(shutil.rmtree, _folder, ignore_errors=True)

os.environ.update(
    DATA_DIR=str(_folder),
    ENV_FILE=os.devnull,
    PUBLIC_URL="http://testserver",
    DEFAULT_FROM_EMAIL="webinars@example.org",
    CONTACT_EMAIL="webinars@example.org",
    PLAIN_HTTP_HOSTS="127.0.0.1,localhost",
    # Nothing listens there: whatever rings must live with that.
    REDIS_URL="redis://127.0.0.1:1/0",
    EMAIL_URL="smtp://127.0.0.1:1",
    LOG_LEVEL="WARNING",
    # Tests fill in a form faster than people do; those that are about this set it.
    FORM_MIN_SECONDS="0",
)

if os.environ.get("TEST_DATABASE") == "postgres":
    # The first process starts the server; those that pytest-xdist makes find its address in their environment.
    if "TEST_DATABASE_URL" not in os.environ:
        _server = find_server()
        if _server is None:
            raise SystemExit("TEST_DATABASE=postgres needs a PostgreSQL server; apt install postgresql.")
        _cluster = Cluster(_server)
        atexit.register(_cluster.stop)
        os.environ["TEST_DATABASE_URL"] = _cluster.url
    os.environ.update(
        DATABASE_URL=os.environ["TEST_DATABASE_URL"],
        SECRET_KEY="tests " * 10,
        FIELD_ENCRYPTION_KEYS="dGVzdHN0ZXN0c3Rlc3RzdGVzdHN0ZXN0c3Rlc3RzdGU=",
    )

from regsite.settings import *  # noqa: E402, F403
from regsite.settings import DATABASES, STORAGES  # noqa: E402

if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file, not memory: threads of one test then meet the same locks as processes do.
    DATABASES["default"]["TEST"] = {"NAME": str(_folder / "test.sqlite3")}
    DATABASES["default"]["OPTIONS"]["init_command"] = "PRAGMA journal_mode=WAL;PRAGMA synchronous=OFF"

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
