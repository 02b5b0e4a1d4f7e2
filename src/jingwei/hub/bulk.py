"""Many rows in one go: COPY into a staging table, then one statement."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection, models
from psycopg import sql
from psycopg.types.json import Jsonb


def _columns(model: type[models.Model], names: Sequence[str]) -> list[models.Field[Any, Any]]:
    return [model._meta.get_field(name) for name in names]  # type: ignore[misc]


def _adapted(field: models.Field[Any, Any], value: Any) -> Any:
    if isinstance(field, models.JSONField) and value is not None:
        return Jsonb(value, dumps=lambda v: json.dumps(v, ensure_ascii=False, separators=(",", ":")))
    return value


def copy_in(model: type[models.Model], names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Append rows; `names` are model fields (a foreign key takes its id). Constraints and triggers of the table apply."""
    fields = _columns(model, names)
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(model._meta.db_table), sql.SQL(", ").join(sql.Identifier(f.column) for f in fields)
    )
    connection.ensure_connection()
    with connection.connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row([_adapted(f, v) for f, v in zip(fields, row, strict=True)])


def update_from(model: type[models.Model], names: Sequence[str], rows: Sequence[tuple[int, Sequence[Any]]]) -> int:
    """Set the named fields of many rows: (id, values) each. Returns how many rows were there."""
    if not rows:
        return 0
    fields = _columns(model, names)
    table = sql.Identifier(model._meta.db_table)
    columns = sql.SQL(", ").join(sql.Identifier(f.column) for f in fields)
    connection.ensure_connection()
    with connection.connection.cursor() as cursor:
        cursor.execute(
            sql.SQL("CREATE TEMP TABLE staging ON COMMIT DROP AS SELECT id, {} FROM {} WITH NO DATA").format(columns, table)
        )
        with cursor.copy(sql.SQL("COPY staging (id, {}) FROM STDIN").format(columns)) as copy:
            for pk, values in rows:
                copy.write_row([pk, *(_adapted(f, v) for f, v in zip(fields, values, strict=True))])
        sets = sql.SQL(", ").join(sql.SQL("{0} = staging.{0}").format(sql.Identifier(f.column)) for f in fields)
        cursor.execute(sql.SQL("UPDATE {0} SET {1} FROM staging WHERE {0}.id = staging.id").format(table, sets))
        changed = cursor.rowcount
        cursor.execute("DROP TABLE staging")
    return changed
