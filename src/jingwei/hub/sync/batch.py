"""What one transaction of the sync knows and owes: rows loaded together, everything made or changed written back together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from jingwei.frame.records import bulk
from jingwei.frame.telling import facts
from jingwei.hub.models import Conflict, DeadLetter, Delivery, Interface, Link, OutboxEntry, Quarantine, Run
from jingwei.hub.peers.session import HubSession, session_for
from jingwei.hub.sync.counts import Counts
from jingwei.hub.sync.rows import OPEN, Row, link_fields, row_of, store_row
from jingwei.hub.sync.terms import Wording, terms_of, wording_of
from jingwei.kernels import merge

entry_fields = ("action", "values", "before", "run", "state", "done_at", "attempts", "not_before", "error", "sent_at")
conflict_fields = ("value_a", "value_b", "base", "resolved_at", "choice", "reason", "message_zh", "message_en")
parked_fields = ("problems", "delivery", "link", "code", "released_at")


@dataclass(slots=True)
class Owed:
    """Rows that are to be written when the batch is done."""

    entries: list[OutboxEntry] = field(default_factory=list)
    conflicts: dict[int, Conflict] = field(default_factory=dict)
    deliveries: list[Delivery] = field(default_factory=list)
    parked: dict[int, Quarantine] = field(default_factory=dict)
    letters: list[DeadLetter] = field(default_factory=list)
    mended: set[int] = field(default_factory=set)  # links whose dead letters are overtaken
    facts: list[Any] = field(default_factory=list)


class Batch:
    """Loads links with what is open for them, hands out new rows, writes everything back in statements over sets."""

    def __init__(self, interface: Interface, run: Run | None, size: int = 5) -> None:
        self.interface, self.run, self.size = interface, run, size
        self.wording: Wording = wording_of(interface)
        self.terms: merge.Terms = terms_of(interface, self.wording)
        self.counts = Counts()
        self.index: dict[str, dict[str, Row]] = {"a": {}, "b": {}}
        self.rows: dict[int, Row] = {}
        self.parked: dict[tuple[str, str], Quarantine] = {}
        self.owed = Owed()
        self.left_behind: list[Row] = []  # links of records that were made anew under another key
        self._ids: dict[Any, list[int]] = {}
        self._sessions: dict[str, HubSession] = {}

    # -- what is known

    def load_keys(self, keys: dict[str, set[str]], references: Iterable[str] = ()) -> None:
        """Links and open quarantines of these keys, and links of these references of ours; locked."""
        mine = Link.objects.select_for_update().filter(interface=self.interface).order_by("pk")
        known = [uuid for text in references if (uuid := _uuid(text)) is not None]
        for wanted in (
            Q(key_a__in=keys["a"]) if keys["a"] else None, Q(key_b__in=keys["b"]) if keys["b"] else None, Q(external_key__in=known) if known else None,
        ):  # fmt: skip
            if wanted is not None:
                self.load(mine.filter(wanted))
        for side in ("a", "b"):
            if keys[side]:
                open_ones = Quarantine.objects.filter(interface=self.interface, side=side, record_key__in=keys[side], released_at=None)
                self.parked |= {(side, row.record_key): row for row in open_ones}

    def load(self, links: Iterable[Link]) -> list[Row]:
        """Take links in, with their open entries and conflicts."""
        fresh = [row_of(link) for link in links if link.pk not in self.rows]
        for row in fresh:
            self.rows[row.pk] = row
            self.file(row)
        ids = [row.pk for row in fresh]
        if ids:
            for entry in OutboxEntry.objects.filter(link_id__in=ids, state__in=OPEN):
                self.rows[entry.link_id].entries[entry.side] = entry
            for conflict in Conflict.objects.filter(link_id__in=ids, resolved_at=None):
                self.rows[conflict.link_id].conflicts[conflict.field] = conflict
        return fresh

    def file(self, row: Row) -> None:
        """Find the row by its keys from now on."""
        for side in merge.sides:
            key = row.pair.half(side).key
            if key:
                self.index[side][key] = row

    def session(self, side: str) -> HubSession:
        """The session of a side, made once."""
        if side not in self._sessions:
            self._sessions[side] = session_for(self.interface, side)
        return self._sessions[side]

    # -- what is owed

    def new(self, model: type[Any], **values: Any) -> Any:
        """A row of this interface with an id of its own, not yet written; ids are fetched `size` at a time."""
        heap = self._ids.setdefault(model, [])
        if not heap:
            heap += reversed(bulk.new_ids(model, self.size))
        return bulk.made(model, id=heap.pop(), interface=self.interface, tenant_id=self.interface.tenant_id, **values)

    def new_row(self, side: merge.SideName, key: str) -> Row:
        """A link that begins with this record."""
        row = row_of(self.new(Link, state=Link.State.HELD, apart={}, flips=[]))
        row.pair.half(side).key = key
        self.rows[row.pk] = row
        self.file(row)
        return row

    def finish(self, delivery: Delivery, outcome: str, row: Row | None, state: str = Delivery.State.DONE) -> None:
        """Note what became of a delivery."""
        delivery.state, delivery.outcome, delivery.link_id, delivery.done_at = state, outcome, row.pk if row else None, timezone.now()
        self.owed.deliveries.append(delivery)

    def write_back(self, rows: Iterable[Row]) -> None:
        """All rows this batch made or changed, a statement for each kind; then what was found is stated."""
        owed, self.owed = self.owed, Owed()
        every = {row.pk: row for row in (*rows, *self.left_behind)}
        self.left_behind = []
        bulk.save([store_row(row) for row in every.values()], link_fields)
        _save({entry.pk: entry for entry in owed.entries}.values(), entry_fields)
        _save(owed.conflicts.values(), conflict_fields)
        known = [(d.pk, (d.state, d.outcome, d.link_id, d.done_at)) for d in owed.deliveries if not d._state.adding]
        bulk.update_from(Delivery, ("state", "outcome", "link", "done_at"), known)
        bulk.insert([d for d in owed.deliveries if d._state.adding])
        _save(owed.parked.values(), parked_fields)
        bulk.insert(owed.letters)
        if owed.mended:
            letters = DeadLetter.objects.filter(entry__link_id__in=owed.mended, settled_at=None)
            letters.update(settled_at=timezone.now(), settlement="overtaken")
        for fact in owed.facts:
            facts.state(fact)


def _save(rows: Iterable[Any], names: Iterable[str]) -> None:
    every = list(rows)
    bulk.update([row for row in every if not row._state.adding], names)
    bulk.insert([row for row in every if row._state.adding])


def _uuid(text: Any) -> UUID | None:
    """A reference of ours; None for anything else that stands in that field over there."""
    try:
        return UUID(str(text))
    except ValueError:
        return None
