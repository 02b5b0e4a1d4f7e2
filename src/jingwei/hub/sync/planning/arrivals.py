"""Deliveries into links: what each side looks like now, and what may not pass."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from jingwei.frame import bulk
from jingwei.hub.contract import Record
from jingwei.hub.facts import RecordParked
from jingwei.hub.inbox.records import record_as_plain, record_from_plain
from jingwei.hub.models import Delivery, Interface, Link, OutboxEntry, Quarantine, Run
from jingwei.hub.register.versions import ready
from jingwei.hub.sync.planning.batch import OPEN, Counts, Work, canonical
from jingwei.hub.sync.planning.plans import plan_links
from jingwei.hub.sync.planning.settling import settle


def drain(interface: Interface, run: Run | None, *, limit: int = 1000) -> Counts | None:
    """Plan one batch of waiting deliveries; None when there is none. One transaction: a crash leaves the batch waiting."""
    with transaction.atomic():
        batch = list(
            Delivery.objects.select_for_update(skip_locked=True)
            .filter(interface=interface, state=Delivery.State.WAITING)
            .filter(Q(not_before=None) | Q(not_before__lte=timezone.now()))
            .only("side", "record_key", "record", "headers", "received_at", "interface_id")
            .order_by("id")[:limit]
        )
        if not batch:
            return None
        work = _work(interface, run, len(batch))
        _plan(work, batch)
        Delivery.objects.filter(pk__in=work.waiting).update(not_before=timezone.now() + timedelta(seconds=5))
        return work.counts


def land(interface: Interface, side: str, records: Sequence[Record], run: Run) -> Counts:
    """Plan records the moment they are read, in the transaction that moves the cursor: each is written once, with its outcome.

    Only when nothing older of this interface still waits, else an old state could overtake a new one.
    """
    work = _work(interface, run, len(records))
    now = timezone.now()
    batch = [
        work.new(Delivery, side=side, source="poll", record_key=r.key, record=record_as_plain(r), received_at=now, run=run, headers={}) for r in records
    ]  # fmt: skip
    _plan(work, batch)
    bulk.insert([d for d in batch if d._state.adding])  # what must wait is kept waiting
    Delivery.objects.filter(pk__in=work.waiting).update(not_before=now + timedelta(seconds=5))
    return work.counts


def _work(interface: Interface, run: Run | None, size: int) -> Work:
    assert interface.published is not None
    unknown = OutboxEntry.objects.filter(interface=interface, action="create", state__in=("sending", "unknown")).values_list("side", flat=True)
    return Work(interface, ready(interface.published), run, size, unresolved=frozenset(unknown))


def _plan(work: Work, batch: list[Delivery]) -> None:
    newest = _newest(work, batch)
    _load_links(work, newest)
    for delivery in newest:
        _take(work, delivery)
    plan_links(work)
    settle(work)


def _newest(work: Work, batch: list[Delivery]) -> list[Delivery]:
    """The last delivery of each record; those before it are superseded."""
    last = {(d.side, d.record_key): d for d in batch}
    for delivery in batch:
        if last[delivery.side, delivery.record_key] is not delivery:
            work.finish(delivery, "superseded", None, Delivery.State.DROPPED)
    work.counts.read += len(last)
    return list(last.values())


def _load_links(work: Work, deliveries: list[Delivery]) -> None:
    keys = defaultdict(set)
    references = set()
    for delivery in deliveries:
        keys[delivery.side].add(delivery.record_key)
        if reference := (delivery.record or {}).get("external_key"):
            references.add(reference)
    mine = Link.objects.select_for_update().filter(interface=work.interface)
    found = {}
    for wanted in (
        Q(key_a__in=keys["a"]) if keys["a"] else None,
        Q(key_b__in=keys["b"]) if keys["b"] else None,
        Q(external_key__in=[r for r in references if _is_uuid(r)]) if references else None,
    ):
        found |= {link.pk: link for link in mine.filter(wanted) if link.pk not in found} if wanted is not None else {}
    for link in found.values():
        for side in ("a", "b"):
            if key := getattr(link, f"key_{side}"):
                work.links[side][key] = link
    by_reference = {str(link.external_key): link for link in found.values()}
    for delivery in deliveries:  # a create whose answer was lost shows itself here by our reference
        reference = (delivery.record or {}).get("external_key")
        link = by_reference.get(reference) if reference else None
        if link is not None and getattr(link, f"key_{delivery.side}") is None:
            setattr(link, f"key_{delivery.side}", delivery.record_key)
            work.links[delivery.side][delivery.record_key] = link
            OutboxEntry.objects.filter(link=link, side=delivery.side, action="create", state__in=OPEN).update(
                state=OutboxEntry.State.DONE, done_at=timezone.now(), error="found by our reference"
            )


def _is_uuid(text: str) -> bool:
    return len(text) == 36 and text.count("-") == 4


def is_meant(work: Work, side: str, record: Record) -> bool:
    """Whether the version's filter lets a record of this side in: each named field has one of the listed values."""
    return all(str(record.values.get(name)) in wanted for name, wanted in work.ready.filters.get(side, {}).items())


def _take(work: Work, delivery: Delivery) -> None:
    """Bring one delivery into its link: what that side looks like now."""
    side, key = delivery.side, delivery.record_key
    record = record_from_plain(work.interface.stream(side), key, delivery.record or {"values": {}})
    link = work.links[side].get(key)
    if record.deleted:
        _take_tombstone(work, delivery, link)
        return
    if link is None and not is_meant(work, side, record):
        work.finish(delivery, "filtered", None)
        return
    values, problems = canonical(work, side, record)
    if problems:
        _quarantine(work, delivery, problems, link)
        return
    if link is None and side in work.unresolved:
        # a create of ours may have made this very record: wait until its outcome is known
        work.waiting.append(delivery.pk)
        return
    if link is None:
        link = work.new(Link, state=Link.State.HELD)
        setattr(link, f"key_{side}", key)
        work.links[side][key] = link
    elif getattr(link, f"seen_{side}") == values and not getattr(link, f"gone_{side}"):
        setattr(link, f"version_{side}", record.version or "")
        work.same.append(link)
        work.counts.unchanged += 1
        work.finish(delivery, "unchanged", link)
        return
    setattr(link, f"seen_{side}", values)
    setattr(link, f"gone_{side}", False)
    setattr(link, f"changed_{side}_at", record.modified_at or delivery.received_at)
    setattr(link, f"version_{side}", record.version or "")
    work.touch(link)
    work.finish(delivery, "planned", link)


def _take_tombstone(work: Work, delivery: Delivery, link: Link | None) -> None:
    if link is None or getattr(link, f"gone_{delivery.side}"):
        work.counts.unchanged += 1
        work.finish(delivery, "unchanged", link)
        return
    if _too_many_deletes(work) and not (delivery.headers or {}).get("approved"):
        text = ("删除数量超过上限，已暂停等待批准", "More deletes than the limit: held for approval")
        _quarantine(work, delivery, [{"field": "", "code": "hub.mass_delete", "zh": text[0], "en": text[1], "severity": "quarantine"}], link)
        return
    setattr(link, f"gone_{delivery.side}", True)
    setattr(link, f"changed_{delivery.side}_at", delivery.received_at)
    work.touch(link)
    work.finish(delivery, "planned", link)


def _too_many_deletes(work: Work) -> bool:
    """True when this interface lost more records in the last hour than its limit (at least five)."""
    linked = Link.objects.filter(interface=work.interface).count()
    recent = (
        Link.objects.filter(interface=work.interface)
        .filter(Q(gone_a=True) | Q(gone_b=True))
        .filter(updated_at__gte=timezone.now() - timedelta(hours=1))
        .count()
    )
    fresh = sum(1 for link in work.dirty.values() if link.gone_a or link.gone_b)
    return recent + fresh + 1 > max(5, linked * work.interface.delete_limit_percent // 100)


def _quarantine(work: Work, delivery: Delivery, problems: list[Any], link: Link | None) -> None:
    """Park a delivery with every reason; what is there already stays as it is."""
    plain = [p if isinstance(p, dict) else _problem_as_plain(p) for p in problems]
    work.parked.append(work.new(Quarantine, delivery=delivery, problems=plain))
    work.finish(delivery, "quarantined", link, Delivery.State.QUARANTINED)
    work.counts.quarantined += 1
    work.facts.append(RecordParked(interface_id=work.interface.pk, code=plain[0]["code"], record_key=delivery.record_key))


def _problem_as_plain(problem: Any) -> dict[str, Any]:
    """A mapping problem as it is kept."""
    value = problem.value if isinstance(problem.value, str | int | float | bool | list | type(None)) else str(problem.value)
    return {"field": problem.field, "code": problem.code, "zh": problem.message.zh, "en": problem.message.en, "value": value, "severity": problem.severity}
