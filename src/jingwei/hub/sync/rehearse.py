"""Dry run: the whole cycle over real reads, inside a transaction that is rolled back; what it would have written is shown."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone

from jingwei.hub import contract
from jingwei.hub.inbox import reading
from jingwei.hub.models import Checkpoint, Conflict, DeadLetter, Interface, InterfaceVersion, OutboxEntry, Quarantine, Run
from jingwei.hub.sync import cycle as engine
from jingwei.hub.sync import planning


class _Undo(Exception):
    pass


def dry_run(interface_id: int, *, version: InterfaceVersion | None = None, records_at_most: int = 5000) -> dict[str, Any]:
    """Exactly what would be created, updated and deleted on each side, per field, with conflicts and quarantined records.

    Reads are real, writes are captured. Raises contract.ConnectorError when a side cannot be read.
    """
    report: dict[str, Any] = {}
    try:
        with transaction.atomic():
            interface = engine.load(interface_id)
            if interface is None:
                raise LookupError(interface_id)
            if version is not None:
                interface.published = version
            run = Run(interface=interface, tenant_id=interface.tenant_id, kind=Run.Kind.DRY, started_at=timezone.now())
            run.save()
            report = _rehearse(interface, run, records_at_most)
            raise _Undo
    except _Undo:
        return report


def _rehearse(interface: Interface, run: Run, most: int) -> dict[str, Any]:
    counts = planning.Counts()
    for side in ("a", "b"):
        reading.poll(interface, side, run)
        if interface.deliveries.filter(state="waiting").count() > most:
            raise contract.Refused(f"more than {most} records")
    while (drained := planning.drain(interface, run)) is not None:
        counts.add(drained)
    engine._pair_if_loaded(interface, run, counts)
    entries = OutboxEntry.objects.filter(run=run).select_related("link").order_by("id")
    return {
        "interface": interface.key,
        "version": interface.published.number if interface.published else None,
        "counts": counts.as_plain(),
        "loaded": {c.side: c.loaded_at is not None for c in Checkpoint.objects.filter(interface=interface)},
        "writes": [_write(entry) for entry in entries],
        "calls": sum(1 for entry in entries if interface.system(entry.side).connector != "local"),
        "conflicts": [
            {"field": c.field, "a": c.value_a, "b": c.value_b, "base": c.base, "key_a": c.link.key_a, "key_b": c.link.key_b}
            for c in Conflict.objects.filter(interface=interface, resolved_at=None).select_related("link")
        ],
        "quarantine": [{"key": q.delivery.record_key, "problems": q.problems} for q in Quarantine.objects.filter(delivery__run=run).select_related("delivery")],
        "refused": [{"code": d.code, "zh": d.message_zh, "en": d.message_en} for d in DeadLetter.objects.filter(entry__run=run)],
    }


def _write(entry: OutboxEntry) -> dict[str, Any]:
    before = entry.before or {}
    return {
        "side": entry.side, "action": entry.action, "key": getattr(entry.link, f"key_{entry.side}") if entry.action != "create" else None,
        "from_key": entry.link.key_b if entry.side == "a" else entry.link.key_a,
        "fields": {name: {"before": before.get(name), "after": value} for name, value in entry.values.items()},
    }  # fmt: skip
