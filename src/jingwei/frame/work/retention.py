"""How long what flowed is kept: each room declares its own; old rows go in batches, within a time budget a turn, never those that something open refers to."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from django.db import connection, transaction
from django.utils import timezone

from jingwei.frame import scope
from jingwei.frame.work import jobs, scheduler

log = structlog.get_logger(__name__)
batch_rows = 10_000
turn_seconds = 20.0


@dataclass(frozen=True, slots=True)
class Kept:
    """Rows of `table` are kept `days` after `age`; older ones go when `past` holds. `before`: statements that take `%(ids)s` out of what refers to them.

    `key` is the primary key; where rows do not grow old in its order, `is_ordered` is False. A table without organisations is purged in the turn of
    each of them, which does no harm.
    """

    table: str
    days: float
    age: str
    past: str = "true"
    before: Sequence[str] = field(default=())
    batch: int = batch_rows
    key: str = "id"
    is_ordered: bool = True
    has_tenant: bool = True


kept: list[Kept] = []
sweeps: list[Callable[[], int]] = []  # what is no row of a table that grows old, such as files nobody refers to


def keep(*rows: Kept) -> None:
    """Declare for how long rows are kept; called by the room whose table it is."""
    kept.extend(rows)


@dataclass(frozen=True, slots=True)
class Purged:
    """Rows removed by table, and whether the time was up before all that is old was gone."""

    rows: dict[str, int]
    is_cut_short: bool

    @property
    def count(self) -> int:
        """All of them."""
        return sum(self.rows.values())


def purge(*, seconds: float = turn_seconds, now: datetime | None = None) -> Purged:
    """Remove what is old of the current organisation until nothing is left or the time is up."""
    now, deadline = now or timezone.now(), time.monotonic() + seconds
    rows: dict[str, int] = {}
    for each in kept:
        rows[each.table] = rows.get(each.table, 0) + _purge_table(each, now - timedelta(days=each.days), deadline)
    purged = Purged(rows, time.monotonic() >= deadline)
    if purged.count:
        log.info("retention.purged", rows={table: count for table, count in rows.items() if count}, is_cut_short=purged.is_cut_short)
    return purged


def _purge_table(each: Kept, cutoff: datetime, deadline: float) -> int:
    """Walk the table in the order of its ids, which is the order of its age: only what is old is visited, whatever its size."""
    removed, after = 0, None
    while time.monotonic() < deadline:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_walk(each), {"after": after, "cutoff": cutoff, "limit": each.batch, "tenant": scope.current().tenant_id})
            rows = cursor.fetchall()
            ids = [pk for pk, is_old, is_past in rows if is_old and is_past]
            if ids:
                for statement in each.before:
                    cursor.execute(statement, {"ids": ids})
                cursor.execute(f"DELETE FROM {each.table} WHERE {each.key} = ANY(%(ids)s)", {"ids": ids})  # noqa: S608  (declared in our own code)
                removed += len(ids)
        if len(rows) < each.batch or not any(is_old for _pk, is_old, _is_past in rows):
            break
        after = rows[-1][0]
    return removed


def _walk(each: Kept) -> str:
    mine = "AND t.tenant_id = %(tenant)s" if each.has_tenant else ""
    if not each.is_ordered:
        return f"SELECT t.{each.key}, true, true FROM {each.table} t WHERE {each.age} < %(cutoff)s AND {each.past} {mine} LIMIT %(limit)s"  # noqa: S608
    return f"""
        SELECT t.{each.key}, coalesce({each.age} < %(cutoff)s, false), CASE WHEN {each.age} < %(cutoff)s THEN {each.past} ELSE false END
        FROM {each.table} t WHERE (%(after)s IS NULL OR t.{each.key} > %(after)s) {mine} ORDER BY t.{each.key} LIMIT %(limit)s
    """  # noqa: S608


@jobs.job("frame.purge")
def purge_turn() -> None:
    """One turn of removing what is old; the next follows at once while something is left, so it keeps up with any growth."""
    for sweep in sweeps:
        sweep()
    if purge().is_cut_short:
        jobs.defer("frame.purge", once="all", delay_seconds=2)


def forget_old() -> bool:
    """Queue the purge: it works in turns of 20 s, which the scheduler has not got to spare."""
    return jobs.defer("frame.purge", once="all")


scheduler.every(600, "frame.forget")(forget_old)
