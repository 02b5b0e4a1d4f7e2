"""Statements that are asked with every request, written once: the same rows, other values. Writing one takes Django longer than the database takes to answer it.

_of_user = Prepared(lambda: Membership.objects.filter(user_id=given("user"), tenant_id=given("tenant")))
rows = _of_user(user=7, tenant=1)
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from copy import copy
from typing import Any

from django.db import connections
from django.db.models import Expression, Field, QuerySet
from django.db.models.sql.compiler import SQLCompiler


class Given(Expression):
    """The place of a value that is told with each call, as the database takes it (whole numbers, texts, moments)."""

    def __init__(self, name: str, output_field: Field[Any, Any] | None = None) -> None:
        super().__init__(output_field=output_field)
        self.name = name

    def as_sql(self, compiler: SQLCompiler, connection: Any) -> tuple[str, Any]:
        return "%s", [self]

    def get_group_by_cols(self) -> list[Any]:
        return []  # as any value


def given(name: str) -> Any:
    """The value that a call names so."""
    return Given(name)


class Prepared:
    """The rows of one query, whose statement each thread writes once. What `rows` makes may depend on nothing but the values it is given."""

    def __init__(self, rows: Callable[[], QuerySet[Any, Any]]) -> None:
        self._rows = rows
        self._of_thread = threading.local()

    def __call__(self, **values: Any) -> list[Any]:
        """The rows as they are now. `values`: one for each place; a missing one is a KeyError."""
        written = getattr(self._of_thread, "written", None)
        if written is None:
            written = self._of_thread.written = _Written(self._rows())
        return written.filled(values)

    def first(self, **values: Any) -> Any:
        """The first of them, or None."""
        return next(iter(self(**values)), None)


class _Written:
    """A query and its statement, with the places in it."""

    def __init__(self, rows: Any) -> None:
        self.alias = rows.db
        compiler = rows.query.get_compiler(using=self.alias)
        self.sql, self.places = compiler.as_sql()
        self.compiler = compiler
        self.rows = rows
        query: Any = copy(rows.query)
        query.get_compiler = lambda *_args, **_options: self.compiler
        self.rows._query = query  # set past its setter, which makes mappings of what is to be tuples

    def filled(self, values: Mapping[str, Any]) -> list[Any]:
        """The rows with these values in the places."""
        said = tuple(values[each.name] if isinstance(each, Given) else each for each in self.places)
        self.compiler.connection = connections[self.alias]
        self.compiler.as_sql = lambda *_args, **_options: (self.sql, said)
        return list(self.rows._iterable_class(self.rows))
