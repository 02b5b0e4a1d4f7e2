"""Items on their way in: each is brought into its row, looked up first, parked, or found to be nothing new."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from jingwei.hub import contract
from jingwei.hub.contract import Record
from jingwei.hub.facts import RecordParked
from jingwei.hub.inbox import deliveries
from jingwei.hub.inbox.deliveries import as_row
from jingwei.hub.models import DeadLetter, Delivery, Interface, OutboxEntry, Quarantine
from jingwei.hub.peers.session import stream_of
from jingwei.hub.sync import circles
from jingwei.hub.sync.batch import Batch
from jingwei.hub.sync.carrying import name_record, note_found
from jingwei.hub.sync.rows import Row
from jingwei.hub.sync.terms import problem
from jingwei.kernels import merge
from jingwei.kernels.merge import Arrival, SideName, Taken

read_sources = ("poll", "again", deliveries.to_look_up)


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


class Intake:
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
            self.park(item, row, list(arrival.problems))
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
        peer keeps our reference, a record without it is not ours. What no search could tell a person has still to say."""
        if self._unresolved is None:
            interface = self.batch.interface
            unknown = OutboxEntry.objects.filter(interface=interface, action="create", state__in=("sending", "unknown"))
            unsettled = DeadLetter.objects.filter(interface=interface, settled_at=None, code=contract.NotFindable.code)
            untold = {side for side in set(unknown.values_list("side", flat=True)) if not _keeps_reference(interface, side)}
            self._unresolved = frozenset(untold | set(unsettled.values_list("entry__side", flat=True)))
        return item.side in self._unresolved

    def _keep_waiting(self, item: Item) -> None:
        if item.delivery is not None:
            self.waiting.append(item.delivery.pk)
        elif item.record is not None:
            deliveries.keep(self.batch.interface, item.side, [item.record], source=item.source, run=self.batch.run)

    def park(self, item: Item, row: Row | None, problems: list[dict[str, Any]]) -> None:
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
