"""What came in is brought into its links: load, take, plan, carry out, store. Each record is let down by itself when it fails."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import Q
from django.utils import timezone

from jingwei.hub.contract import Record
from jingwei.hub.inbox import deliveries
from jingwei.hub.inbox.deliveries import record_from_plain, storable_key
from jingwei.hub.models import Delivery, Interface, Run
from jingwei.hub.sync import pairing
from jingwei.hub.sync.batch import Batch
from jingwei.hub.sync.carrying import carry_out
from jingwei.hub.sync.counts import Counts
from jingwei.hub.sync.intake import Intake, Item
from jingwei.hub.sync.terms import problem
from jingwei.kernels import merge
from jingwei.kernels.merge import SideName

log = structlog.get_logger(__name__)
database_lost = (OperationalError, InterfaceError)
wait_for_create = timedelta(seconds=5)


def land(interface: Interface, side: SideName, records: Sequence[Record], run: Run, at: datetime, *, source: str = "poll") -> Counts:
    """Take in records as they are read, in the transaction that moves the cursor. What changes nothing costs a counter and no row."""
    items = [Item(side, storable_key(each.key), each, source, at, must_plan=source == "again") for each in records]
    return work_on(interface, run, items)


def drain(interface: Interface, run: Run | None, *, limit: int = 1000) -> Counts | None:
    """Take in one batch of waiting deliveries; None when there is none. One transaction: a crash leaves the batch waiting."""
    with transaction.atomic():
        waiting = Delivery.objects.select_for_update(skip_locked=True).filter(interface=interface, state=Delivery.State.WAITING)
        batch = list(
            waiting.exclude(source=deliveries.to_look_up)
            .filter(Q(not_before=None) | Q(not_before__lte=timezone.now()))
            .only("side", "source", "record_key", "record", "headers", "received_at", "interface_id")
            .order_by("id")[:limit]
        )
        if not batch:
            return None
        return work_on(interface, run, [_item_of(interface, each) for each in batch])


def _item_of(interface: Interface, delivery: Delivery) -> Item:
    side: SideName = "a" if delivery.side == "a" else "b"
    record = record_from_plain(interface.stream(side), delivery.record_key, delivery.record or {})
    mended = bool((delivery.headers or {}).get("mended_from"))
    return Item(side, delivery.record_key, record, delivery.source, delivery.received_at, delivery, is_confirmed=mended, must_plan=mended)


def work_on(interface: Interface, run: Run | None, items: list[Item]) -> Counts:
    """All of them together; when that fails, in halves down to the one that fails, which is parked with its reason and stops no other."""
    try:
        with transaction.atomic():
            done = _together(interface, run, items)
            connection.check_constraints()  # now, where a fault can still be told from the others, and not at the commit of all
            return done
    except database_lost:
        raise
    except Exception as fault:
        log.warning("hub.batch_failed", interface=interface.key, size=len(items), problem=f"{type(fault).__name__}: {fault}"[:300])
        if len(items) == 1:
            return _park_alone(interface, run, items[0], fault)
    counts = Counts()
    middle = len(items) // 2
    for half in (items[:middle], items[middle:]):
        counts.add(work_on(interface, run, half))
    return counts


def _together(interface: Interface, run: Run | None, items: list[Item]) -> Counts:
    batch = Batch(interface, run, max(5, len(items)))
    keys: dict[str, set[str]] = {"a": set(), "b": set()}
    for item in items:
        keys[item.side].add(item.key)
    batch.load_keys(keys, [item.record.external_key for item in items if item.record is not None and item.record.external_key])
    intake = Intake(batch)
    for item in items:
        intake.take(item)
    for side in merge.sides:
        deliveries.ask(interface, side, intake.doubts[side], "older than what is known, or said to be deleted", run)
    rows = pairing.join_new(batch, intake.rows())
    carry_out(batch, rows)
    batch.write_back({row.pk: row for row in (*rows, *intake.same.values())}.values())
    if intake.waiting:
        Delivery.objects.filter(pk__in=intake.waiting).update(not_before=timezone.now() + wait_for_create)
    return batch.counts


def _park_alone(interface: Interface, run: Run | None, item: Item, fault: Exception) -> Counts:
    """A record that nothing can be done with is kept raw with the reason, and said so."""
    batch = Batch(interface, run)
    batch.load_keys({"a": set(), "b": set(), item.side: {item.key}})
    text = f"{type(fault).__name__}: {fault}"[:300]
    intake = Intake(batch)
    row = batch.index[item.side].get(item.key)
    if row is not None:
        row.pair.half(item.side).parked = True
    record = item.record or Record(interface.stream(item.side), item.key, {})
    item.record = record
    intake.park(item, row, [problem("", "hub.failed", f"处理时出错：{text}", f"failed while it was taken in: {text}")])
    with transaction.atomic():
        batch.write_back([row] if row is not None else [])
    return batch.counts
