"""From what came in to what goes out: deliveries are mapped, merged with the agreed base, and become writes or questions."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from jingwei.frame import facts
from jingwei.hub import bulk, contract
from jingwei.hub.contract import Record
from jingwei.hub.facts import ConflictOpened, RecordParked
from jingwei.hub.models import Conflict, DeadLetter, Delivery, Interface, Link, OutboxEntry, Quarantine, Run
from jingwei.hub.reading import record_from_plain
from jingwei.hub.session import HubSession, session_for
from jingwei.hub.versions import Ready, ready
from jingwei.kernels import merge

other = {"a": "b", "b": "a"}


@dataclass(slots=True)
class Counts:
    """What a run did, record by record."""

    read: int = 0
    created: int = 0
    updated: int = 0
    deleted: int = 0
    unchanged: int = 0
    conflicts: int = 0
    quarantined: int = 0
    dead: int = 0

    def as_plain(self) -> dict[str, int]:
        """For the run's row and for `--json`."""
        return {name: getattr(self, name) for name in self.__slots__}

    def add(self, more: Counts) -> None:
        """Sum up."""
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(more, name))


@dataclass(slots=True)
class Work:
    """One batch in progress."""

    interface: Interface
    ready: Ready
    run: Run | None
    counts: Counts = field(default_factory=Counts)
    links: dict[str, dict[str, Link]] = field(default_factory=lambda: {"a": {}, "b": {}})
    done: list[tuple[int, tuple[Any, ...]]] = field(default_factory=list)
    dirty: dict[int, Link] = field(default_factory=dict)
    lookups: Any = None
    unresolved: frozenset[str] = frozenset()
    waiting: list[int] = field(default_factory=list)
    _sessions: dict[str, HubSession] = field(default_factory=dict)

    def session(self, side: str) -> HubSession:
        """The session of a side, made once."""
        if side not in self._sessions:
            self._sessions[side] = session_for(self.interface, side)
        return self._sessions[side]

    def is_local(self, side: str) -> bool:
        """Whether a side is our own."""
        return self.interface.system(side).connector == "local"

    def finish(self, delivery: Delivery, outcome: str, link: Link | None, state: str = Delivery.State.DONE) -> None:
        """Note what became of a delivery."""
        self.done.append((delivery.pk, (state, outcome, link.pk if link else None, timezone.now())))


def canonical(work: Work, side: str, record: Record) -> tuple[dict[str, Any], list[Any]]:
    """A record's values in the canonical space (side B's names, normalised), and what is wrong with them."""
    ready_ = work.ready
    if side == "a":
        mapped = ready_.mapping.forward(record.values, work.lookups)
        return {k: merge.normalise(v, ready_.types.get(k, "string")) for k, v in mapped.values.items() if k in ready_.fields}, [
            p for p in mapped.problems if p.severity != "warn"
        ]
    return {k: merge.normalise(v, ready_.types[k]) for k, v in record.values.items() if k in ready_.fields}, []


def is_meant(work: Work, side: str, record: Record) -> bool:
    """Whether the version's filter lets a record of this side in: each named field has one of the listed values."""
    return all(str(record.values.get(name)) in wanted for name, wanted in work.ready.filters.get(side, {}).items())


def drain(interface: Interface, run: Run | None, *, limit: int = 500) -> Counts | None:
    """Plan one batch of waiting deliveries; None when there is none. One transaction: a crash leaves the batch waiting."""
    with transaction.atomic():
        batch = list(
            Delivery.objects.select_for_update(skip_locked=True)
            .filter(interface=interface, state=Delivery.State.WAITING)
            .filter(Q(not_before=None) | Q(not_before__lte=timezone.now()))
            .order_by("id")[:limit]
        )
        if not batch:
            return None
        assert interface.published is not None
        unknown = OutboxEntry.objects.filter(interface=interface, action="create", state__in=("sending", "unknown")).values_list("side", flat=True)
        work = Work(interface, ready(interface.published), run, unresolved=frozenset(unknown))
        newest = _newest(work, batch)
        _load_links(work, newest)
        for delivery in newest:
            _take(work, delivery)
        plan_links(work)
        bulk.update_from(Delivery, ("state", "outcome", "link", "done_at"), work.done)
        Delivery.objects.filter(pk__in=work.waiting).update(not_before=timezone.now() + timedelta(seconds=5))
        return work.counts


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
    found = list(mine.filter(Q(key_a__in=keys["a"]) | Q(key_b__in=keys["b"]) | Q(external_key__in=[r for r in references if _is_uuid(r)])))
    for link in found:
        for side in ("a", "b"):
            if key := getattr(link, f"key_{side}"):
                work.links[side][key] = link
    by_reference = {str(link.external_key): link for link in found}
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


OPEN = ("waiting", "sending", "unknown")


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
        quarantine(work, delivery, problems, link)
        return
    if link is None and side in work.unresolved:
        # a create of ours may have made this very record: wait until its outcome is known
        work.waiting.append(delivery.pk)
        return
    if link is None:
        link = Link(interface=work.interface, tenant_id=work.interface.tenant_id, state=Link.State.HELD)
        setattr(link, f"key_{side}", key)
        work.links[side][key] = link
    elif getattr(link, f"seen_{side}") == values and not getattr(link, f"gone_{side}"):
        setattr(link, f"version_{side}", record.version or "")
        work.dirty.setdefault(-link.pk, link)  # only its version moved: saved, not planned
        work.counts.unchanged += 1
        work.finish(delivery, "unchanged", link)
        return
    setattr(link, f"seen_{side}", values)
    setattr(link, f"gone_{side}", False)
    setattr(link, f"changed_{side}_at", record.modified_at or delivery.received_at)
    setattr(link, f"version_{side}", record.version or "")
    if link.pk is None:
        link.save()
    work.dirty[link.pk] = link
    work.finish(delivery, "planned", link)


def _take_tombstone(work: Work, delivery: Delivery, link: Link | None) -> None:
    if link is None or getattr(link, f"gone_{delivery.side}"):
        work.counts.unchanged += 1
        work.finish(delivery, "unchanged", link)
        return
    if _too_many_deletes(work) and not (delivery.headers or {}).get("approved"):
        text = ("删除数量超过上限，已暂停等待批准", "More deletes than the limit: held for approval")
        quarantine(work, delivery, [{"field": "", "code": "hub.mass_delete", "zh": text[0], "en": text[1], "severity": "quarantine"}], link)
        return
    setattr(link, f"gone_{delivery.side}", True)
    setattr(link, f"changed_{delivery.side}_at", delivery.received_at)
    work.dirty[link.pk] = link
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


def quarantine(work: Work, delivery: Delivery, problems: list[Any], link: Link | None) -> None:
    """Park a delivery with every reason; what is there already stays as it is."""
    plain = [p if isinstance(p, dict) else problem_as_plain(p) for p in problems]
    Quarantine.objects.create(interface=work.interface, tenant_id=work.interface.tenant_id, delivery=delivery, problems=plain)
    work.finish(delivery, "quarantined", link, Delivery.State.QUARANTINED)
    work.counts.quarantined += 1
    facts.state(RecordParked(interface_id=work.interface.pk, code=plain[0]["code"], record_key=delivery.record_key))


def problem_as_plain(problem: Any) -> dict[str, Any]:
    """A mapping problem as it is kept."""
    value = problem.value if isinstance(problem.value, str | int | float | bool | list | type(None)) else str(problem.value)
    return {"field": problem.field, "code": problem.code, "zh": problem.message.zh, "en": problem.message.en, "value": value, "severity": problem.severity}


def plan_links(work: Work) -> None:
    """Merge every link that moved and turn the plans into writes. Half links wait until both sides were read once."""
    moved = [link for pk, link in work.dirty.items() if pk > 0]
    _refresh_local(work, moved)
    for link in moved:
        if (link.key_a is None or link.key_b is None) and work.interface.paired_at is None:
            link.state = Link.State.HELD
            continue
        plan_link(work, link)
    save_links(list({id(link): link for link in work.dirty.values()}.values()))


def pair_up(work: Work) -> None:
    """After the first load of both sides: join half links whose natural keys are equal, then plan them all."""
    half = list(
        Link.objects.select_for_update()
        .filter(interface=work.interface, state=Link.State.HELD)
        .filter(Q(key_a=None) | Q(key_b=None))
        .filter(gone_a=False, gone_b=False)
    )
    if work.ready.keys:
        waiting = {_natural(work, link.seen_b): link for link in half if link.key_a is None and _natural(work, link.seen_b)}
        for link in [each for each in half if each.key_b is None]:
            mate = waiting.pop(_natural(work, link.seen_a), None) if _natural(work, link.seen_a) else None
            if mate is not None:
                half.remove(mate)
                Delivery.objects.filter(link=mate).update(link=link)
                link.key_b, link.seen_b, link.changed_b_at, link.version_b = mate.key_b, mate.seen_b, mate.changed_b_at, mate.version_b
                mate.delete()
    for link in half:
        plan_link(work, link)
    save_links(half)


def _natural(work: Work, values: dict[str, Any] | None) -> tuple[Any, ...] | None:
    parts = tuple((values or {}).get(key) for key in work.ready.keys)
    return parts if parts and all(part not in (None, "") for part in parts) else None


def _refresh_local(work: Work, links: list[Link]) -> None:
    """Our own side is read and locked inside this transaction, so no local edit is ever overwritten unseen."""
    for side in ("a", "b"):
        if work.is_local(side):
            keyed = {getattr(link, f"key_{side}"): link for link in links if getattr(link, f"key_{side}")}
            for record in work.session(side).local.fetch(work.interface.stream(side), list(keyed)):
                values, problems = canonical(work, side, record)
                link = keyed.pop(record.key)
                if not problems and getattr(link, f"seen_{side}") != values:
                    setattr(link, f"seen_{side}", values)
                    setattr(link, f"changed_{side}_at", record.modified_at)
                setattr(link, f"version_{side}", record.version or "")


def _side(link: Link, side: str) -> merge.Side:
    values = getattr(link, f"seen_{side}")
    changed_at: datetime | None = getattr(link, f"changed_{side}_at")
    if getattr(link, f"gone_{side}"):
        return merge.Side(None, "deleted", changed_at)
    if getattr(link, f"key_{side}") is None:
        return merge.Side(None, "absent", changed_at)
    return merge.Side(values, "present", changed_at)


def plan_of(work: Work, link: Link) -> merge.MergePlan:
    """The pure plan for a link as it stands."""
    return merge.plan_merge(
        a=_side(link, "a"), b=_side(link, "b"), base=link.base, policies=work.ready.policies,
        directions=work.ready.directions, types=work.ready.types, on_delete=work.interface.on_delete,
    )  # fmt: skip


def plan_link(work: Work, link: Link, *, depth: int = 0) -> None:
    """Carry out a link's plan: our own side now, the other through the outbox, clashes to a person."""
    plan = plan_of(work, link)
    if plan.agreed:
        link.base = {**(link.base or {}), **plan.agreed}
    link.state = Link.State.LINKED
    if plan.unlink:
        link.state = Link.State.UNLINKED
    if plan.clashes:
        _open_conflicts(work, link, plan)
    _close_conflicts(link, {clash.field for clash in plan.clashes})
    wrote = False
    for side in ("a", "b"):
        create, values = getattr(plan, f"create_{side}"), dict(getattr(plan, f"to_{side}"))
        if getattr(plan, f"delete_{side}"):
            wrote |= _write(work, link, side, "delete", {})
        elif create:
            wrote |= _write(work, link, side, "create", values)
        elif values:
            wrote |= _write(work, link, side, "update", values)
        else:
            _drop_entries(link, side)
    if not wrote and not plan.clashes and depth == 0:
        work.counts.unchanged += 1


def _write(work: Work, link: Link, side: str, action: str, values: dict[str, Any], *, keeps_base: bool = False) -> bool:
    if work.is_local(side):
        return write_local(work, link, side, action, values, keeps_base=keeps_base)
    entry = OutboxEntry.objects.filter(link=link, side=side, state__in=OPEN).first()
    if entry is not None and entry.state != OutboxEntry.State.WAITING:
        return True  # on its way; its answer plans again
    fields = {"action": action, "values": values, "before": getattr(link, f"seen_{side}"), "run": work.run, "keeps_base": keeps_base}
    if entry is None:
        OutboxEntry.objects.create(interface=work.interface, tenant_id=work.interface.tenant_id, link=link, side=side, **fields)
    else:
        for name, value in fields.items():
            setattr(entry, name, value)
        entry.save()
    link.state = Link.State.WRITING
    return True


def _drop_entries(link: Link, side: str) -> None:
    """The plan no longer wants to write here: what still waits is superseded."""
    if link.pk and link.state != Link.State.CLASH:
        OutboxEntry.objects.filter(link=link, side=side, state=OutboxEntry.State.WAITING).update(state=OutboxEntry.State.DROPPED, done_at=timezone.now())


def write_local(work: Work, link: Link, side: str, action: str, values: dict[str, Any], *, keeps_base: bool = False) -> bool:
    """Write our own side in this very transaction, so it happens exactly once."""
    from jingwei.frame import scope

    local, stream, key = work.session(side).local, work.interface.stream(side), getattr(link, f"key_{side}")
    own = to_side(work, side, values, create=action == "create")
    started = timezone.now()
    try:
        with transaction.atomic(), scope.because(origin=f"interface:{work.interface.key}", reason=f"{work.interface.key} v{work.ready.number}"):
            if action == "delete":
                local.delete(stream, key)
                record = None
            else:
                record = local.write(stream, key if action == "update" else None, own)
    except contract.ConnectorError as problem:
        park_write(work, link, side, action, values, problem)
        return True
    OutboxEntry.objects.create(
        interface=work.interface, tenant_id=work.interface.tenant_id, link=link, side=side, action=action, values=values,
        before=getattr(link, f"seen_{side}"), run=work.run, state=OutboxEntry.State.DONE, sent_at=started, done_at=timezone.now(),
    )  # fmt: skip
    acknowledge(work, link, side, action, values, record, keeps_base=keeps_base)
    if keeps_base:
        plan_link(work, link, depth=1)
    return True


def to_side(work: Work, side: str, values: dict[str, Any], *, create: bool = False) -> dict[str, Any]:
    """Canonical values in the words of the side that is written."""
    if side == "b":
        return {**work.ready.mapping.constants("b"), **values} if create else values
    back = work.ready.mapping.backward(values, work.lookups).values
    return {**work.ready.mapping.constants("a"), **back} if create else back


def acknowledge(work: Work, link: Link, side: str, action: str, written: dict[str, Any], record: Record | None, *, keeps_base: bool = False) -> None:
    """A write is known to have happened: only now may the base move. `record` is the peer's own view of it afterwards."""
    counter = {"create": "created", "update": "updated", "delete": "deleted"}[action]
    setattr(work.counts, counter, getattr(work.counts, counter) + 1)
    if action == "delete" or record is None:
        setattr(link, f"gone_{side}", True)
        link.state = Link.State.UNLINKED
        return
    setattr(link, f"key_{side}", record.key)
    if not keeps_base:
        link.base = merge.acknowledge(link.base, written)
    values, problems = canonical(work, side, record)
    if not problems:
        setattr(link, f"seen_{side}", values)
    setattr(link, f"version_{side}", record.version or "")
    setattr(link, f"changed_{side}_at", record.modified_at or timezone.now())
    link.state = Link.State.LINKED


def park_write(work: Work, link: Link, side: str, action: str, values: dict[str, Any], problem: contract.ConnectorError) -> None:
    """A write that will never succeed as it is: a dead letter with the reason; the link waits for the next change."""
    entry = OutboxEntry.objects.create(
        interface=work.interface, tenant_id=work.interface.tenant_id, link=link, side=side, action=action, values=values,
        before=getattr(link, f"seen_{side}"), run=work.run, state=OutboxEntry.State.DEAD, error=problem.message, done_at=timezone.now(),
    )  # fmt: skip
    dead_letter(work, problem, entry=entry)
    link.state = Link.State.HELD


def dead_letter(work: Work, problem: contract.ConnectorError, *, entry: OutboxEntry | None = None, delivery: Delivery | None = None) -> None:
    """Keep what failed for good where a person sees it."""
    detail = "; ".join(f"{name}: {text}" for name, text in problem.fields.items()) or problem.message
    mend = problem.mend
    DeadLetter.objects.create(
        interface=work.interface, tenant_id=work.interface.tenant_id, entry=entry, delivery=delivery, code=problem.code,
        message_zh=f"{detail} {mend.zh if mend else ''}".strip(), message_en=f"{detail} {mend.en if mend else ''}".strip(),
    )  # fmt: skip
    work.counts.dead += 1
    facts.state(RecordParked(interface_id=work.interface.pk, code=problem.code, record_key=(entry.link.key_a or entry.link.key_b or "") if entry else ""))


def _open_conflicts(work: Work, link: Link, plan: merge.MergePlan) -> None:
    link.state = Link.State.CLASH
    known = {c.field: c for c in Conflict.objects.filter(link=link, resolved_at=None)}
    fresh = []
    for clash in plan.clashes:
        conflict = known.get(clash.field)
        if conflict is None:
            conflict = Conflict(interface=work.interface, tenant_id=work.interface.tenant_id, link=link, field=clash.field)
            fresh.append(clash.field)
        conflict.value_a, conflict.value_b, conflict.base = clash.a, clash.b, clash.base
        conflict.save()
    if fresh:
        work.counts.conflicts += 1
        facts.state(ConflictOpened(interface_id=work.interface.pk, link_id=link.pk, fields=tuple(fresh)))


def _close_conflicts(link: Link, still: set[str]) -> None:
    """Conflicts that the two sides settled among themselves."""
    if link.pk:
        Conflict.objects.filter(link=link, resolved_at=None).exclude(field__in=still).update(resolved_at=timezone.now(), choice="converged")


link_fields = (
    "key_a", "key_b", "base", "seen_a", "seen_b", "gone_a", "gone_b", "changed_a_at", "changed_b_at", "version_a", "version_b", "state", "updated_at",
)  # fmt: skip


def save_links(links: list[Link]) -> None:
    """Write links back in one statement."""
    now = timezone.now()
    for link in links:
        link.updated_at = now
    bulk.update_from(Link, link_fields, [(link.pk, tuple(getattr(link, name) for name in link_fields)) for link in links if link.pk])


def decide(work: Work, link: Link, name: str, chosen: Any) -> None:
    """A person's decision for one field, told to the planner in its own terms.

    Taking one side: the base becomes the other side's value, so the plan sees one change and carries it over. A third value:
    side A is told to hold it without moving the base, after which A is the one that changed.
    """
    a, b = ((getattr(link, f"seen_{side}") or {}).get(name) for side in ("a", "b"))
    link.base = {**(link.base or {}), name: a if chosen == b else b}
    if chosen in (a, b):
        plan_link(work, link)
    else:
        _write(work, link, "a", "update", {name: chosen}, keeps_base=True)
    save_links([link])
