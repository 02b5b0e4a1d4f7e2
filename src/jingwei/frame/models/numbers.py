"""Numbers that rows are given: one after the other, never twice, also when two people write at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from django.db import connection

# Whoever comes second waits for the first one's row here and for nothing else. A number that somebody typed himself counts as given.
_next_sql = """
INSERT INTO frame_counter (tenant_id, project_id, key, last)
SELECT %(tenant)s, %(project)s, %(key)s, %(count)s + greatest(%(typed)s, coalesce(max(substring({column} FROM %(after)s)::bigint), 0)) FROM {table}
WHERE tenant_id = %(tenant)s AND {place} AND lower(left({column}, %(length)s)) = lower(%(stem)s) AND substring({column} FROM %(after)s) ~ '^[0-9]{{1,8}}$'
ON CONFLICT (tenant_id, project_id, key) DO UPDATE SET last = greatest(frame_counter.last, excluded.last - %(count)s) + %(count)s
RETURNING last
"""
# The same without giving anything away: nobody waits for a dry run.
_shown_sql = """
SELECT %(count)s + greatest(%(typed)s, (SELECT last FROM frame_counter WHERE tenant_id = %(tenant)s AND project_id IS NOT DISTINCT FROM %(project)s AND key = %(key)s),
  coalesce(max(substring({column} FROM %(after)s)::bigint), 0)) FROM {table}
WHERE tenant_id = %(tenant)s AND {place} AND lower(left({column}, %(length)s)) = lower(%(stem)s) AND substring({column} FROM %(after)s) ~ '^[0-9]{{1,8}}$'
"""
_is_dry_run: ContextVar[bool] = ContextVar("jingwei_numbers_dry_run", default=False)


@contextmanager
def dry_run() -> Iterator[None]:
    """What is written inside is taken back again: numbers are shown and not given."""
    token = _is_dry_run.set(True)
    try:
        yield
    finally:
        _is_dry_run.reset(token)


@dataclass(frozen=True)
class Number:
    """How the rows of a model are numbered while nobody types a number: `Number("code", "CR-{n}")`, `Number("number", "DL-{work_date:%Y%m%d}-{n:02d}")`.

    Counted within each project (rows of the organisation: within it) and within what stands before the count.
    """

    field: str
    form: str

    def stem_of(self, row: Any) -> str:
        """What stands before the count."""
        before = self.form.partition("{n")[0]
        return before.format(**{name: getattr(row, name) for name in _names_in(before)})

    def give(self, rows: Iterable[Any]) -> None:
        """Number those that have none; inside the transaction that writes them."""
        waiting: dict[tuple[int, int | None, str], list[Any]] = defaultdict(list)
        rows = list(rows)
        for row in rows:
            if not getattr(row, self.field):
                waiting[row.tenant_id, getattr(row, "project_id", None), self.stem_of(row)].append(row)
        for (tenant_id, project_id, stem), group in sorted(waiting.items(), key=lambda item: (item[0][0], item[0][1] or 0, item[0][2])):
            last = self._raised(type(group[0]), tenant_id, project_id, stem, len(group), self._typed(rows, tenant_id, project_id, stem))
            tail = "{n" + self.form.partition("{n")[2]
            for number, row in enumerate(group, last - len(group) + 1):
                setattr(row, self.field, stem + tail.format(n=number))

    def _typed(self, rows: list[Any], tenant_id: int, project_id: int | None, stem: str) -> int:
        """The highest number that comes with these very rows."""
        near = [row for row in rows if (row.tenant_id, getattr(row, "project_id", None)) == (tenant_id, project_id)]
        tails = [text[len(stem) :] for row in near if (text := str(getattr(row, self.field))).lower().startswith(stem.lower())]
        return max((int(tail) for tail in tails if tail.isascii() and tail.isdigit() and len(tail) <= 8), default=0)

    def _raised(self, model: Any, tenant_id: int, project_id: int | None, stem: str, count: int, typed: int) -> int:
        column = f'"{model._meta.get_field(self.field).column}"'
        has_project = any(field.attname == "project_id" for field in model._meta.concrete_fields)
        place = "TRUE" if not has_project else "project_id = %(project)s" if project_id is not None else "project_id IS NULL"
        with connection.cursor() as cursor:
            cursor.execute(
                (_shown_sql if _is_dry_run.get() else _next_sql).format(column=column, table=f'"{model._meta.db_table}"', place=place),
                {
                    "tenant": tenant_id,
                    "project": project_id,
                    "key": f"{model._meta.label_lower} {stem}"[:200],
                    "count": count,
                    "typed": typed,
                    "stem": stem,
                    "length": len(stem),
                    "after": len(stem) + 1,
                },
            )
            return int(cursor.fetchone()[0])


def _names_in(form: str) -> list[str]:
    from string import Formatter

    return [name for _text, name, _spec, _conversion in Formatter().parse(form) if name]
