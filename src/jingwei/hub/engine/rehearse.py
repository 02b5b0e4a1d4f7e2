"""Dry run: the whole cycle over real reads, inside a transaction that is rolled back; what it would have written is shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from jingwei.hub import contract
from jingwei.hub.contract import Record
from jingwei.hub.engine import cycle
from jingwei.hub.engine.beforehand import Beforehand, answered
from jingwei.hub.models import Checkpoint, Conflict, DeadLetter, Interface, InterfaceVersion, OutboxEntry, Quarantine, Run
from jingwei.hub.peers import grants
from jingwei.hub.register import services
from jingwei.hub.sync import landing, pairing, planning, polling
from jingwei.hub.sync.confirming import confirm
from jingwei.hub.sync.counts import Counts
from jingwei.hub.sync.terms import Wording, wording_of
from jingwei.kernels.merge import SideName, sides


class _Undo(Exception):
    pass


def dry_run(
    interface_id: int, *, version: InterfaceVersion | None = None, spec: Mapping[str, Any] | None = None, records_at_most: int = 5000
) -> dict[str, Any]:
    """Exactly what would be created, updated and deleted on each side, per field, with conflicts and quarantined records; by the published version, by
    another one, or by a `spec` as if it were published now.

    Reads are real and come first, so that nobody waits for a row while a peer answers; writes are captured. Raises contract.ConnectorError when a side cannot be read, PermissionDenied when a spec takes rights that
    whoever asks does not hold.
    """
    interface = cycle.load(interface_id)
    if interface is None:
        raise LookupError(interface_id)
    if spec is not None:
        grants.require(interface, spec)
    peers = Beforehand(interface, records_at_most)
    peers.ask_all()
    return answered(lambda: _taken_back(interface_id, version, spec, peers, records_at_most))


def _taken_back(interface_id: int, version: InterfaceVersion | None, spec: Mapping[str, Any] | None, peers: Beforehand, records_at_most: int) -> dict[str, Any]:
    report: dict[str, Any] = {}
    try:
        with transaction.atomic():
            interface = cycle.load(interface_id)
            if interface is None:
                raise LookupError(interface_id)
            if version is not None:
                interface.published = version
            if spec is not None:
                _publish_for_now(interface, spec)
            run = Run(interface=interface, tenant_id=interface.tenant_id, kind=Run.Kind.DRY, started_at=timezone.now())
            run.save()
            report = _rehearse(interface, run, peers, records_at_most)
            raise _Undo
    except _Undo:
        return report


def _publish_for_now(interface: Interface, spec: Mapping[str, Any]) -> None:
    """As publishing does, but for the interface's own row, which the machinery goes on to need; it is all rolled back."""
    number = (interface.versions.aggregate(top=Max("number"))["top"] or 0) + 1
    version = InterfaceVersion(interface=interface, tenant_id=interface.tenant_id, number=number, spec=spec, fingerprint="", published_at=timezone.now())
    version.save()
    interface.published = version
    grants.give(interface, spec)
    services.see_anew(interface)


def _rehearse(interface: Interface, run: Run, peers: Beforehand, most: int) -> dict[str, Any]:
    counts = Counts()
    for side in sorted(sides, key=lambda each: interface.system(each).connector != "local"):
        _read(interface, side, run, peers, counts, most)
    problems: dict[str, str] = {}
    while (
        done := landing.drain(interface, run) or confirm(interface, run, problems, peers) or pairing.pair_if_loaded(interface, run, planning.plan_isolated)
    ) is not None:
        counts.add(done)
    entries = OutboxEntry.objects.filter(run=run).select_related("link").order_by("id")
    wording = wording_of(interface)
    return {
        "interface": interface.key,
        "version": interface.published.number if interface.published else None,
        "counts": counts.as_plain(),
        "loaded": {c.side: c.loaded_at is not None for c in Checkpoint.objects.filter(interface=interface)},
        "writes": [_write(entry, wording) for entry in entries.exclude(state="dropped")],
        "calls": sum(1 for entry in entries if interface.system(entry.side).connector != "local"),
        "conflicts": [
            {
                "field": c.field, "a": c.value_a, "b": c.value_b, "base": c.base, "key_a": c.link.key_a, "key_b": c.link.key_b, "reason": c.reason,
                "zh": c.message_zh, "en": c.message_en,
            }
            for c in Conflict.objects.filter(interface=interface, resolved_at=None).select_related("link")
        ],
        "quarantine": [
            {"key": q.record_key, "side": q.side or "a", "problems": q.problems, "known": (q.delivery.record or {}).get("values") or {}}
            for q in Quarantine.objects.filter(interface=interface, released_at=None).select_related("delivery").order_by("id")
        ],
        "refused": [{"code": d.code, "zh": d.message_zh, "en": d.message_en} for d in DeadLetter.objects.filter(entry__run=run)],
    }  # fmt: skip


def _read(interface: Interface, side: SideName, run: Run, peers: Beforehand, counts: Counts, most: int) -> None:
    def land(records: Sequence[Record], at: datetime, source: str) -> None:
        counts.add(landing.land(interface, side, records, run, at, source=source))
        if counts.read > most:
            mend = contract.Title("先收窄过滤条件，或直接启用", "narrow the filter first, or switch it on")
            raise contract.Refused(f"more than {most} records: too many for a dry run", mend=mend)

    polling.poll(interface, side, land, peers)


def _write(entry: OutboxEntry, wording: Wording) -> dict[str, Any]:
    """`fields` are in canonical terms; `said` and `said_before` are the same in the words of the side that is written."""
    before, link = entry.before or {}, entry.link
    side: SideName = "a" if entry.side == "a" else "b"
    return {
        "side": side, "action": entry.action, "key": getattr(link, f"key_{side}") if entry.action != "create" else None,
        "from_key": link.key_b if side == "a" else link.key_a, "held": entry.state == OutboxEntry.State.HELD,
        "fields": {name: {"before": before.get(name), "after": value} for name, value in entry.values.items()},
        "said": wording.to_side(side, entry.values, create=entry.action == "create"), "said_before": wording.to_side(side, before) if before else {},
        "known": link.seen_b or link.seen_a or link.base or entry.values,
    }  # fmt: skip
