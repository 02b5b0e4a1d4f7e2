"""Links planned as they stand: after a decision, a new version, an answered write. One that fails is said so and stops no other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import structlog
from django.db import InterfaceError, OperationalError, connection, transaction
from django.utils import timezone

from jingwei.hub.models import DeadLetter, Interface, Link, OutboxEntry, Run
from jingwei.hub.sync.batch import Batch
from jingwei.hub.sync.carrying import carry_out
from jingwei.hub.sync.counts import Counts
from jingwei.hub.sync.rows import Row

log = structlog.get_logger(__name__)
database_lost = (OperationalError, InterfaceError)


def plan_isolated(interface: Interface, run: Run | None, link_ids: Sequence[int]) -> Counts:
    """Plan links as they stand, in halves when that fails; the one that fails is said so and stops no other."""
    try:
        with transaction.atomic():
            done = plan_again(interface, run, link_ids)
            connection.check_constraints()
            return done
    except database_lost:
        raise
    except Exception as fault:
        log.warning("hub.links_not_planned", interface=interface.key, size=len(link_ids), problem=f"{type(fault).__name__}: {fault}"[:300])
        if len(link_ids) == 1:
            return _link_failed(interface, link_ids[0], fault)
    counts = Counts()
    middle = len(link_ids) // 2
    for half in (link_ids[:middle], link_ids[middle:]):
        counts.add(plan_isolated(interface, run, half))
    return counts


def _link_failed(interface: Interface, link_id: int, fault: Exception) -> Counts:
    """What waits for this link is dead, with the reason, until somebody replays it."""
    text = f"{type(fault).__name__}: {fault}"[:500]
    entries = OutboxEntry.objects.filter(link_id=link_id, state=OutboxEntry.State.WAITING)
    entry = entries.first()
    entries.update(state=OutboxEntry.State.DEAD, done_at=timezone.now(), error=text)
    DeadLetter.objects.create(
        interface=interface, tenant_id=interface.tenant_id, entry=entry, code="hub.failed",
        message_zh=f"关联 {link_id} 处理时出错：{text}", message_en=f"link {link_id} failed while it was planned: {text}",
    )  # fmt: skip
    return Counts(dead=1)


def plan_again(interface: Interface, run: Run | None, link_ids: Sequence[int], change: Callable[[Batch, Row], None] | None = None) -> Counts:
    """Plan links as they stand (after a decision, a new version, an answered write); one that fails is left for the next time."""
    with transaction.atomic():
        batch = Batch(interface, run, max(5, len(link_ids)))
        rows = batch.load(_locked(interface, link_ids))
        for row in rows:
            if change is not None:
                change(batch, row)
        carry_out(batch, rows)
        batch.write_back(rows)
        return batch.counts


def _locked(interface: Interface, link_ids: Sequence[int]) -> Any:
    return Link.objects.select_for_update().filter(interface=interface, pk__in=link_ids)
