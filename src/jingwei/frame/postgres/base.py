"""Django backend: finds the server (embedded or DATABASE_URL), takes the application role, tells the database the scope."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db.backends.postgresql import base, operations

from jingwei.frame import scope
from jingwei.frame.postgres import address, tolerant
from jingwei.frame.postgres.login import app_role

__all__ = ["DatabaseWrapper", "app_role", "as_owner", "be_owner"]
_owner = False
_known: dict[bool, dict[str, Any]] = {}  # as the owner, or not → where and how this process logs in


@contextmanager
def as_owner() -> Iterator[None]:
    """Connections opened inside belong to the owner of the tables: for migrations and for creating test databases only."""
    global _owner
    before, _owner = _owner, True
    try:
        yield
    finally:
        _owner = before


def be_owner() -> None:
    """This whole process works as the owner (the `migrate` command)."""
    global _owner
    _owner = True


class DatabaseOperations(operations.DatabaseOperations):
    """Django's, with our own way to write statements."""

    compiler_module = "jingwei.frame.postgres.compiler"


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection that never acts as the owner unless asked to, and always knows its tenant.

    `beside` is a second one of the same thread (see beside.py), `told_tenant` whom that one works for.
    """

    ops_class = DatabaseOperations
    beside: DatabaseWrapper | None = None
    told_tenant: int | None = None

    def close(self) -> None:
        if self.beside is not None:
            self.beside.close()
            self.beside = None
        super().close()

    def get_connection_params(self) -> dict[str, Any]:
        if _owner not in _known:
            _known[_owner] = address.logged_in(as_owner=_owner)
        given = self.settings_dict["NAME"]  # None: no database in particular
        self.settings_dict.update(_known[_owner] | ({} if given == "" else {"NAME": given}))
        return {**super().get_connection_params(), "context": tolerant.adapters(settings.USE_TZ, self.timezone)}

    def init_connection_state(self) -> None:
        super().init_connection_state()
        if _owner:
            return
        values = scope.settings_of(scope.peek())
        # A log-in of its own already is the application; a mightier one, of an older DATABASE_URL, at least steps down.
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT set_config('role', %s, false), " + scope.set_config_sql, (app_role, *values))
        if not self.get_autocommit():
            self.connection.commit()
