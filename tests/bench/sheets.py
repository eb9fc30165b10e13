"""Rows on their way into a table by the hundred thousand, on either database."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection, models, transaction

LINES_AT_ONCE = 1_000

Cell = str | int | None


class Sheet:
    """The rows of one table that have gathered. The named columns vary; all others hold a constant, or their default."""

    def __init__(self, model: type[models.Model], varying: str, **constants: Any) -> None:
        fields = {field.attname: field for field in model._meta.concrete_fields}
        names = varying.split()
        rest = [name for name in fields if name not in names]
        self.table = model._meta.db_table
        self.rows: list[Sequence[Cell]] = []
        self._columns = ", ".join(f'"{fields[name].column}"' for name in (*names, *rest))
        self._constants = tuple(_cell(constants.get(name, fields[name].get_default())) for name in rest)
        self._end_of_line = "".join(f"\t{_text(value)}" for value in self._constants) + "\n"
        self._places = ", ".join("?" for _ in fields)

    def write(self) -> None:
        """Put what has gathered into the table."""
        if connection.vendor == "postgresql":
            self._copy()
        else:
            statement = f"INSERT INTO {self.table} ({self._columns}) VALUES ({self._places})"
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.cursor.connection.executemany(statement, ((*row, *self._constants) for row in self.rows))
        self.rows = []

    def _copy(self) -> None:
        with connection.cursor() as cursor, cursor.copy(f"COPY {self.table} ({self._columns}) FROM STDIN") as copy:
            for begin in range(0, len(self.rows), LINES_AT_ONCE):
                rows = self.rows[begin : begin + LINES_AT_ONCE]
                copy.write("".join("\t".join(map(_text, row)) + self._end_of_line for row in rows))


def moment(at: datetime) -> str:
    """A moment in UTC as both databases read it."""
    return at.replace(tzinfo=None).isoformat(" ", "microseconds")


def _cell(value: Any) -> Cell:
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, dict | list):
        return json.dumps(value)
    if isinstance(value, int) or value is None:
        return value if value is None else int(value)
    return str(value)


def _text(value: Cell) -> str:
    """A value as COPY reads it; ours hold no tab, backslash or end of line."""
    return "\\N" if value is None else str(value)
