"""Empties the database after a test that needs commits of its own.

Django's way empties every table and then makes all permissions and content types anew: that takes longer than most tests.
"""

from __future__ import annotations

from django.db import connections, transaction
from django.test import TransactionTestCase

KEPT = {"django_migrations", "django_content_type", "auth_permission"}


def empty(database: str = "default") -> None:
    """Delete all rows but those that Django makes when it migrates; whoever they refer to is gone by the commit."""
    connection = connections[database]
    names = [name for name in connection.introspection.django_table_names(include_views=False) if name not in KEPT]
    statements = [f"DELETE FROM {connection.ops.quote_name(name)}" for name in names]
    with transaction.atomic(using=database), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("; ".join(statements))
        else:
            for statement in statements:
                cursor.execute(statement)


def empty_after(case: TransactionTestCase) -> None:
    """In place of `TransactionTestCase._fixture_teardown`."""
    for database in case._databases_names(include_mirrors=False):  # type: ignore[attr-defined]
        empty(database)
