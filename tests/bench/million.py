"""Whether a million registrations cost more than ten thousand do: claiming, a campaign's list, the search.

The measured campaign has 5,000 people in both, all due; the database's statistics are from before they were. PostgreSQL has
both databases on one server.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial

import psycopg

from tests.bench.bench import POSTGRES, SQLITE, Bench, say
from tests.bench.figures import Figure, paired, spread
from tests.processes.asking import Console
from tests.processes.running import ROOT

FEW = 10_000
MANY = {POSTGRES: 1_000_000, SQLITE: 200_000}
ROUNDS = 7
GOES = 9
TARGET = 1.5
WHAT = {
    "claims": "claiming 50 seats",
    "lists": "a campaign's registrations list",
    "finds_one": "a search that finds one person",
    "finds_many": "a search that fills a page",
}


class CrowdConsole(Console):
    """A console of `crowd_console`."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.crowd_console"],
            cwd=ROOT,
            env=environment,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )


def rows(bench: Bench) -> list[Figure]:
    """Four rows for each database; the small and the large one take turns."""
    return [figure for database in (POSTGRES, SQLITE) for figure in _rows(bench, database)]


def _rows(bench: Bench, database: str) -> list[Figure]:
    many = bench.size(quick=MANY[database] // 10, full=MANY[database])
    with _crowds(bench, database, many) as consoles:
        return [_row(bench, database, what, consoles) for what in WHAT]


def _row(bench: Bench, database: str, what: str, consoles: dict[int, CrowdConsole]) -> Figure:
    say(f"{WHAT[what]} on {database}")
    in_all: dict[str, list[float]] = {str(people): [] for people in consoles}

    def go(people: int) -> float:
        times = consoles[people].ask(what, times=GOES)
        in_all[str(people)].append(statistics.median(times["all"]))
        return statistics.median(times["database"])

    arms: dict[str, Callable[[], float]] = {str(people): partial(go, people) for people in consoles}
    few, many = (str(people) for people in consoles)
    asked = bench.rounds(ROUNDS, arms)
    ratio, whole = paired(asked[many], asked[few]), paired(in_all[many], in_all[few])
    return Figure(
        name=f"{WHAT[what]} among {int(many):,} registrations, {database}, against {int(few):,}",
        value=whole.middle,
        target=TARGET,
        direction="<=",
        detail=f"{_ms(in_all[many])} against {_ms(in_all[few])} with all that our own code and the page cost, ratios {whole};"
        f" in the database {_ms(asked[many])} against {_ms(asked[few])}, ratios {ratio}",
    )


def _ms(values: list[float]) -> str:
    return f"{spread(values)} ms"


@contextmanager
def _crowds(bench: Bench, database: str, many: int) -> Iterator[dict[int, CrowdConsole]]:
    """A console to each size, the small one first; the databases are gone afterwards."""
    with ExitStack() as exits:
        consoles = {}
        addresses = exits.enter_context(_databases(bench, [FEW, many])) if database == POSTGRES else {}
        for people in (FEW, many):
            folder = exits.enter_context(tempfile.TemporaryDirectory(prefix="regsite-crowd-"))
            consoles[people] = CrowdConsole(_environment(folder, addresses.get(people, "")))
            exits.callback(consoles[people].close)
            say(f"{people:,} people on {database}")
            consoles[people].ask("fill", people=people)
        yield consoles


@contextmanager
def _databases(bench: Bench, sizes: list[int]) -> Iterator[dict[int, str]]:
    """A database for each size on one server, whose own cleaning does not begin while something is measured."""
    url = bench.cluster().url
    with psycopg.connect(url, autocommit=True) as server:
        for setting in ("autovacuum = off", "max_wal_size = '16GB'", "checkpoint_timeout = '1h'"):
            server.execute(f"ALTER SYSTEM SET {setting}")
        server.execute("SELECT pg_reload_conf()")
        for people in sizes:
            server.execute(f"CREATE DATABASE crowd_{people}")
        yield {people: f"{url.rpartition('/')[0]}/crowd_{people}" for people in sizes}
        for people in sizes:
            server.execute(f"DROP DATABASE crowd_{people} WITH (FORCE)")


def _environment(folder: str, database_url: str) -> dict[str, str]:
    """Of a console whose site talks to nobody but its database."""
    secrets = {"SECRET_KEY": "crowd " * 10, "FIELD_ENCRYPTION_KEYS": "dGVzdHN0ZXN0c3Rlc3RzdGVzdHN0ZXN0c3Rlc3RzdGU="}
    return {
        "DJANGO_SETTINGS_MODULE": "regsite.settings",
        "ENV_FILE": "/dev/null",
        "DATA_DIR": folder,
        "PUBLIC_URL": "http://127.0.0.1",
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "EMAIL_URL": "smtp://127.0.0.1:1",
        "LOG_LEVEL": "ERROR",
        **secrets,
        **({"DATABASE_URL": database_url} if database_url else {}),
    }
