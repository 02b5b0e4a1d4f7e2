"""Numbers that rows are given: one after the other, never twice, also when two people write at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models.functions import Lower

longest_typed = 8  # digits of a number that counts as given when somebody types it; a longer one is only passed over when the count comes to it
# Whoever comes second waits for the first one's row here and for nothing else. A number that somebody typed himself counts as given.
_next_sql = """
INSERT INTO frame_counter (tenant_id, project_id, key, last)
SELECT %(tenant)s, %(project)s, %(key)s, %(count)s + greatest(%(typed)s, coalesce(max(substring({column} FROM %(after)s)::bigint), 0)) FROM {table}
WHERE tenant_id = %(tenant)s AND {place} AND lower(left({column}, %(length)s)) = lower(%(stem)s) AND substring({column} FROM %(after)s) ~ '^[0-9]{{1,%(longest)s}}$'
ON CONFLICT (tenant_id, project_id, key) DO UPDATE SET last = greatest(frame_counter.last, excluded.last - %(count)s) + %(count)s
RETURNING last
"""
# The same without giving anything away: nobody waits for a dry run.
_shown_sql = """
SELECT %(count)s + greatest(%(typed)s, (SELECT last FROM frame_counter WHERE tenant_id = %(tenant)s AND project_id IS NOT DISTINCT FROM %(project)s AND key = %(key)s),
  coalesce(max(substring({column} FROM %(after)s)::bigint), 0)) FROM {table}
WHERE tenant_id = %(tenant)s AND {place} AND lower(left({column}, %(length)s)) = lower(%(stem)s) AND substring({column} FROM %(after)s) ~ '^[0-9]{{1,%(longest)s}}$'
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
            near = [row for row in rows if (row.tenant_id, getattr(row, "project_id", None)) == (tenant_id, project_id)]
            for name, row in zip(self._next(near, tenant_id, project_id, stem, len(group)), group, strict=True):
                setattr(row, self.field, name)

    def _next(self, near: list[Any], tenant_id: int, project_id: int | None, stem: str, count: int) -> list[str]:
        """The next numbers that nobody has. While the count is within what typed numbers raise it over, none can be taken."""
        model, typed, tail = type(near[0]), self._typed(near, stem), "{n" + self.form.partition("{n")[2]
        last = self._raised(model, tenant_id, project_id, stem, count, typed)
        if last < 10**longest_typed:
            return [stem + tail.format(n=number) for number in range(last - count + 1, last + 1)]
        free, at, many = dict[str, int](), last - count + 1, max(count, 100)
        while len(free) < count:
            names = {stem + tail.format(n=number): number for number in range(at, at + many)}
            taken = self._taken(model, near, tenant_id, project_id, names)
            free |= {name: number for name, number in names.items() if name.lower() not in taken}
            at, many = at + many, many * 2
        given = dict(list(free.items())[:count])
        if (highest := max(given.values())) > last:
            self._raised(model, tenant_id, project_id, stem, highest - last, typed)
        return list(given)

    def _taken(self, model: Any, near: list[Any], tenant_id: int, project_id: int | None, names: Iterable[str]) -> set[str]:
        """Which of these stand in a row already, here or there; small letters."""
        place = {"project_id": project_id} if any(field.attname == "project_id" for field in model._meta.concrete_fields) else {}
        rows = model.unscoped.filter(tenant_id=tenant_id, **place).annotate(plain=Lower(self.field))
        there = set(rows.filter(plain__in=[name.lower() for name in names]).values_list("plain", flat=True))
        return there | {str(getattr(row, self.field)).lower() for row in near}

    def _typed(self, near: list[Any], stem: str) -> int:
        """The highest number that comes with these very rows."""
        tails = [text[len(stem) :] for row in near if (text := str(getattr(row, self.field))).lower().startswith(stem.lower())]
        return max((int(tail) for tail in tails if tail.isascii() and tail.isdigit() and len(tail) <= longest_typed), default=0)

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
                    "longest": longest_typed,
                },
            )
            return int(cursor.fetchone()[0])


def _names_in(form: str) -> list[str]:
    from string import Formatter

    return [name for _text, name, _spec, _conversion in Formatter().parse(form) if name]
