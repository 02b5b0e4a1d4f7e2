"""Links merged: each link's plan, the first pairing of both sides, clashes for a person and a person's decision."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import connection
from django.utils import timezone

from jingwei.hub.facts import ConflictOpened
from jingwei.hub.models import Conflict, Link, OutboxEntry
from jingwei.hub.sync.planning.batch import Work, canonical
from jingwei.hub.sync.planning.writes import write
from jingwei.kernels import merge


def plan_links(work: Work) -> None:
    """Merge every link that moved and turn the plans into writes. Half links wait until both sides were read once."""
    moved = list(work.dirty.values())
    _refresh_local(work, moved)
    work.prepare(moved)
    for link in moved:
        if (link.key_a is None or link.key_b is None) and work.interface.paired_at is None:
            link.state = Link.State.HELD
            continue
        plan_link(work, link)


def pair_up(work: Work) -> None:
    """After the first load of both sides: join half links whose natural keys are equal, then plan them all."""
    waiting = Link.objects.select_for_update().filter(interface=work.interface, state=Link.State.HELD, gone_a=False, gone_b=False)
    half = [*waiting.filter(key_a=None), *waiting.filter(key_b=None)]
    gone: dict[int, int] = {}
    if work.ready.keys:
        mates = {natural: link for link in half if link.key_a is None and (natural := _natural(work, link.seen_b))}
        for link in [each for each in half if each.key_b is None]:
            mate = mates.pop(natural, None) if (natural := _natural(work, link.seen_a)) else None
            if mate is not None:
                gone[mate.pk] = link.pk
                link.key_b, link.seen_b, link.changed_b_at, link.version_b = mate.key_b, mate.seen_b, mate.changed_b_at, mate.version_b
    if gone:
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE hub_delivery d SET link_id = n.stays FROM unnest(%s::bigint[], %s::bigint[]) AS n(goes, stays) WHERE d.link_id = n.goes",
                [list(gone), list(gone.values())],
            )
        Link.objects.filter(pk__in=gone).delete()
    for link in half:
        if link.pk not in gone:
            work.touch(link)
    work.prepare(work.dirty.values())
    for link in list(work.dirty.values()):
        plan_link(work, link)


def _natural(work: Work, values: dict[str, Any] | None) -> tuple[Any, ...] | None:
    parts = tuple((values or {}).get(key) for key in work.ready.keys)
    return parts if parts and all(part not in (None, "") for part in parts) else None


def _refresh_local(work: Work, links: list[Link]) -> None:
    """Our own side is read and locked inside this transaction, so no local edit is ever overwritten unseen."""
    for side in ("a", "b"):
        if work.is_local(side):
            keyed = {getattr(link, f"key_{side}"): link for link in links if getattr(link, f"key_{side}")}
            if not keyed:
                continue
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
    """Turn a link's plan into writes of the batch: our own side now, the other through the outbox, clashes to a person."""
    work.touch(link)
    work.prepare([link])
    plan = plan_of(work, link)
    if plan.agreed:
        link.base = {**(link.base or {}), **plan.agreed}
    link.state = Link.State.UNLINKED if plan.unlink else Link.State.LINKED
    if plan.clashes:
        _open_conflicts(work, link, plan)
    _close_conflicts(work, link, {clash.field for clash in plan.clashes})
    wrote = False
    for side, create, delete, values in (("a", plan.create_a, plan.delete_a, plan.to_a), ("b", plan.create_b, plan.delete_b, plan.to_b)):
        if action := "delete" if delete else "create" if create else "update" if values else "":
            write(work, link, side, action, {} if delete else dict(values))
            wrote = True
        else:
            _drop_entries(work, link, side)
    if not wrote and not plan.clashes and depth == 0:
        work.counts.unchanged += 1


def _drop_entries(work: Work, link: Link, side: str) -> None:
    """The plan no longer wants to write here: what still waits is superseded, but for a person's own value."""
    entry = work.entries.get((link.pk, side))
    if entry is not None and entry.state == OutboxEntry.State.WAITING and not entry.keeps_base:
        entry.state, entry.done_at = OutboxEntry.State.DROPPED, timezone.now()
        del work.entries[link.pk, side]
        if not entry._state.adding:
            work.changed_entries[entry.pk] = entry


def _open_conflicts(work: Work, link: Link, plan: merge.MergePlan) -> None:
    link.state = Link.State.CLASH
    known, fresh = work.conflicts[link.pk], []
    for clash in plan.clashes:
        conflict = known.get(clash.field)
        if conflict is None:
            known[clash.field] = conflict = work.new(Conflict, link=link, field=clash.field)
            fresh.append(clash.field)
        conflict.value_a, conflict.value_b, conflict.base = clash.a, clash.b, clash.base
        work.changed_conflicts[conflict.pk] = conflict
    if fresh:
        work.counts.conflicts += 1
        work.facts.append(ConflictOpened(interface_id=work.interface.pk, link_id=link.pk, fields=tuple(fresh)))


def _close_conflicts(work: Work, link: Link, still: set[str]) -> None:
    """Conflicts that the two sides settled among themselves."""
    known = work.conflicts.get(link.pk, {})
    for name in [each for each in known if each not in still]:
        conflict = known.pop(name)
        conflict.resolved_at, conflict.choice = timezone.now(), "converged"
        work.changed_conflicts[conflict.pk] = conflict


def decide(work: Work, link: Link, name: str, chosen: Any) -> None:
    """A person's decision for one field, told to the planner in its own terms; the caller settles the work.

    Taking one side: the base becomes the other side's value, so the plan sees one change and carries it over. A third value:
    side A is told to hold it without moving the base, after which A is the one that changed.
    """
    work.touch(link)
    work.prepare([link])
    a, b = ((getattr(link, f"seen_{side}") or {}).get(name) for side in ("a", "b"))
    link.base = {**(link.base or {}), name: a if chosen == b else b}
    if chosen in (a, b):
        plan_link(work, link)
    else:
        write(work, link, "a", "update", {name: chosen}, keeps_base=True)
