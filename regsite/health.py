"""What an orchestrator asks: is the process alive, may it be given work, and does the installation as a whole do its work.

`/livez` and `/readyz` are about the web process that answers. `/healthz` is for whoever watches the installation: it fails
when people sign up and nobody serves them. Restarting web processes does not help then, so no probe of theirs should ask it.
"""

import os
import shutil
from functools import cache

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache

from registrations.services import heartbeats, witness

OK, FAILED, READ_ONLY, FULL = "ok", "failed", "read-only", "full"
SMALLEST_ROOM_BYTES = 1024 * 1024


@never_cache
def livez(request: HttpRequest) -> HttpResponse:
    """The process answers; depends on nothing else."""
    return HttpResponse("ok\n", content_type="text/plain")


@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """Whether the database answers, can be written and has this release's schema; 503 if not.

    That its disk is full a PostgreSQL server tells only to whoever writes: forms are answered 503 then, this is not.
    Redis is no part of the answer: without it everything goes on, at the schedule's pace. Workers that are silent and a
    restored database that waits for an operator are told of, but this process is ready all the same: it takes forms.
    """
    checks = {"database": _database()}
    if checks["database"] != FAILED:
        checks["migrations"] = OK if _migrations_applied() else FAILED
    ready = set(checks.values()) == {OK}
    words = checks | (_information() if ready else {})
    return JsonResponse({"ready": ready, "checks": words}, status=200 if ready else 503)


@never_cache
def healthz(request: HttpRequest) -> JsonResponse:
    """Whether each kind of worker that was at work within the last day is still at it; 503 if one has been silent for a minute.

    Says of each kind "ok" or since when it is silent. Without its database nothing can be told: 503.
    """
    try:
        silent = {silence.kind: silence.since.isoformat(timespec="seconds") for silence in heartbeats.silences()}
        workers = dict.fromkeys(heartbeats.kinds(), OK) | {kind: f"silent since {since}" for kind, since in silent.items()}
    except DatabaseError:
        return JsonResponse({"healthy": False, "database": FAILED}, status=503)
    return JsonResponse({"healthy": not silent, "workers": workers}, status=503 if silent else 200)


def _information() -> dict[str, str]:
    """What is told and decides nothing."""
    try:
        return {
            "workers": "stale" if heartbeats.silences() else OK,
            "delivery": "behind" if witness.behind() else OK,
        }
    except DatabaseError:
        return {}


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            if connection.vendor != "postgresql":
                return _sqlite()
            cursor.execute("SHOW transaction_read_only")
            return READ_ONLY if cursor.fetchone()[0] == "on" else OK
    except DatabaseError:
        return FAILED


def _sqlite() -> str:
    """Whether the file can be written; asked without writing, which would wait for whoever writes."""
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA query_only")
        refused = bool(cursor.fetchone()[0])
        cursor.execute("PRAGMA database_list")
        path = cursor.fetchone()[2]
    if refused or (path and not os.access(path, os.W_OK)):
        return READ_ONLY
    return FULL if path and shutil.disk_usage(path).free < SMALLEST_ROOM_BYTES else OK


def _migrations_applied() -> bool:
    try:
        return _schema_is_current()
    except (_SchemaIsOld, DatabaseError):
        return False


class _SchemaIsOld(Exception):
    """Migrations of this release are not applied yet."""


@cache
def _schema_is_current() -> bool:
    """True once, then from memory: an applied migration stays applied while this process lives."""
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise _SchemaIsOld
    return True
