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
    """Insert a row for each of `rows`, whose values are those of the fields `names`, in that order; one statement for all.

    Fields are named as in the database (`campaign_id`). `common` holds the values that all rows share; every other field has
    its default, asked for once. With `ignore_conflicts` a row that a constraint forbids is left out.
    """
    alike = model(**common)
    fields = {field.attname: field for field in model._meta.concrete_fields if not field.primary_key}
    varying = [fields.pop(name) for name in names]
    shared = list(fields.values())
    shared_values = [field.get_db_prep_save(getattr(alike, field.attname), connection) for field in shared]
    values = [[field.get_db_prep_save(value, connection) for field, value in zip(varying, row, strict=True)] for row in rows]
    if not values:
        return
    conflict = OnConflict.IGNORE if ignore_conflicts else None
    columns = ", ".join(connection.ops.quote_name(str(field.column)) for field in (*shared, *varying))
    table = connection.ops.quote_name(model._meta.db_table)
    insert = f"{connection.ops.insert_statement(on_conflict=conflict)} {table} ({columns})"
    ending = connection.ops.on_conflict_suffix_sql(varying, conflict, [], [])
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # Each column as one array: a row of values for each would be parsed and planned anew.
            chosen = ", ".join([*(f"%s::{_type(field)}" for field in shared), "v.*"])
            arrays = ", ".join(f"%s::{_type(field)}[]" for field in varying)
            cursor.execute(
                f"{insert} SELECT {chosen} FROM unnest({arrays}) AS v {ending}",  # noqa: S608  (names of our own columns)
                [*shared_values, *(list(column) for column in zip(*values, strict=True))],
            )
        else:
            marks = ", ".join(["%s"] * (len(shared) + len(varying)))
            cursor.executemany(f"{insert} VALUES ({marks}) {ending}", [[*shared_values, *row] for row in values])


def _type(field: models.Field[Any, Any]) -> str:
    return str(field.db_type(connection))
