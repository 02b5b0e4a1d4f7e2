"""How statements are written: as Django does, but what it does in vain for each of them is left out."""

from __future__ import annotations

from typing import Any

from django.db.backends.postgresql import compiler

SQLAggregateCompiler = compiler.SQLAggregateCompiler
SQLDeleteCompiler = compiler.SQLDeleteCompiler
SQLInsertCompiler = compiler.SQLInsertCompiler
SQLUpdateCompiler = compiler.SQLUpdateCompiler


class SQLCompiler(compiler.SQLCompiler):
    """Reads rows in an order."""

    def _order_by_pairs(self) -> Any:
        """An order by names of fields is looked for among the selected columns by their aliases only: where none has one, they need not be hashed, which
        costs as much as the rest of the statement."""
        chosen = self.select
        if not chosen or self.query.combinator or any(alias for _column, _sql, alias in chosen) or not self._is_by_names():
            return super()._order_by_pairs()
        pairs: Any = super()._order_by_pairs()
        self.select = []
        try:
            return list(pairs)  # it looks at what is selected only now
        finally:
            self.select = chosen

    def _is_by_names(self) -> bool:
        query: Any = self.query
        meta = query.get_meta()
        ordering = query.extra_order_by or query.order_by or (query.default_ordering and meta is not None and meta.ordering) or ()
        return all(isinstance(each, str) for each in ordering)
