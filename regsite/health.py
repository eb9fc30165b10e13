"""What an orchestrator asks: is the process alive, and may it be given work."""

from functools import cache

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache


@never_cache
def livez(request: HttpRequest) -> HttpResponse:
    """The process answers; depends on nothing else."""
    return HttpResponse("ok\n", content_type="text/plain")


@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """Whether the database answers and has this release's schema; 503 if not.

    Redis is no part of the answer: without it everything goes on, at the schedule's pace.
    """
    checks = {"database": _database_answers()}
    if checks["database"]:
        checks["migrations"] = _migrations_applied()
    ready = all(checks.values())
    words = {name: "ok" if fine else "failed" for name, fine in checks.items()}
    return JsonResponse({"ready": ready, "checks": words}, status=200 if ready else 503)


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


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
