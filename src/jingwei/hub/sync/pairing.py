"""Records that exist on both sides already: joined by their natural key, asked about when several carry the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from django.db import connection, transaction
from django.utils import timezone

from jingwei.hub.models import Checkpoint, Interface, Link, OutboxEntry, Run
from jingwei.hub.sync.batch import Batch
from jingwei.hub.sync.counts import Counts
from jingwei.hub.sync.rows import UNDER_WAY, Row
from jingwei.kernels import merge
from jingwei.kernels.merge import Apart, natural_key, whole

ambiguous = "ambiguous"
planned_at_once = 1000
PlanLinks = Callable[[Interface, Run | None, Sequence[int]], Counts]


def pair_if_loaded(interface: Interface, run: Run, plan: PlanLinks) -> Counts | None:
    """Once, when both sides were read to their end (or one was and holds nothing to pair with): join equal halves, then plan them all."""
    if interface.paired_at is not None or interface.deliveries.filter(state="waiting").exists():
        return None
    loaded = set(Checkpoint.objects.filter(interface=interface, loaded_at__isnull=False).values_list("side", flat=True))
    empty = {side for side in loaded if not interface.links.exclude(**{f"key_{side}": None}).exists()}
    if len(loaded) < 2 and not empty:
        return None
    with transaction.atomic():
        interface.paired_at = timezone.now()
        Interface.objects.filter(pk=interface.pk).update(paired_at=interface.paired_at)
        batch = Batch(interface, run, 1000)
        rows = _join(batch, batch.load(_halves(interface)))
        batch.write_back(rows)
        counts, ids = Counts(), [row.pk for row in rows]
        for start in range(0, len(ids), planned_at_once):
            counts.add(plan(interface, run, ids[start : start + planned_at_once]))
        return counts


def join_new(batch: Batch, rows: list[Row]) -> list[Row]:
    """Join half links among these rows with halves of the other side that wait for a counterpart; gives the rows that remain."""
    if not batch.wording.ready.keys or batch.interface.paired_at is None:
        return rows
    fresh = {row.pk for row in rows if _is_half(row)}
    if not fresh:
        return rows
    batch.load(_halves(batch.interface))
    halves = [row for row in batch.rows.values() if _is_half(row)]
    kept = _join(batch, halves)
    asked = [row for row in kept if row.pk in fresh or not _is_half(row) or whole in row.pair.apart]
    return [*(row for row in rows if row.pk not in fresh), *asked]


def _halves(interface: Interface) -> list[Link]:
    """Links that lack a side and have nothing on its way there."""
    held = Link.objects.select_for_update().filter(interface=interface, gone_a=False, gone_b=False)
    busy = OutboxEntry.objects.filter(interface=interface, action="create", state__in=UNDER_WAY).values("link_id")  # what only waits may still be joined
    return [*held.filter(key_a=None).exclude(pk__in=busy), *held.filter(key_b=None).exclude(pk__in=busy)]


def _is_half(row: Row) -> bool:
    missing = [side for side in merge.sides if row.pair.half(side).key is None]
    if len(missing) != 1 or row.pair.half(merge.other(missing[0])).gone:
        return False
    entry = row.entries.get(missing[0])
    return entry is None or entry.state not in UNDER_WAY


def _join(batch: Batch, rows: list[Row]) -> list[Row]:
    """Pair what stands one against one; mark what stands several against several for a person."""
    names = batch.wording.ready.keys
    if not names:
        return rows
    halves = {row.pk: row for row in rows if _is_half(row)}
    keys = {
        side: {row.pk: natural_key(row.pair.half(side).seen, names) for row in halves.values() if row.pair.half(side).key is not None} for side in merge.sides
    }  # fmt: skip
    found = merge.pair_up(keys["a"], keys["b"])
    gone: dict[int, int] = {}
    for a, b in found.joined:
        join_rows(batch, halves[a], halves[b])
        gone[b] = a
    for pk, mates in found.ambiguous.items():
        row = halves[pk]
        mark = row.pair.apart.get(whole)
        if mark is None or mark.why != ambiguous:
            candidates = [{"link": mate, "key": halves[mate].label(), "values": _seen(halves[mate])} for mate in mates]
            zh, en = "两侧有多条记录的匹配键相同，请指定配对", "several records carry the same matching key: say which belong together"
            row.pair.apart[whole] = Apart(merge.shape(row.pair.a), merge.shape(row.pair.b), ambiguous, candidates, zh, en)
    forget_rows(batch, gone)
    return [row for row in rows if row.pk not in gone]


def _seen(row: Row) -> object:
    return row.pair.a.seen if row.pair.a.key is not None else row.pair.b.seen


def join_rows(batch: Batch, stays: Row, goes: Row) -> None:
    """The half of one link goes over to another that lacks it."""
    side: merge.SideName = "b" if stays.pair.b.key is None else "a"
    moved = goes.pair.half(side)
    setattr(stays.pair, side, moved)
    setattr(goes.pair, side, merge.Half())
    stays.pair.apart.pop(whole, None)
    batch.file(stays)


def forget_rows(batch: Batch, gone: dict[int, int]) -> None:
    """Links that were taken up by others: what points at them points at those now."""
    if not gone:
        return
    stored = {pk: stays for pk, stays in gone.items() if not batch.rows[pk].link._state.adding}
    if stored:
        with connection.cursor() as cursor:
            for table in ("hub_delivery", "hub_quarantine"):
                cursor.execute(
                    f"UPDATE {table} d SET link_id = n.stays FROM unnest(%s::bigint[], %s::bigint[]) AS n(goes, stays) WHERE d.link_id = n.goes",  # noqa: S608
                    [list(stored), list(stored.values())],
                )
        Link.objects.filter(pk__in=stored).delete()
    for delivery in batch.owed.deliveries:
        if delivery.link_id in gone:
            delivery.link_id = gone[delivery.link_id]
    for pk in gone:
        del batch.rows[pk]
