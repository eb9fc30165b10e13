"""Many new rows that differ in a few columns: several times faster than Django's own bulk insert, which asks each field of
each row anew."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import connection, models
from django.db.models.constants import OnConflict


def insert_alike(
    model: type[models.Model],
    *,
    common: Mapping[str, Any],
    names: Sequence[str],
    rows: Iterable[Sequence[Any]],
    ignore_conflicts: bool = False,
) -> None:
    """Insert a row for each of `rows`, whose values are those of the fields `names`, in that order.

    Fields are named as in the database (`campaign_id`). `common` holds the values that all rows share; every other field has
    its default, asked for once. With `ignore_conflicts` a row that a constraint forbids is left out.
    """
    fields = {field.attname: field for field in model._meta.concrete_fields if not field.primary_key}
    alike = model(**common)
    shared = [fields[name].get_db_prep_save(getattr(alike, name), connection) for name in fields if name not in names]
    varying = [fields[name] for name in names]
    columns = [fields[name] for name in fields if name not in names] + varying
    quoted = [connection.ops.quote_name(str(field.column)) for field in columns]
    conflict = OnConflict.IGNORE if ignore_conflicts else None
    words = (
        connection.ops.insert_statement(on_conflict=conflict),
        connection.ops.quote_name(model._meta.db_table),
        f"({', '.join(quoted)})",
        f"VALUES ({', '.join(['%s'] * len(columns))})",
        connection.ops.on_conflict_suffix_sql(varying, conflict, [], []),
    )
    values = [
        [*shared, *(field.get_db_prep_save(value, connection) for field, value in zip(varying, row, strict=True))]
        for row in rows
    ]
    with connection.cursor() as cursor:
        cursor.executemany(" ".join(words), values)
