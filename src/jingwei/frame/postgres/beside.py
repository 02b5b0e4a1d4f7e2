"""A second connection of this thread: for what must be known to others at once and must outlive the caller's rollback."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import DEFAULT_DB_ALIAS, InterfaceError, OperationalError, connections, transaction
from psycopg.errors import LockNotAvailable, QueryCanceled

from jingwei.frame import scope
from jingwei.frame.postgres.base import DatabaseWrapper

# Nobody waits longer than this for a row: the one who holds it may be our own caller, whom we keep waiting in turn.
# Commits need not reach the disk: what is written here is out of date within minutes.
_manners = "SET lock_timeout = '300ms'; SET statement_timeout = '5s'; SET synchronous_commit = off; SET idle_session_timeout = 0"


class RowHeld(Exception):
    """Somebody's transaction has held the row for longer than we wait; nothing was done."""


def change_row(tenant_id: int, lock: str, pk: int, statement: str, values: Sequence[Any] | Mapping[str, Any]) -> tuple[Any, ...] | None:
    """Run an UPDATE … RETURNING on one row, committed at once whatever becomes of the caller's transaction; its answer, or None.

    `lock` is a SELECT … FOR NO KEY UPDATE NOWAIT of the row by its pk. A row that only the caller's own transaction sees, or that
    it has locked itself, is changed inside that transaction: nobody else can be using it, and waiting for it would be waiting for
    ourselves. RowHeld when another one holds it.
    """
    own = connections[DEFAULT_DB_ALIAS]
    is_held = False
    try:
        answer = _ask(_wrapper(own, tenant_id), statement, values)
    except RowHeld:
        answer, is_held = None, True
    if answer is not None or not own.in_atomic_block or own.needs_rollback:
        if is_held:
            raise RowHeld
        return answer
    try:
        with transaction.atomic(), own.cursor() as cursor:
            cursor.execute(lock, [pk])
            cursor.execute(statement, values)
            found: tuple[Any, ...] | None = cursor.fetchone()
            return found
    except OperationalError as problem:
        if isinstance(problem.__cause__, LockNotAvailable):
            raise RowHeld from problem
        raise


def _ask(side: Any, statement: str, values: Sequence[Any] | Mapping[str, Any]) -> tuple[Any, ...] | None:
    for is_last in (False, True):
        try:
            with side.cursor() as cursor:
                cursor.execute(statement, values)
                answer: tuple[Any, ...] | None = cursor.fetchone()
                return answer
        except (OperationalError, InterfaceError) as problem:
            if isinstance(problem.__cause__, LockNotAvailable | QueryCanceled):
                raise RowHeld from problem
            side.close()
            if is_last:
                raise
            _open(side, side.told_tenant)
    raise AssertionError("unreachable")


def _wrapper(own: Any, tenant_id: int) -> Any:
    """The connection beside this thread's own; it is closed with it."""
    side = own.beside
    if side is None:
        side = own.copy()
        side.settings_dict["OPTIONS"].pop("pool", None)  # a pool that both are taken from could run dry with everybody holding one
        side.settings_dict["AUTOCOMMIT"] = True
        own.beside = side
    if side.connection is None or side.told_tenant != tenant_id:
        _open(side, tenant_id)
    return side


def _open(side: DatabaseWrapper, tenant_id: int) -> None:
    is_new = side.connection is None
    with side.cursor() as cursor:
        if is_new:
            for each in _manners.split("; "):
                cursor.execute(each)
        cursor.execute("SELECT " + scope.set_config_sql, scope.settings_of(scope.Scope(tenant_id)))
    side.told_tenant = tenant_id
