"""How long what flowed is kept: old rows go in batches, within a time budget a turn, never those that something open refers to."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from django.db import connection, transaction
from django.utils import timezone

from jingwei.frame import scope

log = structlog.get_logger(__name__)
batch_rows = 10_000
turn_seconds = 20.0


@dataclass(frozen=True, slots=True)
class Kept:
    """Rows of `table` are kept `days` after `age`; older ones go when `past` holds. `before`: statements that take `%(ids)s` out of what refers to them."""

    table: str
    days: int
    age: str
    past: str
    before: Sequence[str] = field(default=())
    batch: int = batch_rows


kept: tuple[Kept, ...] = (
    Kept(
        "hub_delivery", 30, "t.received_at",
        """t.state IN ('done', 'dropped')
        AND NOT EXISTS (SELECT 1 FROM hub_quarantine q WHERE q.delivery_id = t.id AND q.released_at IS NULL)
        AND NOT EXISTS (SELECT 1 FROM hub_deadletter d WHERE d.delivery_id = t.id AND d.settled_at IS NULL)
        AND NOT EXISTS (SELECT 1 FROM hub_deadletter d JOIN hub_outboxentry o ON o.id = d.entry_id WHERE o.delivery_id = t.id AND d.settled_at IS NULL)
        AND NOT EXISTS (SELECT 1 FROM hub_conflict c WHERE c.link_id = t.link_id AND c.resolved_at IS NULL)""",
        (
            "UPDATE hub_outboxentry SET delivery_id = NULL WHERE delivery_id = ANY(%(ids)s)",
            "DELETE FROM hub_quarantine WHERE delivery_id = ANY(%(ids)s)",
            "DELETE FROM hub_deadletter WHERE delivery_id = ANY(%(ids)s)",
        ),
    ),
    Kept(
        "hub_outboxentry", 180, "coalesce(t.done_at, t.created_at)",
        """t.state IN ('done', 'dropped')
        AND NOT EXISTS (SELECT 1 FROM hub_deadletter d WHERE d.entry_id = t.id AND d.settled_at IS NULL)
        AND NOT EXISTS (SELECT 1 FROM hub_conflict c WHERE c.link_id = t.link_id AND c.resolved_at IS NULL)""",
        ("DELETE FROM hub_deadletter WHERE entry_id = ANY(%(ids)s)",),
    ),
    Kept(
        "hub_run", 90, "t.started_at", "t.finished_at IS NOT NULL",
        ("UPDATE hub_delivery SET run_id = NULL WHERE run_id = ANY(%(ids)s)", "UPDATE hub_outboxentry SET run_id = NULL WHERE run_id = ANY(%(ids)s)"),
        batch=500,  # a run may be named by a thousand entries
    ),
    Kept("hub_healthperiod", 400, "t.until", "t.until IS NOT NULL"),
)  # fmt: skip


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
    purged = Purged({each.table: _purge_table(each, now - timedelta(days=each.days), deadline) for each in kept}, time.monotonic() >= deadline)
    if purged.count:
        log.info("hub.purged", **purged.rows, is_cut_short=purged.is_cut_short)
    return purged


def _purge_table(each: Kept, cutoff: datetime, deadline: float) -> int:
    """Walk the table in the order of its ids, which is the order of its age: only what is old is visited, whatever its size."""
    removed, after = 0, 0
    while time.monotonic() < deadline:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_walk(each), {"after": after, "cutoff": cutoff, "limit": each.batch, "tenant": scope.current().tenant_id})
            rows = cursor.fetchall()
            ids = [pk for pk, is_old, is_past in rows if is_old and is_past]
            if ids:
                for statement in each.before:
                    cursor.execute(statement, {"ids": ids})
                cursor.execute(f"DELETE FROM {each.table} WHERE id = ANY(%(ids)s)", {"ids": ids})
                removed += len(ids)
        if len(rows) < each.batch or not any(is_old for _pk, is_old, _is_past in rows):
            break
        after = rows[-1][0]
    return removed


def _walk(each: Kept) -> str:
    return f"""
        SELECT t.id, coalesce({each.age} < %(cutoff)s, false), CASE WHEN {each.age} < %(cutoff)s THEN {each.past} ELSE false END
        FROM {each.table} t WHERE t.id > %(after)s AND t.tenant_id = %(tenant)s ORDER BY t.id LIMIT %(limit)s
    """
