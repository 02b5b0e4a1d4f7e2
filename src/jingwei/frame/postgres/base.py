"""Django backend: finds the server (embedded or DATABASE_URL), takes the application role, tells the database the scope."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db.backends.postgresql import base

from jingwei.frame import scope
from jingwei.frame.postgres import address, tolerant

app_role = "jingwei_app"
_owner = False


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


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection that never acts as the owner unless asked to, and always knows its tenant.

    `beside` is a second one of the same thread (see beside.py), `told_tenant` whom that one works for.
    """

    beside: DatabaseWrapper | None = None
    told_tenant: int | None = None

    def close(self) -> None:
        if self.beside is not None:
            self.beside.close()
            self.beside = None
        super().close()

    def get_connection_params(self) -> dict[str, Any]:
        if not self.settings_dict.get("HOST"):
            self.settings_dict.update(address.parameters(self.settings_dict))
        return {**super().get_connection_params(), "context": tolerant.adapters(settings.USE_TZ, self.timezone)}

    def init_connection_state(self) -> None:
        super().init_connection_state()
        if _owner:
            return
        values = scope.settings_of(scope.peek())
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT set_config('role', %s, false), " + scope.set_config_sql, (app_role, *values))
        if not self.get_autocommit():
            self.connection.commit()
