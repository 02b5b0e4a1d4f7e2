"""What came in is brought into its links: load, take, plan, carry out, store. Each record is let down by itself when it fails."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import Q
from django.utils import timezone

from jingwei.hub import contract
from jingwei.hub.contract import Record
from jingwei.hub.facts import RecordParked
from jingwei.hub.inbox import deliveries
from jingwei.hub.inbox.deliveries import as_row, record_from_plain, storable_key
from jingwei.hub.models import DeadLetter, Delivery, Interface, OutboxEntry, Quarantine, Run
from jingwei.hub.peers.session import stream_of
from jingwei.hub.sync import circles, pairing
from jingwei.hub.sync.batch import Batch
from jingwei.hub.sync.carrying import carry_out, name_record, note_found
from jingwei.hub.sync.counts import Counts
from jingwei.hub.sync.rows import Row
from jingwei.hub.sync.terms import problem
from jingwei.kernels import merge
from jingwei.kernels.merge import Arrival, SideName, Taken

log = structlog.get_logger(__name__)
database_lost = (OperationalError, InterfaceError)
read_sources = ("poll", "again", deliveries.to_look_up)
wait_for_create = timedelta(seconds=5)


@dataclass(slots=True)
class Item:
    """One record on its way in. `delivery` is the stored row it came from, None for one that was just read.

    `absence` instead of a record: it was looked up and is not there for us. `must_plan`: plan its link even if nothing has changed.
    """

    side: SideName
    key: str
    record: Record | None
    source: str
    at: datetime
    delivery: Delivery | None = None
    absence: contract.Absence | None = None
    is_confirmed: bool = False
    must_plan: bool = False
    is_asked: bool = False


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
    intake = _Intake(batch)
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


class _Intake:
    """Items of one batch on their way into rows."""

    def __init__(self, batch: Batch) -> None:
        self.batch = batch
        self.moved: dict[int, Row] = {}
        self.same: dict[int, Row] = {}
        self.waiting: list[int] = []
        self.doubts: dict[str, list[str]] = {"a": [], "b": []}
        self._unresolved: frozenset[str] | None = None
        self._new: list[tuple[Row, Item]] = []

    def rows(self) -> list[Row]:
        """What must be planned; new records of which we have made the original elsewhere are held for a person."""
        circles.hold_circles(self.batch, [(row, item.side) for row, item in self._new])
        return list(self.moved.values())

    def take(self, item: Item) -> None:
        """Bring one item into its row."""
        batch, side = self.batch, item.side
        if item.delivery is None or item.record is not None:
            batch.counts.read += 1
        row = batch.index[side].get(item.key) or self._by_reference(item)
        if self._is_doubtful(item, row):
            self.doubts[side].append(item.key)
            self._note(item, "looked up", row)
            return
        if row is not None and row.pair.half(side).key != item.key:
            self._adopt(item, row)
        arrival = self._arrival(item)
        if row is not None and item.is_confirmed:
            self._settle_unknown(item, row, arrival)
        before = _marks(row, side) if row is not None else None
        taken = merge.take(row.pair if row else None, arrival, batch.terms)
        if taken == Taken.NEW and not arrival.is_read and not item.is_confirmed:
            taken = Taken.LOOK_UP  # told, and nothing known to hold it against
        if taken == Taken.NEW:
            if self._may_be_ours(item):
                self._keep_waiting(item)
                return
            row = batch.new_row(side, item.key)
            taken = merge.take(row.pair, arrival, batch.terms)
            self._new.append((row, item))
        if taken == Taken.PARKED:
            self._park(item, row, list(arrival.problems))
            return
        if taken == Taken.LOOK_UP:
            self.doubts[side].append(item.key)
            self._note(item, "looked up", row)
            return
        if taken != Taken.OUTDATED:
            self._unpark(item)
        if row is not None and (taken == Taken.CHANGED or item.must_plan or item.is_confirmed):
            self.moved[row.pk] = row
            self._note(item, "planned" if taken == Taken.CHANGED else str(taken), row)
            return
        if taken == Taken.UNCHANGED:
            batch.counts.unchanged += 1
            if row is not None and _marks(row, side) != before:
                self.same[row.pk] = row
        self._note(item, str(taken), row)

    def _settle_unknown(self, item: Item, row: Row, arrival: Arrival) -> None:
        """The look-up shows what became of an update or delete whose answer never came; of what cannot be read nothing is known yet."""
        entry = row.entries.get(item.side)
        if entry is None or entry.state != OutboxEntry.State.UNKNOWN or entry.action == OutboxEntry.Action.CREATE or arrival.problems:
            return
        happened = arrival.gone
        if entry.action == OutboxEntry.Action.UPDATE and item.record is not None:
            happened = note_found(self.batch, row, item.side, merge.Write("update", entry.values), item.record)
        entry.state, entry.not_before = OutboxEntry.State.WAITING, None
        if happened:
            entry.state, entry.done_at, entry.error = OutboxEntry.State.DONE, timezone.now(), "seen to have happened"
            del row.entries[item.side]
        self.batch.owed.entries.append(entry)

    def _arrival(self, item: Item) -> Arrival:
        side, record = item.side, item.record
        if record is None:
            return self._absent(item)
        is_read = item.source in read_sources
        if record.deleted:
            return Arrival(side, item.key, gone=True, stamp=record.modified_at, read_at=item.at, is_read=is_read, is_confirmed=item.is_confirmed)
        values, problems = self.batch.wording.canonical(side, record)
        is_outside = not problems_of_storing(problems) and not self.batch.wording.is_meant(side, record)
        return Arrival(
            side, item.key, values, outside=is_outside, problems=problems, version=record.version or "", sequence=record.sequence, stamp=record.modified_at,
            read_at=item.at, is_read=is_read, is_confirmed=item.is_confirmed,
        )  # fmt: skip

    def _absent(self, item: Item) -> Arrival:
        if item.absence == contract.Absence.MISSING:
            return Arrival(item.side, item.key, gone=True, read_at=item.at, is_confirmed=True)
        if item.absence == contract.Absence.ELSEWHERE:
            return Arrival(item.side, item.key, outside=True, read_at=item.at, is_confirmed=True)
        text = ("对方不让我们看到这条记录", "the other system does not let us see this record")
        return Arrival(item.side, item.key, None, problems=[problem("", "hub.not_visible", *text)], read_at=item.at, is_confirmed=True)

    def _by_reference(self, item: Item) -> Row | None:
        """The link whose create, of which no answer came, shows itself by our reference."""
        reference = item.record.external_key if item.record is not None else None
        if not reference:
            return None
        return next((row for row in self.batch.rows.values() if str(row.link.external_key) == reference and _has_none(row, item.side)), None)

    def _is_doubtful(self, item: Item, row: Row | None) -> bool:
        """What was told, not read, may be a state on the way: of a record that carries our reference, or that a write of ours with an
        unknown outcome went to, only a look-up tells."""
        if row is None or item.is_confirmed:
            return False
        entry = row.entries.get(item.side)
        if entry is not None and entry.action != OutboxEntry.Action.CREATE and entry.state in (OutboxEntry.State.SENDING, OutboxEntry.State.UNKNOWN):
            return True
        return row.pair.half(item.side).key != item.key and item.source not in read_sources

    def _adopt(self, item: Item, row: Row) -> None:
        """This record is what our create made; the open entry is then done."""
        entry = row.entries.pop(item.side, None)
        if entry is not None and entry.action == OutboxEntry.Action.CREATE and item.record is not None:
            entry.state, entry.done_at, entry.error = OutboxEntry.State.DONE, timezone.now(), "found by our reference"
            self.batch.owed.entries.append(entry)
            note_found(self.batch, row, item.side, merge.Write("create", entry.values), item.record)
        else:
            name_record(self.batch, row, item.side, item.key)
        item.must_plan = True

    def _may_be_ours(self, item: Item) -> bool:
        """Whether a create of ours with an unknown outcome may have made this very record, and nothing it carries tells: where the
        peer keeps our reference, a record without it is not ours."""
        if self._unresolved is None:
            unknown = OutboxEntry.objects.filter(interface=self.batch.interface, action="create", state__in=("sending", "unknown"))
            self._unresolved = frozenset(side for side in set(unknown.values_list("side", flat=True)) if not _keeps_reference(self.batch.interface, side))
        return item.side in self._unresolved

    def _keep_waiting(self, item: Item) -> None:
        if item.delivery is not None:
            self.waiting.append(item.delivery.pk)
        elif item.record is not None:
            deliveries.keep(self.batch.interface, item.side, [item.record], source=item.source, run=self.batch.run)

    def _park(self, item: Item, row: Row | None, problems: list[dict[str, Any]]) -> None:
        """Keep it raw with every reason; what is there already stays as it is. One open row a record, however often it comes."""
        batch = self.batch
        known = batch.parked.get((item.side, item.key))
        if known is not None and known.problems == problems and item.delivery is None:
            batch.counts.unchanged += 1
            return
        if known is None and item.delivery is None and self._was_left_out(item, problems):
            batch.counts.unchanged += 1
            return
        delivery = self._note(item, "quarantined", row, Delivery.State.QUARANTINED)
        parked = known or batch.new(Quarantine, side=item.side, record_key=item.key)
        parked.delivery, parked.link, parked.problems, parked.code = delivery, row.link if row else None, problems, str(problems[0]["code"])[:60]
        batch.parked[item.side, item.key] = batch.owed.parked[parked.pk] = parked
        batch.counts.quarantined += known is None
        if row is not None:
            self.moved[row.pk] = row
        if known is None:
            batch.owed.facts.append(RecordParked(interface_id=batch.interface.pk, code=parked.code, record_key=item.key))

    def _was_left_out(self, item: Item, problems: list[dict[str, Any]]) -> bool:
        """Whether a person has discarded this very record for this very reason: it does not come back until it changes."""
        left = Quarantine.objects.filter(interface=self.batch.interface, side=item.side, record_key=item.key, delivery__outcome="discarded")
        last = left.select_related("delivery").order_by("-id").first()
        same_values = last is not None and item.record is not None and (last.delivery.record or {}).get("values") == item.record.values
        return same_values and last is not None and last.problems == problems

    def _unpark(self, item: Item) -> None:
        """A newer state passes: what was parked of this record is overtaken."""
        known = self.batch.parked.pop((item.side, item.key), None)
        if known is not None:
            known.released_at = timezone.now()
            self.batch.owed.parked[known.pk] = known

    def _note(self, item: Item, outcome: str, row: Row | None, state: str = Delivery.State.DONE) -> Delivery | None:
        """Keep what came in with its outcome; a record just read that changes nothing is only counted."""
        batch, delivery = self.batch, item.delivery
        if delivery is None:
            if outcome in ("unchanged", "filtered", "outdated") or item.record is None:
                return None
            key, plain, raw = as_row(item.record)
            delivery = batch.new(
                Delivery, side=item.side, source=item.source, record_key=key, record=plain, raw=raw, received_at=item.at, run=batch.run, headers={}
            )
        batch.finish(delivery, outcome[:20], row, state)
        return delivery


def _keeps_reference(interface: Interface, side: str) -> bool:
    try:
        return bool(stream_of(interface, side).external_key_field)
    except contract.ConnectorError:
        return False


def _has_none(row: Row, side: SideName) -> bool:
    half = row.pair.half(side)
    return half.key is None or half.gone


def _marks(row: Row, side: SideName) -> tuple[object, ...]:
    """What guards the order on one side; worth a write when it has moved."""
    half = row.pair.half(side)
    return half.version, half.sequence, half.stamp


def problems_of_storing(problems: list[dict[str, Any]]) -> bool:
    """Whether the record could not even be looked at."""
    return any(each["code"] in ("hub.unstorable", "hub.unreadable", "mapping.failed") for each in problems)


def _park_alone(interface: Interface, run: Run | None, item: Item, fault: Exception) -> Counts:
    """A record that nothing can be done with is kept raw with the reason, and said so."""
    batch = Batch(interface, run)
    batch.load_keys({"a": set(), "b": set(), item.side: {item.key}})
    text = f"{type(fault).__name__}: {fault}"[:300]
    intake = _Intake(batch)
    row = batch.index[item.side].get(item.key)
    if row is not None:
        row.pair.half(item.side).parked = True
    record = item.record or Record(interface.stream(item.side), item.key, {})
    item.record = record
    intake._park(item, row, [problem("", "hub.failed", f"处理时出错：{text}", f"failed while it was taken in: {text}")])
    with transaction.atomic():
        batch.write_back([row] if row is not None else [])
    return batch.counts


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
    from jingwei.hub.models import Link

    return Link.objects.select_for_update().filter(interface=interface, pk__in=link_ids)
