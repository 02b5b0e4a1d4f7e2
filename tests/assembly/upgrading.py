"""Walk every schema that was ever released, in order, with rows in all tables: `python -m tests.assembly.upgrading` in a home of its own.

After each migration every table without rows gets one, made from nothing but its fields. What a later migration does to
rows that are there (a column without a default, a constraint they break) shows here. Prints JSON: how many states, tables filled, rows kept.
"""

from __future__ import annotations

import datetime as dt
import json
import uuid
from decimal import Decimal
from typing import Any

import psycopg

from jingwei.assembly import domains

ours = ("frame", *domains.names, "hub")
moment = dt.datetime(2026, 11, 2, 9, tzinfo=dt.UTC)


def main() -> None:
    """Walk, then bring the rest up to date and count again."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    from jingwei.frame.postgres import address, base
    from tools import released

    base.be_owner()
    unfilled: dict[str, str] = {}
    states = 0
    executor = MigrationExecutor(connection)
    state = executor.loader.project_state(list(executor.loader.applied_migrations))
    coming = [released.label(path) for path in released.noted()]
    for path in released.noted():  # one state goes along: made anew for each, the walk takes their number squared
        plan = executor.migration_plan([released.label(path)])
        coming.remove(released.label(path))
        half_made = {app for app, name in coming if name.endswith("_initial")}  # the first tables of a domain came together, in two files
        state = executor.migrate([released.label(path)], plan=plan, state=state)
        executor.loader.applied_migrations |= {(migration.app_label, migration.name): migration for migration, _backwards in plan}
        unfilled = fill(state.apps, half_made)
        states += 1
    before = counts()
    call_command("migrate", verbosity=0, interactive=False)
    after = counts()
    lost = {name: (count, after.get(name)) for name, count in before.items() if after.get(name) != count}
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_class WHERE relrowsecurity")
        walls = cursor.fetchone()[0]
        cursor.execute(
            "SELECT (SELECT count(*) FROM frame_search), (SELECT count(*) FROM frame_searchfill WHERE NOT is_full), (SELECT count(*) FROM work_task)"
        )
        searched, waiting, tasks = cursor.fetchone()
    connection.close()
    walked, fresh = (set(read_once_more(url).splitlines()) for url in (address.owner_url(), at_once()))
    differing = sorted(walked ^ fresh)
    print(
        json.dumps(
            {
                "differing": differing,
                "states": states,
                "filled": sum(1 for count in after.values() if count),
                "unfilled": unfilled,
                "lost": lost,
                "walls": walls,
                "is_searched": searched > tasks > 0 and waiting == 0,
            }
        )
    )


def read_once_more(url: str) -> str:
    """The tables of a database as a copy of it tells them: the server writes a list of words anew each time it reads one."""
    from jingwei.assembly.backups.journal import with_database
    from jingwei.frame.postgres import address
    from tools import schema

    told, copy = schema.dumped(address.tool("pg_dump"), url), with_database(url, "read_once_more")
    with psycopg.connect(with_database(url, "postgres"), autocommit=True) as server:
        server.execute("DROP DATABASE IF EXISTS read_once_more")
        server.execute("CREATE DATABASE read_once_more TEMPLATE template0")
    with psycopg.connect(copy) as empty:
        empty.execute(told.encode())
    return schema.dumped(address.tool("pg_dump"), copy)


def at_once() -> str:
    """The address of a database that got its tables at once, and its walls."""
    from django.core.management import call_command
    from django.db import connection

    from jingwei.assembly import snapshot
    from jingwei.assembly.backups.journal import with_database
    from jingwei.frame.postgres import address

    url = with_database(address.owner_url(), "at_once")
    with psycopg.connect(address.owner_url(), autocommit=True) as server:
        server.execute("CREATE DATABASE at_once TEMPLATE template0")
    with psycopg.connect(url) as empty:
        assert snapshot.bring_in(empty)
    connection.settings_dict["NAME"] = "at_once"
    call_command("migrate", verbosity=0, interactive=False)
    connection.close()
    return url


made_of_rows = {"frame_history", "frame_search", "frame_searchfill"}


def counts() -> dict[str, int]:
    """Rows by table of ours; history, which grows with every step, and the words of rows, which are taken over at the end, are left out."""
    from django.db import connection

    names = [name for name in connection.introspection.table_names() if name.startswith(tuple(f"{app}_" for app in ours)) and name not in made_of_rows]
    found = {}
    with connection.cursor() as cursor:
        for name in names:
            cursor.execute(f'SELECT count(*) FROM "{name}"')  # noqa: S608  (names of our own tables)
            found[name] = cursor.fetchone()[0]
    return found


def fill(apps: Any, half_made: set[str]) -> dict[str, str]:
    """One row in every table that has none; those that cannot be made by their fields alone, with the reason."""
    from django.db import DatabaseError, transaction

    waiting = [model for model in apps.get_models() if model._meta.app_label in ours and model._meta.app_label not in half_made and model.__name__ != "History"]
    problems: dict[str, str] = {}
    for which in (0, 0, -1, 0, -1, 0):  # what refers to others comes after them; the last choice where a table wants two that differ
        left = []
        for model in waiting:
            try:
                with transaction.atomic():
                    while model._base_manager.count() < rows_wanted(model):
                        model._base_manager.create(**values_of(model, which))
            except (DatabaseError, LookupError) as problem:
                problems[model._meta.db_table] = str(problem).splitlines()[0]
                left.append(model)
            else:
                problems.pop(model._meta.db_table, None)
        if not left:
            break
        waiting = left
    return problems


def rows_wanted(model: Any) -> int:
    """Two where another table names two of them (a task before a task), else one."""
    relations = [field for field in model._meta.get_fields(include_hidden=True) if field.auto_created and not field.concrete]
    named = [relation.related_model for relation in relations if not relation.field.null]
    return 2 if any(named.count(each) > 1 for each in named) else 1


def values_of(model: Any, which: int) -> dict[str, Any]:
    """A value for every field that needs one; where there is a choice, `which` of them."""
    from django.db import models

    out: dict[str, Any] = {}
    taken: dict[Any, int] = {}
    for field in model._meta.concrete_fields:
        if field.primary_key or field.has_default():
            continue
        if isinstance(field, models.ForeignKey):
            if field.null:
                continue
            row = field.related_model._base_manager.order_by("pk")[taken.get(field.related_model, 0) :].first()
            taken[field.related_model] = taken.get(field.related_model, 0) + (rows_wanted(field.related_model) > 1)
            if row is None:
                raise LookupError(f"{field.name}: no row yet")
            out[field.name] = row
        elif not field.null or field.unique:
            out[field.name] = field.choices[which][0] if field.choices else value_of(field)
    return out


def value_of(field: Any) -> Any:
    """A plain value of a field's type; of a month one, as the forms of then took nothing else."""
    kind = field.get_internal_type()
    if field.name == "period":
        return "2026-11"
    if kind in ("CharField", "TextField", "SlugField"):
        return uuid.uuid4().hex[: field.max_length or 32]
    return {
        "DateTimeField": moment, "DateField": moment.date(), "TimeField": moment.time(), "BooleanField": False, "DecimalField": Decimal(1), "JSONField": {},
        "BinaryField": b"x", "UUIDField": uuid.uuid4(), "FloatField": 1.0, "ArrayField": [], "EmailField": "a@example.net", "ImageField": "", "FileField": "",
    }.get(kind, 1)  # fmt: skip


if __name__ == "__main__":
    main()
