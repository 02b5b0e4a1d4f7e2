"""Links planned as they stand: after a decision, a new version, an answered write. One that fails is said so and stops no other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from datetime import timedelta
from typing import Any

import structlog
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from jingwei.hub import contract
from jingwei.hub.inbox import deliveries
from jingwei.hub.models import DeadLetter, Delivery, Interface, Link, OutboxEntry, Run
from jingwei.hub.sync.batch import Batch
from jingwei.hub.sync.carrying import carry_out
from jingwei.hub.sync.counts import Counts
from jingwei.hub.sync.rows import Row

log = structlog.get_logger(__name__)
pause = timedelta(seconds=30)
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
    except contract.ConnectorError as problem:
        log.warning("hub.links_planned_later", interface=interface.key, size=len(link_ids), problem=problem.message[:300])
        return _later(interface, run, link_ids)
    except Exception as fault:
        log.warning("hub.links_not_planned", interface=interface.key, size=len(link_ids), problem=f"{type(fault).__name__}: {fault}"[:300])
        if len(link_ids) == 1:
            return _link_failed(interface, link_ids[0], fault)
    counts = Counts()
    middle = len(link_ids) // 2
    for half in (link_ids[:middle], link_ids[middle:]):
        counts.add(plan_isolated(interface, run, half))
    return counts


def _later(interface: Interface, run: Run | None, link_ids: Sequence[int]) -> Counts:
    """A side's trouble is no link's fault: what waits is tried again in a while, and its records are looked up and planned then."""
    later = timezone.now() + pause
    OutboxEntry.objects.filter(link_id__in=link_ids, state=OutboxEntry.State.WAITING).update(not_before=later)
    keys: dict[str, list[str]] = defaultdict(list)
    for link in Link.objects.filter(pk__in=link_ids):
        side, key = _a_record_of(link)
        keys[side].append(key)
    for side, mine in keys.items():
        deliveries.ask(interface, side, mine, "could not be planned", run)
        asked = Delivery.objects.filter(interface=interface, side=side, source=deliveries.to_look_up, state=Delivery.State.WAITING, record_key__in=mine)
        asked.update(not_before=later)
    return Counts()


def _a_record_of(link: Link) -> tuple[str, str]:
    return ("a", link.key_a) if link.key_a is not None else ("b", str(link.key_b))


def _link_failed(interface: Interface, link_id: int, fault: Exception) -> Counts:
    """What waits for this link is dead, with the reason, until somebody replays it; where nothing waits, a question about its record is."""
    text = f"{type(fault).__name__}: {fault}"[:500]
    entries = OutboxEntry.objects.filter(link_id=link_id, state=OutboxEntry.State.WAITING)
    entry = entries.first()
    entries.update(state=OutboxEntry.State.DEAD, done_at=timezone.now(), error=text)
    question = None
    if entry is None:
        side, key = _a_record_of(Link.objects.get(pk=link_id))
        question = Delivery.objects.create(
            interface=interface, tenant_id=interface.tenant_id, side=side, source=deliveries.to_look_up, record_key=key, link_id=link_id,
            headers={"why": "could not be planned"}, state=Delivery.State.DEAD, outcome="failed",
        )  # fmt: skip
    DeadLetter.objects.create(
        interface=interface, tenant_id=interface.tenant_id, entry=entry, delivery=question, code="hub.failed",
        message_zh=f"关联 {link_id} 处理时出错：{text}", message_en=f"link {link_id} failed while it was planned: {text}",
    )  # fmt: skip
    return Counts(dead=1)


def plan_again(interface: Interface, run: Run | None, link_ids: Sequence[int], change: Callable[[Batch, Row], None] | None = None) -> Counts:
    """Plan links as they stand (after a decision, a new version, an answered write); one that fails is left for the next time."""
    with transaction.atomic():
        batch = Batch(interface, run, max(5, len(link_ids)))
        rows = batch.load(held(link_ids).filter(interface=interface))
        for row in rows:
            if change is not None:
                change(batch, row)
        carry_out(batch, rows)
        batch.write_back(rows)
        return batch.counts


def held(link_ids: Collection[int] | QuerySet[Any]) -> QuerySet[Link]:
    """These links, held till the transaction ends. Links come before whatever hangs on them (entries, questions, letters) and before their interface, the
    lowest id first: the worker goes this way, and who goes another one waits for him in a circle."""
    return Link.objects.select_for_update().filter(pk__in=link_ids).order_by("pk")
