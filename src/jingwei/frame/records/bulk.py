"""Many rows in one go: a few by pipelined statements, many by COPY into a staging table and one statement.

COPY straight into a table is refused under row-level security, and staging tables cost catalogue rows, hence the two ways.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable, Sequence
from typing import Any

from django.apps import apps
from django.db import connection, models
from django.db.models.base import ModelState
from django.utils import timezone
from psycopg import sql
from psycopg.types.json import Jsonb

from jingwei.frame.models.spelt import spelt_with

few = 200


def _dumps(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _fields(model: type[models.Model], names: Sequence[str]) -> list[models.Field[Any, Any]]:
    return [model._meta.get_field(name) for name in names]  # type: ignore[misc]


def _adapt(fields: Sequence[models.Field[Any, Any]], row: Sequence[Any]) -> list[Any]:
    return [_adapted(field, value) for field, value in zip(fields, row, strict=True)]


def _adapted(field: models.Field[Any, Any], value: Any) -> Any:
    if isinstance(field, models.JSONField) and value is not None:
        return Jsonb(value, dumps=_dumps)
    return str(value) if isinstance(field, models.FileField) else value


def _name(field: models.Field[Any, Any]) -> sql.Identifier:
    assert field.column is not None
    return sql.Identifier(field.column)


def _columns(fields: Sequence[models.Field[Any, Any]]) -> sql.Composed:
    return sql.SQL(", ").join([_name(f) for f in fields])


def copy_in(model: type[models.Model], names: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Append rows; `names` are model fields (a foreign key takes its id). Constraints, policies and triggers apply."""
    if not rows:
        return
    fields = _fields(model, names)
    table, columns = sql.Identifier(model._meta.db_table), _columns(fields)
    connection.ensure_connection()
    with connection.wrap_database_errors, connection.connection.cursor() as cursor:
        if len(rows) <= few:
            places = sql.SQL("({})").format(sql.SQL(", ").join([sql.Placeholder()] * len(fields)))
            statement = sql.SQL("INSERT INTO {} ({}) VALUES {}").format(table, columns, sql.SQL(", ").join([places] * len(rows)))
            cursor.execute(statement, [value for row in rows for value in _adapt(fields, row)])
            return
        _stage(cursor, table, columns, fields, rows)
        cursor.execute(sql.SQL("INSERT INTO {0} ({1}) SELECT {1} FROM staging").format(table, columns))
        cursor.execute("DROP TABLE staging")


def update_from(model: type[models.Model], names: Sequence[str], rows: Sequence[tuple[int, Sequence[Any]]]) -> None:
    """Set the named fields of many rows: (id, values) each."""
    if not rows:
        return
    fields = _fields(model, names)
    table = sql.Identifier(model._meta.db_table)
    connection.ensure_connection()
    with connection.wrap_database_errors, connection.connection.cursor() as cursor:
        if len(rows) <= few:
            sets = sql.SQL(", ").join(sql.SQL("{} = {}").format(_name(f), sql.Placeholder()) for f in fields)
            cursor.executemany(sql.SQL("UPDATE {} SET {} WHERE id = %s").format(table, sets), [[*_adapt(fields, values), pk] for pk, values in rows])
            return
        key = model._meta.pk
        _stage(cursor, table, _columns([key, *fields]), [key, *fields], [(pk, *values) for pk, values in rows])
        sets = sql.SQL(", ").join(sql.SQL("{0} = staging.{0}").format(_name(f)) for f in fields)
        cursor.execute(sql.SQL("UPDATE {0} SET {1} FROM staging WHERE {0}.id = staging.id").format(table, sets))
        cursor.execute("DROP TABLE staging")


def _stage(cursor: Any, table: sql.Identifier, columns: sql.Composed, fields: Sequence[models.Field[Any, Any]], rows: Sequence[Sequence[Any]]) -> None:
    cursor.execute(sql.SQL("CREATE TEMP TABLE staging AS SELECT {} FROM {} WITH NO DATA").format(columns, table))
    with cursor.copy(sql.SQL("COPY staging ({}) FROM STDIN").format(columns)) as copy:
        for row in rows:
            copy.write_row(_adapt(fields, row))


def new_ids(model: type[models.Model], count: int) -> list[int]:
    """Ids for rows that are yet to be inserted."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)", (model._meta.db_table, count))
        return [row[0] for row in cursor.fetchall()]


def made(model: type[Any], **values: Any) -> Any:
    """A new object of a model, as by calling it but without its cost a field: no signals, unknown names are not refused."""
    row: Any = object.__new__(model)
    plain, callables = _blank(model)
    row.__dict__.update(plain)
    for name, default in callables:
        row.__dict__[name] = default()
    row._state = ModelState()
    for name, value in values.items():
        if isinstance(value, models.Model):
            row.__dict__[name + "_id"] = value.pk
            row._state.fields_cache[name] = value
        elif value is not None or name in row.__dict__:
            row.__dict__[name] = value
    return row


def _blank(model: Any) -> tuple[dict[str, Any], tuple[tuple[str, Any], ...]]:
    return _blank_of(model._meta.label_lower)


@functools.cache
def _blank_of(label: str) -> tuple[dict[str, Any], tuple[tuple[str, Any], ...]]:
    """The defaults of a model's columns: plain ones, and those that are made anew each time."""
    plain: dict[str, Any] = {}
    callables = []
    for each in apps.get_model(label)._meta.concrete_fields:
        if each.has_default() and callable(each.default):
            callables.append((each.attname, each.default))
        else:
            plain[each.attname] = each.get_default()
    return plain, tuple(callables)


def insert(rows: Sequence[Any]) -> None:
    """New rows of one scoped model; ids, organisation and times are filled in the objects as by `save`."""
    if not rows:
        return
    model, now = type(rows[0]), timezone.now()
    missing = [row for row in rows if row.pk is None]
    for row, pk in zip(missing, new_ids(model, len(missing)) if missing else (), strict=True):
        row.pk = pk
    fields, spelt = model._meta.concrete_fields, spelt_with(model)
    for row in rows:
        row.created_at = row.updated_at = now
        row.belong()
        row._state.adding = False
        for spelling in spelt:
            spelling.pre_save(row, add=True)
    if model.numbered is not None:
        model.numbered.give(rows)
    attributes = [field.attname for field in fields]
    copy_in(model, [field.name for field in fields], [[getattr(row, name) for name in attributes] for row in rows])


def update(rows: Sequence[Any], names: Iterable[str]) -> None:
    """Save the named fields of many rows of one scoped model, counting their versions up."""
    if not rows:
        return
    model, now = type(rows[0]), timezone.now()
    wanted = [*dict.fromkeys((*names, "version", "updated_at"))]
    spelt = spelt_with(model, wanted)
    wanted += [each.name for each in spelt]
    if getattr(model, "project_from", "") in wanted:
        wanted.append("project")  # a part goes where its whole is
    attributes = [field.attname for field in _fields(model, wanted)]
    if model.numbered is not None and model.numbered.field in wanted:
        model.numbered.give(rows)
    for row in rows:
        row.belong()
        row.version, row.updated_at = (row.version or 0) + 1, now
        for spelling in spelt:
            spelling.pre_save(row, add=False)
    update_from(model, wanted, [(row.pk, [getattr(row, name) for name in attributes]) for row in rows])


def save(rows: Sequence[Any], names: Iterable[str]) -> None:
    """Insert what is new, update the named fields of what is not."""
    fresh = [row for row in rows if row._state.adding]
    update([row for row in rows if not row._state.adding], names)
    insert(fresh)
