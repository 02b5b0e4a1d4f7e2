"""Whose data is meant right now: tenant, projects, actor, origin and reason. Every query and every history line obeys it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any

from jingwei.frame.narrowing import Limit


class UnscopedQuery(RuntimeError):
    """A scoped model was asked for rows while nobody said for whom."""


@dataclass(frozen=True, slots=True)
class Scope:
    """`project_ids` None means every project of the tenant. `trace` groups all writes of one command, import or run.

    `limits` are those of the token that the person works through: whoever looks the person's rights up again stays within them.
    """

    tenant_id: int
    user_id: int | None = None
    project_ids: frozenset[int] | None = None
    origin: str = "system"
    reason: str = ""
    trace: str = ""
    limits: tuple[Limit, ...] = ()

    @property
    def is_of_token(self) -> bool:
        """Whether a program works with a token, and not the person himself."""
        return bool(self.limits) or self.origin.startswith("api:")


_current: ContextVar[Scope | None] = ContextVar("jingwei_scope", default=None)
_settings = ("jingwei.tenant", "jingwei.actor", "jingwei.origin", "jingwei.reason", "jingwei.trace")
set_config_sql = ", ".join(f"set_config('{name}', %s, false)" for name in _settings)


def peek() -> Scope | None:
    """The scope, or None outside of any."""
    return _current.get()


def current() -> Scope:
    """The scope; raises UnscopedQuery outside of any."""
    scope = _current.get()
    if scope is None:
        raise UnscopedQuery("No scope: wrap the work in `with frame.scope.within(Scope(tenant_id=…))`.")
    return scope


def settings_of(scope: Scope | None) -> tuple[str, ...]:
    """The values of the database settings for a scope, in the order of `set_config_sql`."""
    if scope is None:
        return ("", "", "", "", "")
    return (str(scope.tenant_id), str(scope.user_id or ""), scope.origin, scope.reason, scope.trace)


@contextmanager
def within(scope: Scope) -> Iterator[Scope]:
    """Work for this scope; the one before comes back at the end."""
    if not scope.trace:
        scope = replace(scope, trace=uuid.uuid4().hex)
    token = _current.set(scope)
    _tell(scope)
    try:
        yield scope
    finally:
        before = token.old_value if token.old_value is not token.MISSING else None
        _current.reset(token)
        _tell(before)


@contextmanager
def because(*, origin: str | None = None, reason: str | None = None, trace: str | None = None) -> Iterator[Scope]:
    """The same scope with another origin, reason or trace."""
    changes: dict[str, Any] = {"origin": origin, "reason": reason, "trace": trace}
    with within(replace(current(), **{name: value for name, value in changes.items() if value is not None})) as scope:
        yield scope


def _tell(scope: Scope | None) -> None:
    from django.db import connection  # the kernel of this module works without a database

    # A connection that is not open yet learns the scope when it opens. One inside a broken transaction cannot be told,
    # and need not be: its rollback brings back the settings of before.
    if connection.connection is None or connection.needs_rollback:
        return
    if connection.in_atomic_block and connection.connection.info.transaction_status == 3:
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + set_config_sql, settings_of(scope))
