"""Conditions that indexes are kept for."""

from __future__ import annotations

from django.db.models import BooleanField, F, Func, Q


def literally(name: str, *values: str) -> Q:
    """A column holds one of the values, which are written into the SQL itself: constants of ours, never anybody's input.

    SQLite looks rows up by a partial index only where its condition stands in the query word for word, not in parameters.
    """
    written = ", ".join(f"'{value}'" for value in values if value.isidentifier())
    assert written.count(",") == len(values) - 1, values  # noqa: S101  (a value that could be SQL)
    template = f"%(expressions)s IN ({written})" if len(values) > 1 else f"%(expressions)s = {written}"
    return Q(Func(F(name), template=template, output_field=BooleanField()))
